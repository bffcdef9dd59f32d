"""Claims about the parts of `colorise drill stand` that need no pipeline: its visitors, and how it judges."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from cli.demo_visitor import Accepted
from cli.drill_report import DrillReport
from cli.drill_stand_day import Day
from cli.drill_stand_flat import FEWEST, LEAST_SECONDS, Course, Moment
from cli.drill_stand_guests import Guests
from cli.drill_stand_leftovers import of_visits, visit_of
from cli.drill_stand_logs import bad_lines
from cli.drill_stand_onlookers import Onlookers
from cli.drill_stand_things import REFUSED, Bag, Look, Thing
from cli.drill_stand_views import faults_of
from cli.drill_stand_waits import Waits
from cli.drill_stand_watch import MORE_FILES, add_files, bytes_in
from cli.drill_stand_ways import SHARES, Turn, Way, turns
from functions.stores.protocol import ObjectInfo
from tests.web_server import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from functions.color.color_space import Pixels

MINUTE_SECONDS = 60.0


@pytest.fixture(scope="module")
def bag() -> Bag:
    return Bag(random_numbers())


def random_numbers() -> Random:
    return Random(5)  # noqa: S311 - the same visitors each time


def pixels_of(data: bytes) -> Pixels:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    pixels: Pixels = decoded.astype(np.uint8)
    return pixels


def jpeg_of(pixels: Pixels) -> bytes:
    written, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert written
    return data.tobytes()


def in_colour(thing: Thing) -> bytes:
    """What a visitor should get: the same luma, and colour."""
    lab = cv2.cvtColor(pixels_of(thing.data), cv2.COLOR_BGR2YCrCb)
    lab[..., 1:] += np.uint8(9)
    return jpeg_of(cv2.cvtColor(lab, cv2.COLOR_YCrCb2BGR).astype(np.uint8))


def broken(report: DrillReport) -> list[str]:
    return [promise.name for promise in report.promises if not promise.kept]


def test_no_two_visitors_bring_the_same_and_what_is_to_be_coloured_has_its_luma(bag: Bag) -> None:
    things = [bag.make(look) for look in Look for _ in range(3)]
    assert len({thing.data for thing in things if thing.look is not Look.TEXT}) == 3 * (len(Look) - 1)
    for thing in things:
        assert (thing.luma is None) == (thing.look in REFUSED) == (thing.refusal is not None)


def test_a_result_passes_that_is_what_was_brought_in_colour(bag: Bag) -> None:
    for look in (Look.WEBCAM, Look.PNG, Look.WEBP):
        thing = bag.make(look)
        assert faults_of(thing, in_colour(thing)) == []


def test_a_result_fails_that_is_grey_or_another_picture_or_none(bag: Bag) -> None:
    mine, other = bag.make(Look.WEBCAM), bag.make(Look.WEBCAM)
    assert "grey" in faults_of(mine, mine.data)[0]
    assert "code values from the source's" in faults_of(mine, in_colour(other))[0]
    assert "pixels instead of" in faults_of(mine, jpeg_of(pixels_of(in_colour(mine))[:100]))[0]
    assert "no picture" in faults_of(mine, b"\xff\xd8")[0]
    clip = bag.make(Look.CLIP)
    assert "grey" in faults_of(clip, clip.data)[0]


def test_every_way_is_gone_once_before_any_is_gone_again_and_then_by_its_share() -> None:
    deck = turns(random_numbers())
    assert set(itertools.islice(deck, len(SHARES))) == set(SHARES)
    hundred = list(itertools.islice(deck, 100))
    assert sum(SHARES.values()) == 100
    assert {turn: hundred.count(turn) for turn in SHARES} == dict(SHARES)
    assert {turn.way for turn in SHARES} == set(Way)
    assert {turn.look for turn in SHARES} == set(Look)


def course(megabytes: list[float], *, seconds: float = LEAST_SECONDS) -> Course:
    step = seconds / (len(megabytes) - 1)
    return Course([Moment(number * step, 10 * number, held) for number, held in enumerate(megabytes)])


def test_memory_that_grows_all_along_is_found_and_a_warm_up_is_not() -> None:
    warm = course([100.0, 150, 200, *[250.0] * 9])
    assert warm.is_flat
    assert warm.per_thousand == pytest.approx(0)
    leak = course([100.0 + 5 * number for number in range(30)])
    assert not leak.is_flat
    assert leak.growth == pytest.approx(50)
    assert leak.per_thousand == pytest.approx(500)


def test_memory_is_not_judged_from_a_few_looks_or_a_short_time() -> None:
    assert not course([100.0] * (FEWEST - 1)).is_long_enough
    assert not course([100.0] * FEWEST, seconds=LEAST_SECONDS / 2).is_long_enough
    assert course([100.0] * FEWEST).is_long_enough


def test_a_log_s_errors_are_found_and_refusals_and_warnings_are_none() -> None:
    bad = [
        json.dumps({"event": "a visit failed: a bug", "level": "error"}),
        json.dumps({"event": "odd", "level": "info", "exception": "ValueError"}),
        "Traceback (most recent call last):",
        "[2320] 2026/11/28 17:36:40.559729 [ERR] JetStream failed",
        "E1128 17:36:41.208983 volume.go:12 cannot write",
    ]
    good = [
        json.dumps({"event": "order buried: already in colour", "level": "warning"}),
        "the stand is at http://127.0.0.1:1",
        "[2320] 2026/11/28 17:36:40.559729 [INF] Starting nats-server",
        "I1128 17:36:41.208983 master.go:400 current",
        "E1129 03:28:22.024688 put.go:626 upload failed: truncated request body: read chunk: unexpected EOF",
    ]
    assert len(bad_lines([*bad, *good])) == len(bad)
    assert bad_lines(good) == []


def test_an_object_belongs_to_its_visit() -> None:
    assert visit_of("outbox/stand/visits/a-b_C/after.jpeg") == "a-b_C"
    assert visit_of(f"work/{'0' * 32}/plan-stand-a-b_C.json") == "a-b_C"
    assert visit_of("inbox/bot/1.jpg") == ""


def test_a_film_s_pieces_are_of_those_who_wanted_it_and_the_bot_s_objects_of_no_visit() -> None:
    names = ["work/f/plan-stand-one.json", "work/f/plan-stand-two.json", "work/f/000000.mkv", "work/g/000000.mkv"]
    others = ["inbox/stand/visits/one/source.mp4", "outbox/bot/1.jpg", "inbox/stand/key"]
    found = [ObjectInfo(name, 1, datetime.now(UTC), "") for name in (*names, *others)]
    owners = {one.name: whose for one, whose in of_visits(found)}
    assert owners["work/f/000000.mkv"] == {"one", "two"}
    assert owners["work/g/000000.mkv"] == set()
    assert owners["inbox/stand/visits/one/source.mp4"] == {"one"}
    assert len(owners) == 5


def test_more_open_files_than_before_are_found() -> None:
    report = DrillReport("test")
    add_files(report, {"stand": 20, "bot": 9}, {"stand": 20 + MORE_FILES, "bot": 9, "new": 500})
    assert broken(report) == []
    add_files(report, {"stand": 20}, {"stand": 21 + MORE_FILES})
    assert broken(report) == ["no file stays open"]


def test_the_room_that_a_folder_takes_is_counted_with_all_below_it(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(bytes(100_000))
    assert 100_000 <= bytes_in(tmp_path) <= 120_000


def test_a_visit_without_an_end_breaks_a_promise() -> None:
    day, report = Day(), DrillReport("test")
    day.accept(Accepted("one", "token", "/events"))
    day.add_to(report)
    assert broken(report) == ["every visit that was accepted ends, in colour or with a reason"]


@pytest.mark.parametrize(("slow", "kept"), [(2.9, True), (9.0, False)])
def test_a_crowd_that_waits_longer_than_its_number_allows_breaks_a_promise(
    bag: Bag, slow: float, *, kept: bool
) -> None:
    waits, report = Waits("http://127.0.0.1:9", bag, Day()), DrillReport("test")
    waits.crowds = {1: [1.0, 1.0], 8: [slow] * 8}
    waits.throughput = {1: [1.0], 8: [1.0]}
    waits.add_to(report)
    assert (broken(report) == []) == kept


@dataclass
class FalseStand:
    """A stand that colours nothing: it gives whatever a test wants, and forgets what is deleted only if it should."""

    result: bytes
    forgets: bool = True
    refuses: str | None = None
    deleted: bool = False
    asked: list[str] = field(default_factory=list)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/visits", self.bring, methods=["POST"]),
            Route("/api/visits/v", self.delete, methods=["DELETE"]),
            Route("/api/visits/v/events", self.events),
            Route("/{rest:path}", self.show),
        ]

    async def bring(self, request: Request) -> Response:
        await request.body()
        if self.refuses:
            return JSONResponse({"code": self.refuses, "reason": "because"}, 415)
        return JSONResponse({"id": "v", "token": "t", "events": "/api/visits/v/events"}, 201)

    async def delete(self, _: Request) -> Response:
        self.deleted = self.forgets
        return Response(status_code=204)

    async def events(self, _: Request) -> Response:
        if self.deleted:
            return JSONResponse({"code": "gone", "reason": "gone"}, 404)
        said: dict[str, Any] = {"before": "/before", "after": "/after", "page": "/p/t", "qr": "/qr"}
        return Response(f"event: done\ndata: {json.dumps(said)}\n\n", media_type="text/event-stream")

    async def show(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return Response(status_code=404) if self.deleted else Response(self.result)


class OneThing(Bag):
    """A bag with one thing in it, as a test wants it."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing

    def make(self, look: Look) -> Thing:
        del look
        return self.thing


