"""Claims about photographs that are coloured elsewhere, on a queue and a store in memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from cli.library import open_model
from cli.photo_batch import colour_all
from cli.photo_here import here
from cli.photo_job import Batch
from cli.sources import Usage
from cli.via_photos import IN_FLIGHT, photos_via
from functions.colorise.engine import Engine
from functions.colorise.handler import ImageHandler
from functions.colorise.photo import Wishes
from functions.errors import Postponed
from functions.jobs import ImageColorised
from functions.outcome import Outcome
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.memory_pipeline import MemoryPipeline
from tests.pictures import in_colour, in_grey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import BinaryIO

    from cli.via_pipeline import Pipeline
    from functions.jobs import AnyResult, ColoriseImage, Order
    from functions.stores.protocol import ObjectStore

BATCH = Batch(
    wishes=Wishes(),
    model="small",
    side=None,
    require_gpu=False,
    jobs=None,
    overwrite=False,
    skip_existing=False,
    as_json=False,
    quiet=False,
)


def answered(order: ColoriseImage, store: ObjectStore) -> Outcome:
    """Put something at the target, and say that it is a picture."""
    store.write(order.target, b"colours of " + store.read(order.source), content_type="image/png")
    result = ImageColorised(
        job_id=order.job_id,
        trace_id=order.trace_id,
        target=order.target,
        picture_kind="png",
        width=1,
        height=1,
        verdict="grey",
        seconds=0.0,
    )
    return Outcome((result,))


def stubbed(handle: Callable[[ColoriseImage, ObjectStore], Outcome] = answered, **fields: object) -> MemoryPipeline:
    """A pipeline whose worker does as it is told, with pictures that are none."""
    pipeline = MemoryPipeline(lambda store: {"colorise-image": lambda order: handle(order, store)})
    return replace(pipeline, **fields)  # type: ignore[arg-type]  # the test's own


@pytest.fixture(scope="module")
def engine() -> Engine:
    card, weights = open_model("small")
    return Engine(weights, card)


@pytest.fixture
def pipeline(engine: Engine) -> MemoryPipeline:
    return MemoryPipeline(lambda store: {"colorise-image": ImageHandler(store, engine)}, slots=2)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    (folder / "1931").mkdir(parents=True)
    cv2.imwrite(str(folder / "a.png"), in_grey("camera", 160))
    sepia = in_grey("astronaut", 160)[..., None] * np.array([0.6, 0.8, 1.0])
    cv2.imwrite(str(folder / "1931" / "b.jpg"), sepia.astype(np.uint8))
    cv2.imwrite(str(folder / "colour.png"), in_colour("coffee")[:200, :200])
    cv2.imwrite(str(folder / "black.png"), np.zeros((90, 90), np.uint8))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    return folder


@pytest.fixture
def heap(tmp_path: Path) -> Path:
    """A folder with many files that only their names call pictures."""
    folder = tmp_path / "heap"
    folder.mkdir()
    for number in range(3 * IN_FLIGHT):
        (folder / f"{number:03}.png").write_bytes(b"%d" % number)
    return folder


def reports(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    """What was printed, by the source's name, without what differs between two runs."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {
        Path(line["source"]).name: {key: value for key, value in line.items() if key not in {"seconds", "output"}}
        for line in lines
    }


