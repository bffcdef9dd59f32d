"""Claims about how the command waits for a pipeline: its bridge to the event loop, its results, its transfers."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from cli.via_bridge import Bridge
from cli.via_patience import Patience
from cli.via_pipeline import Pipeline
from cli.via_results import listening
from cli.via_transfer import Stopped, Transfers
from functions.errors import Postponed, Rejected
from functions.jobs import ColoriseImage, JobFailed
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.orders import TRACE, order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import BinaryIO

    from functions.queues.protocol import Depth


def failed(job_id: str, reason: str) -> JobFailed:
    return JobFailed(job_id=job_id, trace_id=TRACE, order="colorise-image", reason=reason, code="odd")


def quietly(*_: object) -> None:
    """Show nothing."""


def test_values_and_errors_cross_the_bridge() -> None:
    async def halved(number: int) -> int:
        await asyncio.sleep(0)
        if number % 2:
            msg = f"{number} is odd"
            raise Rejected(msg, code="odd")
        return number // 2

    with Bridge() as bridge:
        assert bridge.call(halved, 8) == 4
        with pytest.raises(Rejected, match="7 is odd"):
            bridge.call(halved, 7)


def test_an_interrupted_call_has_tidied_up_when_it_is_over() -> None:
    said: list[str] = []

    async def endless() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.01)
            said.append("tidied up")

    with Bridge() as bridge:
        with pytest.raises(KeyboardInterrupt):
            bridge.call(endless)
        assert said == ["tidied up"]


def test_a_call_that_is_interrupted_before_it_has_begun_ends_too() -> None:
    released, begun = threading.Event(), []

    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def work() -> None:
        begun.append(True)

    with Bridge() as bridge:
        bridge.call(loop).call_soon_threadsafe(released.wait, 60)
        main = threading.main_thread().ident
        timers = [threading.Timer(0.1, signal.pthread_kill, [main, signal.SIGINT]), threading.Timer(0.3, released.set)]
        for timer in timers:
            timer.start()
        with pytest.raises(KeyboardInterrupt):
            bridge.call(work)
        for timer in timers:
            timer.join()
    assert not begun


def test_a_manager_is_entered_and_left_by_one_task_of_the_loop() -> None:
    tasks: list[asyncio.Task[None] | None] = []

    @contextlib.asynccontextmanager
    async def manager() -> AsyncIterator[int]:
        tasks.append(asyncio.current_task())
        async with asyncio.TaskGroup():
            yield 7
        tasks.append(asyncio.current_task())

    with Bridge() as bridge, bridge.entered(manager()) as value:
        assert value == 7
    assert len(tasks) == 2
    assert tasks[0] is tasks[1]


@pytest.mark.parametrize("when", ["entering", "leaving"])
def test_what_a_manager_raises_is_raised(when: str) -> None:
    @contextlib.asynccontextmanager
    async def manager() -> AsyncIterator[None]:
        if when == "entering":
            raise Rejected(when, code="odd")
        yield
        raise Rejected(when, code="odd")

    with Bridge() as bridge, pytest.raises(Rejected, match=when), bridge.entered(manager()):
        assert when == "leaving"


async def test_results_find_those_who_wait_for_them() -> None:
    queue = MemoryQueue()
    pipeline = Pipeline("memory", queue, MemoryStore())
    async with listening(pipeline, Patience(quietly), quietly) as results, asyncio.timeout(60):
        async with results.of("a") as of_a, results.of("b") as of_b:
            for job, reason in (("b", "1"), ("stranger", "2"), ("a", "3"), ("b", "4")):
                await queue.tell(failed(job, reason))
            assert await of_a() == failed("a", "3")
            assert [await of_b(), await of_b()] == [failed("b", "1"), failed("b", "4")]
        assert results.jobs == 0
        assert results.heard == 3


async def test_orders_that_nobody_takes_are_told_once() -> None:
    queue = MemoryQueue()
    pipeline = Pipeline("nats://there", queue, MemoryStore())
    said: asyncio.Queue[str] = asyncio.Queue()
    watching = listening(pipeline, Patience(quietly), said.put_nowait, look_seconds=0.001)
    async with watching as results, results.of("a"), asyncio.timeout(60):
        await queue.send(order(ColoriseImage, "a", source="inbox/a", target="outbox/a"))
        assert await said.get() == "no worker takes orders from nats://there: ours wait there until one does"
        await asyncio.sleep(0.05)
        assert said.empty()


class LeavingQueue(MemoryQueue):
    """Answers every second question only."""

    asked = 0

    async def depths(self) -> dict[str, Depth]:
        self.asked += 1
        if self.asked % 2:
            msg = "it does not answer"
            raise Postponed(msg, after_seconds=1)
        return await super().depths()


async def test_a_queue_that_goes_while_we_wait_is_told_and_that_it_is_back() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    pipeline = Pipeline("nats://there", LeavingQueue(), MemoryStore())
    watching = listening(pipeline, Patience(said.put_nowait), quietly, look_seconds=0.001)
    async with watching as results, results.of("a"), asyncio.timeout(60):
        assert (await said.get()).startswith("waiting for the queue: it does not answer; nothing is lost")
        assert await said.get() == "the queue is back"


class Breaking(io.BytesIO):
    """Can be read for two megabytes from where it was put."""

    left = 2 << 20

    def read(self, size: int | None = -1, /) -> bytes:
        if self.left <= 0:
            msg = "the store is away"
            raise Postponed(msg, after_seconds=0)
        part = super().read(size)
        self.left -= len(part)
        return part


class BreakingStore(MemoryStore):
    """Breaks off what is read."""

    def open(self, name: str) -> BinaryIO:
        return Breaking(self.read(name))


def test_a_download_goes_on_where_it_broke_off() -> None:
    store, target = BreakingStore(), io.BytesIO()
    data = os.urandom(5 << 20)
    store.write("outbox/a", data, content_type="")
    transfers = Transfers(store)
    go_on = transfers.fetch(transfers.find("outbox/a"), target, show=quietly)
    for _ in range(2):
        with pytest.raises(Postponed):
            go_on()
    go_on()
    assert target.getvalue() == data


def test_a_result_that_is_replaced_meanwhile_is_not_mixed() -> None:
    store = BreakingStore()
    store.write("outbox/a", bytes(5 << 20), content_type="")
    transfers = Transfers(store)
    go_on = transfers.fetch(transfers.find("outbox/a"), io.BytesIO(), show=quietly)
    with pytest.raises(Postponed):
        go_on()
    store.write("outbox/a", bytes(4 << 20), content_type="")
    with pytest.raises(Rejected, match="was replaced while it was fetched"):
        go_on()


def test_a_result_whose_time_is_over_is_said() -> None:
    with pytest.raises(Rejected, match="run the same command again"):
        Transfers(MemoryStore()).find("outbox/a")


def test_a_transfer_ends_soon_when_it_is_told_to(tmp_path: Path) -> None:
    file, store = tmp_path / "film", MemoryStore()
    file.write_bytes(bytes(3 << 20))
    transfers = Transfers(store)
    seen: list[tuple[int, int]] = []

    def show(done: int, size: int) -> None:
        seen.append((done, size))
        transfers.stop()

    with pytest.raises(Stopped):
        transfers.bring_file("inbox/film", file, content_type="", show=show)
    assert len(seen) == 1
    assert store.find("inbox/film") is None
