"""Claims about what a worker tells of the orders that it has in hand."""

from __future__ import annotations

import asyncio
import threading

import httpx

from functions.errors import Rejected
from functions.jobs import ColoriseImage
from functions.outcome import Outcome
from functions.queues.memory import MemoryQueue
from functions.telemetry.context import about, stage
from functions.telemetry.health import health_server
from functions.telemetry.in_hand import LATELY, WorkLog
from functions.telemetry.metrics import Metrics
from functions.worker import work
from tests.orders import order


def picture(job_id: str) -> ColoriseImage:
    return order(ColoriseImage, job_id, source="inbox/1.jpg", target="outbox/1.jpg")


async def test_an_order_is_seen_while_it_is_in_hand_and_its_stages_when_it_is_done() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def colorise(_: ColoriseImage) -> Outcome:
        with stage("read"):
            pass
        begun.set()
        assert go_on.wait(60)
        with stage("infer"):
            pass
        return Outcome()

    queue, metrics, stop = MemoryQueue(), Metrics(), asyncio.Event()
    serving = health_server(metrics.registry, ready=lambda: True, work=metrics.work)
    async with serving as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        working = asyncio.create_task(work(queue, {"colorise-image": colorise}, stop=stop, metrics=metrics))
        await queue.send(picture("wedding"))
        await asyncio.to_thread(begun.wait, 60)
        told = (await client.get("/_/work")).json()
        (seen,) = told["in_hand"]
        assert (seen["kind"], seen["job"], seen["attempt"], seen["how"]) == ("colorise-image", "wedding", 1, None)
        assert list(seen["stages"]) == ["wait", "read"]
        assert (told["lately"], told["ended"]) == ([], 0)
        stop.set()
        go_on.set()
        await working
        told = (await client.get("/_/work")).json()
        (done,) = told["lately"]
        assert (done["job"], done["how"]) == ("wedding", "done")
        assert list(done["stages"]) == ["wait", "read", "infer", "handle", "acknowledge"]
        assert (told["in_hand"], told["ended"]) == ([], 1)


async def test_an_order_that_is_refused_is_told_as_such() -> None:
    def refuse(_: ColoriseImage) -> Outcome:
        msg = "it holds no picture"
        raise Rejected(msg, code="unreadable")

    queue, metrics, stop = MemoryQueue(), Metrics(), asyncio.Event()
    await queue.send(picture("bad"))
    async with queue.results("bad") as results:
        working = asyncio.create_task(work(queue, {"colorise-image": refuse}, stop=stop, metrics=metrics))
        await anext(results)
        stop.set()
        await working
    assert [one["how"] for one in metrics.work.told()["lately"]] == ["rejected"]


def test_only_the_last_ones_are_remembered_and_all_are_counted() -> None:
    log = WorkLog()
    for number in range(LATELY + 5):
        with about(job_id=f"job-{number}"), log.taken("colorise-image", attempt=1):
            pass
    told = log.told()
    assert [one["job"] for one in told["lately"]] == [f"job-{number}" for number in range(5, LATELY + 5)]
    assert told["ended"] == LATELY + 5


def test_an_order_whose_job_cannot_be_read_is_seen_all_the_same() -> None:
    log = WorkLog()
    with log.taken("unknown", attempt=3):
        assert [(one["job"], one["attempt"]) for one in log.told()["in_hand"]] == [(None, 3)]


async def test_a_program_without_such_a_log_has_no_such_page() -> None:
    async with health_server(Metrics().registry, ready=lambda: True) as port, httpx.AsyncClient(timeout=60) as client:
        assert (await client.get(f"http://127.0.0.1:{port}/_/work")).status_code == 404
