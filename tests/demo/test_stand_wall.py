"""The wall: only what its owner has agreed to, live, and gone when somebody wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from demo.wall import CAPTION
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.demo.stand_world import OURS, Clock, World, grey_jpeg, said, standing

if TYPE_CHECKING:
    import httpx


async def put(world: World, accepted: dict[str, Any], **wishes: object) -> httpx.Response:
    address = f"/api/visits/{accepted['id']}/wall?token={accepted['token']}"
    return await world.client.put(address, json=wishes, headers=OURS)


async def hung(world: World, **wishes: object) -> dict[str, Any]:
    accepted, _ = await world.coloured()
    answer = await put(world, accepted, **wishes)
    assert answer.status_code == 204, answer.text
    return accepted


async def test_a_picture_is_on_the_wall_when_its_owner_says_so_and_not_before() -> None:
    async with standing() as world, world.following("/api/wall/events") as events:
        assert await events.next() == ("count", {"pictures": 0, "median_seconds": None})
        accepted, _ = await world.coloured()
        _, count = await events.next("count", "added")
        assert count["pictures"] == 1
        assert (await put(world, accepted, saturation=1.5, caption=" my\tgrandmother ")).status_code == 204
        _, added = await events.next("added")
        assert (added["id"], added["saturation"], added["caption"]) == (accepted["id"], 1.5, "my grandmother")
        assert (added["width"], added["height"]) == (80, 60)
        for name in ("before", "after"):
            answer = await world.client.get(added[name])
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")


async def test_who_begins_to_look_is_told_of_all_that_are_there() -> None:
    async with standing() as world:
        ids = [(await hung(world, caption=str(number)))["id"] for number in range(3)]
        async with world.following("/api/wall/events") as events:
            assert [(await events.next("added"))[1]["id"] for _ in ids] == ids
            assert (await events.next())[0] == "count"


async def test_large_pictures_are_small_on_the_wall_and_whole_to_save() -> None:
    async with standing() as world:
        accepted, done = await world.coloured(grey_jpeg(1200, 1600))
        await put(world, accepted)
        whole, small = [await world.client.get(done["after"] + more) for more in ("", "&size=wall")]
        assert len(small.content) < len(whole.content) / 2


async def test_the_owner_takes_a_picture_off_again() -> None:
    async with standing() as world, world.following("/api/wall/events") as events:
        accepted = await hung(world)
        await events.next("added")
        address = f"/api/visits/{accepted['id']}/wall?token={accepted['token']}"
        for _ in range(2):
            assert (await world.client.delete(address, headers=OURS)).status_code == 204
        assert (await events.next("removed"))[1] == {"id": accepted["id"]}
        assert world.stand.wall.hanging() == []


async def test_a_deleted_picture_is_off_the_wall() -> None:
    async with standing() as world, world.following("/api/wall/events") as events:
        accepted = await hung(world)
        _, added = await events.next("added")
        await world.client.delete(f"/api/visits/{accepted['id']}?token={accepted['token']}", headers=OURS)
        assert (await events.next("removed"))[1] == {"id": accepted["id"]}
        assert (await world.client.get(added["after"])).status_code == 404


async def test_the_operator_clears_the_wall_and_the_pictures_stay_their_owners() -> None:
    async with standing() as world:
        accepted = [await hung(world) for _ in range(2)]
        assert said(await world.client.delete("/api/operator/wall", headers=OURS)) == (403, "forbidden")
        async with world.following("/api/wall/events") as events:
            await world.operator()
            answer = await world.client.delete("/api/operator/wall", headers=OURS)
            assert answer.json() == {"pictures": 2}
            gone = {(await events.next("removed"))[1]["id"] for _ in range(2)}
        assert gone == {one["id"] for one in accepted}
        assert (await world.ended(accepted[0]))[0] == "done"


async def test_the_operator_deletes_somebodys_picture_for_good() -> None:
    async with standing() as world:
        accepted = await hung(world)
        address = f"/api/operator/visits/{accepted['id']}"
        assert said(await world.client.delete(address, headers=OURS)) == (403, "forbidden")
        await world.operator()
        assert (await world.client.delete(address, headers=OURS)).status_code == 204
        assert list(world.store.list("")) == []
        assert world.stand.wall.hanging() == []


@pytest.mark.parametrize(
    "wishes",
    [
        {"saturation": -0.1},
        {"saturation": 2.1},
        {"saturation": True},
        {"saturation": "1"},
        {"caption": "x" * (CAPTION + 1)},
        {"caption": 5},
    ],
)
async def test_what_cannot_be_shown_is_refused(wishes: dict[str, object]) -> None:
    async with standing() as world:
        accepted, _ = await world.coloured()
        assert said(await put(world, accepted, **wishes)) == (400, "bad-request")
        assert world.stand.wall.hanging() == []


async def test_a_caption_cannot_hide_characters_that_turn_the_line_around() -> None:
    async with standing() as world:
        await hung(world, caption="a\u202eb\u200b\x00c")
        (live,) = world.stand.wall.hanging()
        assert live.visit.hung is not None
        assert live.visit.hung.caption == "a b c"


async def test_a_picture_that_is_not_in_colour_yet_does_not_hang() -> None:
    async with standing() as world:
        world.painter.may_go_on.clear()
        accepted = await world.bring(grey_jpeg())
        assert said(await put(world, accepted)) == (400, "bad-request")


async def test_the_wall_is_as_it_was_after_a_restart() -> None:
    queue, store, clock = MemoryQueue(), MemoryStore(), Clock()
    async with standing(queue=queue, store=store, clock=clock) as world:
        accepted = await hung(world, caption="stays")
    async with (
        standing(queue=queue, store=store, clock=clock) as world,
        world.following("/api/wall/events") as events,
    ):
        _, added = await events.next("added")
        assert (added["id"], added["caption"]) == (accepted["id"], "stays")
        assert (await world.client.get(added["after"])).status_code == 200
        assert (await events.next("count"))[1]["pictures"] == 1
