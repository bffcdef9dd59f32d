"""What is kept how long: a visit for its time, the wall for longer, and nothing once somebody wants it gone."""

from __future__ import annotations

import pytest

from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.demo.stand_world import OURS, Clock, World, grey_jpeg, said, standing


def names(world: World) -> list[str]:
    return [info.name for info in world.store.list("")]


async def records(world: World, prefix: str) -> list[str]:
    return [record.key async for record in world.stand.book.under(prefix)]


async def delete(world: World, visit: str, token: str) -> None:
    answer = await world.client.delete(f"/api/visits/{visit}?token={token}", headers=OURS)
    assert answer.status_code == 204, answer.text


async def test_everything_of_a_visit_is_gone_at_once_when_its_owner_deletes_it() -> None:
    async with standing() as world:
        accepted, done = await world.coloured()
        kept, _ = await world.coloured()
        await delete(world, accepted["id"], accepted["token"])
        assert names(world) != []
        assert all(kept["id"] in name for name in names(world))
        assert await records(world, "visit") == [f"visit.{kept['id']}"]
        assert await records(world, "erase") == []
        assert said(await world.client.get(done["after"])) == (404, "gone")
        again = await world.client.delete(f"/api/visits/{accepted['id']}?token={accepted['token']}", headers=OURS)
        assert said(again) == (404, "gone")


async def test_pieces_of_a_film_are_found_even_where_nobody_was_told_of_its_plan() -> None:
    async with standing() as world:
        accepted, _ = await world.coloured()
        live = world.stand.visits.find(accepted["id"])
        assert live is not None
        world.stand.visits.change(live, live.visit.model_copy(update={"kind": "clip"}))
        assert live.visit.plan is None
        for job, film in ((live.visit.job_id, "a" * 32), ("another", "b" * 32)):
            for piece in (f"plan-{job}.json", "000000.mkv"):
                world.store.write(f"work/{film}/{piece}", b"1", content_type="text/plain")
        await delete(world, accepted["id"], accepted["token"])
        assert names(world) == [f"work/{'b' * 32}/000000.mkv", f"work/{'b' * 32}/plan-another.json"]


async def test_a_visit_is_deleted_after_its_time_and_a_younger_one_stays() -> None:
    async with standing() as world:
        await world.coloured()
        world.clock.pass_by(minutes=40)
        young, _ = await world.coloured()
        world.clock.pass_by(minutes=21)
        await world.stand.retention.sweep()
        assert [live.visit.id for live in world.stand.visits.all()] == [young["id"]]
        assert all(young["id"] in name for name in names(world))
        assert await records(world, "visit") == [f"visit.{young['id']}"]


async def test_what_grew_too_old_while_there_was_no_stand_is_deleted_when_it_begins() -> None:
    queue, store, clock = MemoryQueue(), MemoryStore(), Clock()
    async with standing(queue=queue, store=store, clock=clock) as world:
        accepted, _ = await world.coloured()
    clock.pass_by(minutes=61)
    async with standing(queue=queue, store=store, clock=clock) as world:
        live = world.stand.visits.find(accepted["id"])
        if live is not None:
            async for _ in live.follow():
                pass
        await world.stand.retention.sweep()
        assert names(world) == []


async def test_a_picture_on_the_wall_outlives_its_visit_but_not_its_source() -> None:
    async with standing(demo_wall_hours=3) as world:
        accepted, done = await world.coloured()
        own = f"/api/visits/{accepted['id']}"
        await world.client.put(f"{own}/wall?token={accepted['token']}", json={}, headers=OURS)
        world.clock.pass_by(minutes=100)
        await world.stand.retention.sweep()
        assert not any(name.startswith("inbox/") for name in names(world))
        assert (await world.client.get(done["after"])).status_code == 200
        world.clock.pass_by(minutes=100)
        await world.stand.retention.sweep()
        assert names(world) == []
        assert world.stand.wall.hanging() == []


async def test_whoever_agreed_to_the_wall_can_take_that_back_as_long_as_it_hangs() -> None:
    async with standing(demo_wall_hours=3) as world:
        accepted, _ = await world.coloured()
        own = f"/api/visits/{accepted['id']}"
        await world.client.put(f"{own}/wall?token={accepted['token']}", json={}, headers=OURS)
        world.clock.pass_by(minutes=100)
        await delete(world, accepted["id"], accepted["token"])
        assert names(world) == []


async def test_the_operator_may_shorten_the_time_for_what_is_there_already() -> None:
    async with standing() as world:
        _, done = await world.coloured()
        world.clock.pass_by(minutes=6)
        await world.stand.rules.change({"keep_minutes": 5})
        assert (await world.client.get(done["after"])).status_code == 404
        await world.stand.retention.sweep()
        assert names(world) == []


async def test_what_a_worker_still_writes_for_a_deleted_visit_is_deleted_too() -> None:
    async with standing() as world:
        world.painter.may_go_on.clear()
        accepted = await world.bring(grey_jpeg())
        async with world.following(accepted["events"]) as events:
            await events.until("stage", stage="colouring")
        await delete(world, accepted["id"], accepted["token"])
        late = f"outbox/stand/visits/{accepted['id']}/after.jpeg"
        world.store.write(late, b"late", content_type="image/jpeg")
        await world.stand.retention.sweep()
        assert late not in names(world)
        assert len(await records(world, "erase")) == 1
        world.clock.pass_by(minutes=16)
        await world.stand.retention.sweep()
        assert await records(world, "erase") == []


async def test_an_order_that_waits_is_taken_back_with_its_visit() -> None:
    async with standing(works=False) as world:
        accepted = await world.bring(grey_jpeg())
        async with world.following(accepted["events"]) as events:
            await events.until("stage", stage="ordered")
        await delete(world, accepted["id"], accepted["token"])
        assert [subject async for subject, _ in world.queue.orders()] == []


async def test_whoever_follows_a_visit_that_is_deleted_hears_no_more() -> None:
    async with standing(works=False) as world:
        accepted = await world.bring(grey_jpeg())
        async with world.following(accepted["events"]) as events:
            await events.until("stage", stage="ordered")
            await delete(world, accepted["id"], accepted["token"])
            with pytest.raises(ConnectionError):
                await events.next("done", "failed")


async def test_objects_of_no_visit_are_deleted_when_they_are_old() -> None:
    async with standing() as world:
        for name in ("inbox/stand/visits/lost/source.jpeg", "inbox/stand/network/kept", "inbox/bot/kept"):
            world.store.write(name, b"x", content_type="image/jpeg")
        world.clock.now = next(world.store.list("inbox/stand/visits/")).modified
        world.clock.pass_by(minutes=69)
        await world.stand.retention.sweep()
        assert len(names(world)) == 3
        world.clock.pass_by(minutes=2)
        await world.stand.retention.sweep()
        assert names(world) == ["inbox/bot/kept", "inbox/stand/network/kept"]