async def visited(stand: FalseStand, thing: Thing, way: Way) -> Day:
    day = Day()
    async with served(stand.routes) as address:
        guests = Guests(address, OneThing(thing), day, Onlookers(address), random_numbers())
        await guests.visit(Turn(way, thing.look))
    return day


def test_a_visitor_notices_that_what_was_deleted_is_still_served(bag: Bag) -> None:
    thing = bag.make(Look.WEBCAM)
    good = asyncio.run(visited(FalseStand(in_colour(thing)), thing, Way.DELETE))
    assert (good.failed, good.wrong, good.served, good.asked_after) == ([], [], [], 5)
    bad = asyncio.run(visited(FalseStand(in_colour(thing), forgets=False), thing, Way.DELETE))
    assert len(bad.served) == 5


def test_a_visitor_notices_a_grey_result(bag: Bag) -> None:
    thing = bag.make(Look.WEBCAM)
    day = asyncio.run(visited(FalseStand(thing.data), thing, Way.TAKE_HOME))
    assert "grey" in day.wrong[0]
    assert day.settled == {"v": "done"}


@pytest.mark.parametrize(("code", "right"), [("already-colour", True), ("damaged", False), (None, False)])
def test_a_visitor_notices_a_wrong_refusal_or_none(bag: Bag, code: str | None, *, right: bool) -> None:
    thing = bag.make(Look.COLOUR)
    day = asyncio.run(visited(FalseStand(b"", refuses=code), thing, Way.REFUSED))
    assert (day.failed == []) == right