def results_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def test_all_is_as_if_it_were_coloured_here(
    album: Path, tmp_path: Path, pipeline: MemoryPipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = replace(BATCH, as_json=True)
    told, codes = [], []
    for folder, way in (("here", here), ("via", photos_via(pipeline))):
        codes.append(colour_all(batch, [str(album)], recursive=True, output=str(tmp_path / folder), way=way))
        told.append(reports(capsys))
    assert codes == [4, 4]
    assert told[0] == told[1]
    assert {report["tint"] for report in told[0].values() if "tint" in report} == {None, "sepia"}
    assert set(told[0]) == {"a.png", "b.jpg", "colour.png", "black.png", "broken.jpg"}
    assert results_in(tmp_path / "here") == results_in(tmp_path / "via")
    assert set(results_in(tmp_path / "via")) == {"a.color.png", str(Path("1931", "b.color.jpg"))}


def test_lines_for_people_and_exit_codes_are_those_of_colouring_here(
    album: Path, pipeline: MemoryPipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, code in (("colour.png", 3), ("broken.jpg", 1), ("black.png", 3), ("a.png", 0)):
        said = []
        for way in (here, photos_via(pipeline)):
            batch = replace(BATCH, overwrite=True)
            assert colour_all(batch, [str(album / name)], recursive=False, output=None, way=way) == code
            said.append(capsys.readouterr().err)
        assert said[0] == said[1]


def test_wishes_travel(album: Path, tmp_path: Path, pipeline: MemoryPipeline) -> None:
    wishes = Wishes(kind="jpeg", quality=40, saturation=1.5, restore_tone=True, compare=True, keep_metadata=False)
    wishes = replace(wishes, max_side=300, max_bytes=9_000, mark=True)
    batch = replace(BATCH, wishes=wishes, side=96)
    for folder, way in (("here", here), ("via", photos_via(pipeline))):
        out = str(tmp_path / folder / "a.jpg")
        assert colour_all(batch, [str(album / "a.png")], recursive=False, output=out, way=way) == 0
    assert results_in(tmp_path / "here") == results_in(tmp_path / "via")


class CountingStore(MemoryStore):
    """Counts what is written under each prefix, and how many do so at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def write(self, name: str, data: bytes | BinaryIO, *, content_type: str) -> None:
        self.written.append(name.partition("/")[0])
        super().write(name, data, content_type=content_type)


def test_a_second_run_brings_nothing_and_makes_nothing_anew(
    album: Path, engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = CountingStore()
    way = photos_via(MemoryPipeline(lambda store: {"colorise-image": ImageHandler(store, engine)}, store=store))
    batch = replace(BATCH, as_json=True)
    told = []
    for name in ("1", "2"):
        words = [str(album / "a.png")]
        assert colour_all(batch, words, recursive=False, output=str(tmp_path / name / "a.png"), way=way) == 0
        told.append(reports(capsys))
    assert store.written == ["inbox", "outbox", "outbox"]
    assert told[0] == told[1]
    assert results_in(tmp_path / "1") == results_in(tmp_path / "2")


class WatchedQueue(MemoryQueue):
    """Notes how many orders are on their way at most, and says when they are as many as are waited for."""

    def __init__(self, wanted: int) -> None:
        super().__init__()
        self.wanted = wanted
        self.reached = threading.Event()
        self.now = self.most = 0

    async def send(self, order: Order) -> bool:
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == self.wanted:
            self.reached.set()
        return await super().send(order)

    async def tell(self, result: AnyResult) -> None:
        self.now -= 1
        await super().tell(result)


@pytest.mark.parametrize("jobs", [None, 3])
def test_many_photographs_are_on_their_way_but_not_all(heap: Path, tmp_path: Path, jobs: int | None) -> None:
    queue = WatchedQueue(jobs or IN_FLIGHT)

    def handle(order: ColoriseImage, store: ObjectStore) -> Outcome:
        assert queue.reached.wait(60)
        return answered(order, store)

    way = photos_via(stubbed(handle, new_queue=lambda: queue))
    batch = replace(BATCH, jobs=jobs)
    assert colour_all(batch, [str(heap)], recursive=False, output=str(tmp_path / "out"), way=way) == 0
    assert queue.most == queue.wanted
    results = results_in(tmp_path / "out")
    assert len(results) == 3 * IN_FLIGHT
    assert results["007.color.png"] == b"colours of 7"


class ShyStore(MemoryStore):
    """Is out of reach for each first reading and writing."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes:
        self._refuse_first(f"read {name}")
        return super().read(name, max_bytes=max_bytes)

    def write(self, name: str, data: bytes | BinaryIO, *, content_type: str) -> None:
        self._refuse_first(f"write {name}")
        super().write(name, data, content_type=content_type)

    def _refuse_first(self, what: str) -> None:
        if what not in self.asked:
            self.asked.add(what)
            msg = f"cannot {what}"
            raise Postponed(msg, after_seconds=0)


class ShyQueue(MemoryQueue):
    """Is out of reach for the first order."""

    refuses = True

    async def send(self, order: Order) -> bool:
        if self.refuses:
            self.refuses = False
            msg = "cannot send an order"
            raise Postponed(msg, after_seconds=0)
        return await super().send(order)


def test_outages_are_waited_out_and_told_once(album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = stubbed(store=ShyStore(), new_queue=ShyQueue)
    batch = replace(BATCH, as_json=True)
    words = [str(album / "a.png")]
    assert colour_all(batch, words, recursive=False, output=str(tmp_path / "a.png"), way=photos_via(pipeline)) == 0
    said = capsys.readouterr().err.splitlines()
    assert (tmp_path / "a.png").read_bytes() == b"colours of " + (album / "a.png").read_bytes()
    assert said[0].startswith("waiting for the store: cannot write inbox/")
    assert "nothing is lost" in said[0]
    assert said.count("the store is back") == 2
    assert said.count("the queue is back") == 1
    batch = replace(BATCH, quiet=True)
    words = [str(album / "colour.png")]
    assert colour_all(batch, words, recursive=False, output=str(tmp_path / "b.png"), way=photos_via(pipeline)) == 0
    assert capsys.readouterr().err == ""


def test_an_interruption_takes_back_what_nobody_has_begun(
    heap: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = WatchedQueue(IN_FLIGHT)
    colored: list[str] = []
    released = threading.Event()

    def handle(order: ColoriseImage, store: ObjectStore) -> Outcome:
        colored.append(order.job_id)
        if len(colored) == 3:
            assert queue.reached.wait(60)
            os.kill(os.getpid(), signal.SIGINT)
            released.wait(60)
        return answered(order, store)

    out = tmp_path / "out"
    way = photos_via(stubbed(handle, new_queue=lambda: queue))
    timer = threading.Timer(60, released.set)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        colour_all(BATCH, [str(heap)], recursive=False, output=str(out), way=way)
    released.set()
    timer.cancel()
    assert "orders taken back out of the queue: " in capsys.readouterr().err
    assert sum(depth.waiting for depth in asyncio.run(queue.depths()).values()) == 0
    assert all(data == b"colours of %d" % int(name[:3]) for name, data in results_in(out).items())
    assert colour_all(BATCH, [str(heap)], recursive=False, output=str(out), way=photos_via(stubbed())) == 0
    assert len(results_in(out)) == 3 * IN_FLIGHT


class DeafQueue(MemoryQueue):
    """Has a bug in its results."""

    @contextlib.asynccontextmanager
    async def results(self, job_id: str | None = None) -> AsyncIterator[AsyncIterator[AnyResult]]:
        async def told() -> AsyncIterator[AnyResult]:
            async with super(DeafQueue, self).results(job_id) as results:
                await anext(results)
            raise ZeroDivisionError
            yield

        yield told()


def test_a_bug_in_listening_is_raised_and_nobody_waits_for_ever(heap: Path, tmp_path: Path) -> None:
    way = photos_via(stubbed(new_queue=DeafQueue))
    with pytest.raises(ZeroDivisionError):
        colour_all(BATCH, [str(heap)], recursive=False, output=str(tmp_path / "out"), way=way)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"require_gpu": True}, "--require-gpu speaks of this machine"),
        ({"model": "mine.onnx"}, "is a file on this machine"),
        ({"model": "./mine"}, "is a file on this machine"),
    ],
)
def test_what_makes_no_sense_elsewhere_is_usage(album: Path, fields: dict[str, object], said: str) -> None:
    batch = replace(BATCH, **fields)  # type: ignore[arg-type]  # of the parameters
    with pytest.raises(Usage, match=said):
        colour_all(batch, [str(album / "a.png")], recursive=False, output=None, way=photos_via(stubbed()))
    assert not (album / "a.color.png").exists()


def test_a_pipeline_out_of_reach_is_said_before_anything_is_done(album: Path) -> None:
    @contextlib.asynccontextmanager
    async def gone() -> AsyncIterator[Pipeline]:
        msg = "NATS at 127.0.0.1:1 is out of reach"
        raise Postponed(msg, after_seconds=1)
        yield

    with pytest.raises(Postponed, match="out of reach"):
        colour_all(BATCH, [str(album / "a.png")], recursive=False, output=None, way=photos_via(gone))
