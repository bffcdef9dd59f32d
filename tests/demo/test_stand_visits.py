"""The way of a visitor's picture: brought, coloured, looked at; also over restarts and outages."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import cv2
import httpx
import numpy as np
import pytest

from demo.foreman import Foreman
from functions.errors import Rejected
from functions.jobs import ColoriseImage
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.demo.stand_world import NETWORK, OURS, Clock, grey_jpeg, said, standing
from tests.orders import order

if TYPE_CHECKING:
    from tests.pictures import Bytes


def pixels(data: bytes) -> Bytes:
    found: Bytes | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return found


async def test_a_picture_passes_all_stages_in_order_and_is_then_there_in_grey_and_in_colour() -> None:
    async with standing() as world:
        accepted = await world.bring(grey_jpeg(60, 80))
        assert accepted["kind"] == "photo"
        async with world.following(accepted["events"]) as events:
            stages = [(await events.next("stage"))[1] for _ in range(5)]
            _, done = await events.next()
        assert [one["stage"] for one in stages] == ["received", "stored", "ordered", "colouring", "done"]
        assert [one["at_ms"] for one in stages] == sorted(one["at_ms"] for one in stages)
        assert (done["kind"], done["width"], done["height"], done["tint"]) == ("photo", 80, 60, "sepia")
        before, after = [await world.client.get(done[name]) for name in ("before", "after")]
        assert before.headers["content-type"] == after.headers["content-type"] == "image/jpeg"
        assert pixels(before.content).shape == pixels(after.content).shape == (60, 80, 3)
        assert np.ptp(pixels(before.content), axis=2).max() == 0
        assert np.ptp(pixels(after.content), axis=2).mean() > 20


async def test_who_comes_late_hears_everything_again() -> None:
    async with standing() as world:
        accepted = await world.bring(grey_jpeg())
        heard = []
        for _ in range(2):
            async with world.following(accepted["events"]) as events:
                heard.append([await events.next() for _ in range(6)])
        assert heard[0] == heard[1]
        assert heard[0][-1][0] == "done"


async def test_somebody_at_work_on_it_is_told_of_before_it_is_done() -> None:
    async with standing() as world:
        world.painter.may_go_on.clear()
        accepted = await world.bring(grey_jpeg())
        async with world.following(accepted["events"]) as events:
            await events.until("stage", stage="colouring")
            world.painter.may_go_on.set()
            await events.next("done")


async def test_a_picture_that_waits_behind_others_is_not_said_to_be_in_work() -> None:
    queue = MemoryQueue()
    foreman = Foreman(queue, look_seconds=0)
    for job in ("first", "second"):
        await queue.send(order(ColoriseImage, job, source="inbox/1.jpg", target=f"outbox/{job}.jpg"))
        foreman.sent("colorise-image", job)
    assert not await foreman.has_taken("colorise-image", "first")
    async with queue.deliveries(["colorise-image"]) as deliveries:
        in_hand = await anext(deliveries)
        assert await foreman.has_taken("colorise-image", "first")
        assert not await foreman.has_taken("colorise-image", "second")
        await in_hand.done()
        foreman.settled("colorise-image", "first")
        await anext(deliveries)
        assert await foreman.has_taken("colorise-image", "second")


async def test_the_file_to_save_is_an_attachment_with_a_plain_name() -> None:
    async with standing() as world:
        accepted, _ = await world.coloured()
        answer = await world.client.get(f"/api/visits/{accepted['id']}/after?token={accepted['token']}&download=1")
        assert answer.headers["content-disposition"] == 'attachment; filename="coloured-2026-11-28.jpg"'


async def test_parts_of_a_file_are_given_to_who_asks_for_them() -> None:
    async with standing() as world:
        _, done = await world.coloured()
        whole = await world.client.get(done["after"])
        assert whole.headers["accept-ranges"] == "bytes"
        size = len(whole.content)
        for wanted, first, end in (
            ("0-9", 0, 10),
            ("10-", 10, size),
            ("-5", size - 5, size),
            (f"3-{size + 9}", 3, size),
        ):
            part = await world.client.get(done["after"], headers={"Range": f"bytes={wanted}"})
            assert part.status_code == 206
            assert part.content == whole.content[first:end]
            assert part.headers["content-range"] == f"bytes {first}-{end - 1}/{size}"
        behind = await world.client.get(done["after"], headers={"Range": f"bytes={size}-"})
        assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{size}")
        head = await world.client.head(done["after"])
        assert (head.content, head.headers["content-length"]) == (b"", str(size))


async def test_a_sample_is_coloured_like_a_picture_that_was_brought() -> None:
    async with standing() as world:
        about = (await world.client.get("/api/stand")).json()
        sample = about["samples"][0]
        thumbnail = await world.client.get(sample["thumbnail"])
        assert max(pixels(thumbnail.content).shape[:2]) <= 320
        answer = await world.client.post("/api/visits", json={"sample": sample["id"]}, headers=OURS)
        assert answer.status_code == 201
        assert (await world.ended(answer.json()))[0] == "done"
        assert said(await world.client.post("/api/visits", json={"sample": "nobody"}, headers=OURS)) == (404, "gone")


async def test_a_refusal_of_the_workers_becomes_a_sentence_in_the_visitors_language() -> None:
    async with standing() as world:
        world.painter.refuses = Rejected("it is in colour", code="already-colour")
        name, failed = await world.ended(await world.bring(grey_jpeg(), **{"Accept-Language": "de"}))
        assert (name, failed["code"]) == ("failed", "already-colour")
        german = json.loads((await world.client.get("/api/words?lang=de")).text)
        assert failed["reason"] == german["error.already-colour"]


async def test_a_code_that_nobody_has_words_for_is_told_with_the_workers_own() -> None:
    async with standing() as world:
        world.painter.refuses = Rejected("the moon is in the way", code="moon")
        assert await world.ended(await world.bring(grey_jpeg())) == (
            "failed", {"code": "moon", "reason": "the moon is in the way"},
        )  # fmt: skip


async def test_the_phones_page_is_named_by_where_the_stand_is_on_the_network() -> None:
    async with standing() as world:
        _, done = await world.coloured()
        assert done["page"].startswith(f"http://{NETWORK}:")
        svg = await world.client.get(done["qr"])
        assert svg.headers["content-type"] == "image/svg+xml"
        assert svg.text.startswith("<svg")
        path = done["page"].partition("/p/")[2]
        assert (await world.client.get(f"/p/{path}")).status_code == 200


async def test_who_came_by_another_name_is_given_links_with_that_name() -> None:
    async with standing() as world:
        accepted, _ = await world.coloured()
        async with (
            httpx.AsyncClient(trust_env=False) as client,
            client.stream(
                "GET", f"{world.address}{accepted['events']}", headers={"Host": "stand.example:81"}
            ) as answer,
        ):
            text = "".join([line async for line in answer.aiter_lines()])
        assert '"page":"http://stand.example:81/p/' in text


async def test_a_restart_keeps_visits_with_their_links_and_events() -> None:
    queue, store, clock = MemoryQueue(), MemoryStore(), Clock()
    async with standing(queue=queue, store=store, clock=clock) as world:
        accepted, done = await world.coloured()
    async with standing(queue=queue, store=store, clock=clock) as world:
        again = await world.ended(accepted)
        assert again[1] | {"page": ""} == done | {"page": ""}
        assert (await world.client.get(done["after"])).status_code == 200


@pytest.mark.parametrize("told_meanwhile", [False, True])
async def test_a_restart_goes_on_with_what_was_in_work(*, told_meanwhile: bool) -> None:
    queue, store, clock = MemoryQueue(), MemoryStore(), Clock()
    async with standing(queue=queue, store=store, clock=clock, works=False) as world:
        accepted = await world.bring(grey_jpeg())
        async with world.following(accepted["events"]) as events:
            await events.until("stage", stage="ordered")
    if told_meanwhile:  # the result comes while there is no stand
        async with standing(queue=queue, store=store, clock=clock) as other:
            live = other.stand.visits.find(accepted["id"])
            assert live is not None
            await other.ended(accepted)
            forgotten = live.visit.model_copy(update={"coloured": None, "stages": live.visit.stages[:2]})
            other.stand.visits.change(live, forgotten)
            await other.stand.visits.write(live)
            live.is_gone = True
    async with standing(queue=queue, store=store, clock=clock, works=not told_meanwhile) as world:
        assert (await world.ended(accepted))[0] == "done"


async def test_nothing_is_taken_on_by_a_stand_that_is_about_to_stop() -> None:
    async with standing() as world:
        world.stand.is_stopping = True
        answer = await world.client.post("/api/visits", content=grey_jpeg(), headers=OURS)
        assert said(answer) == (503, "stopping")
        assert int(answer.headers["retry-after"]) > 0


async def test_thirty_visitors_at_once_all_get_their_picture() -> None:
    async with standing(demo_per_minute=100) as world:
        accepted = await asyncio.gather(*(world.bring(grey_jpeg()) for _ in range(30)))
        ends = await asyncio.gather(*map(world.ended, accepted))
        assert [name for name, _ in ends] == ["done"] * 30
        assert len({one["id"] for one in accepted}) == 30


async def test_a_visitor_who_comes_too_often_is_told_when_to_come_again() -> None:
    async with standing(demo_per_minute=2) as world:
        await world.client.get("/")  # where the cookie is given
        for _ in range(2):
            await world.bring(grey_jpeg())
        answer = await world.client.post("/api/visits", content=grey_jpeg(), headers=OURS)
        assert said(answer) == (429, "too-often")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        async with world.browser() as other:
            assert (await other.post("/api/visits", content=grey_jpeg(), headers=OURS)).status_code == 201
        world.clock.pass_by(seconds=61)
        await world.bring(grey_jpeg())