def test_a_picture_that_is_refused_breaks_a_promise(bag: Bag) -> None:
    thing = bag.make(Look.WEBCAM)
    day = asyncio.run(visited(FalseStand(b"", refuses="not-a-picture"), thing, Way.TAKE_HOME))
    report = DrillReport("test")
    day.add_to(report)
    assert broken(report) == ["everybody is told what is right"]


def test_screens_see_what_hangs_and_what_does_not_any_more() -> None:
    async def wall(_: Request) -> Response:
        lines = [("added", {"id": "a"}), ("added", {"id": "b"}), ("removed", {"id": "a"})]
        told = "".join(f"event: {name}\ndata: {json.dumps(said)}\n\n" for name, said in lines)

        async def body() -> AsyncIterator[str]:
            yield told
            await asyncio.Event().wait()

        return StreamingResponse(body(), media_type="text/event-stream")

    async def watch() -> dict[str, Any]:
        async with served([Route(f"/api/{name}/events", wall) for name in ("wall", "machine", "timeline")]) as address:
            onlookers = Onlookers(address)
            async with onlookers.watching(), asyncio.timeout(MINUTE_SECONDS):
                await onlookers.until("b", hangs=True)
                await onlookers.until("a", hangs=False)
            return onlookers.hanging

    assert set(asyncio.run(watch())) == {"b"}
