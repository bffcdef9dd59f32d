from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from functions.errors import Postponed, Rejected
from functions.jobs import AnyResult, ChunkColorised, ColoriseChunk, ColoriseImage, JobFailed, JoinVideo
from functions.outcome import Outcome
from functions.queues.jetstream import NatsQueue
from functions.queues.memory import MemoryQueue
from functions.queues.subjects import kind_of
from functions.sandbox.verdicts import Crashed, TooCostly
from functions.telemetry.context import fields, stage
from functions.telemetry.logs import ContextFilter
from functions.telemetry.metrics import Metrics
from functions.worker import Tries, work
from tests.nats_server import NatsServer, nats_server
from tests.orders import TRACE, order
from tests.stub_worker import stub_worker

if TYPE_CHECKING:
    import subprocess
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from functions.outcome import Handler, Handlers
    from functions.queues.protocol import KeptLetter

    AnyQueue = MemoryQueue | NatsQueue

QUICK = Tries(first_delay_seconds=0.01, longest_delay_seconds=0.05, settle_seconds=5)


def picture(job_id: str = "wedding") -> ColoriseImage:
    return order(ColoriseImage, job_id, source="inbox/1.jpg", target="outbox/1.jpg")


def chunk(number: int, job_id: str = "film") -> ColoriseChunk:
    return order(ColoriseChunk, job_id, plan="work/film/plan.json", chunk=number)


def join(job_id: str = "film") -> JoinVideo:
    return order(JoinVideo, job_id, plan="work/film/plan.json")


def told(number: int, job_id: str = "film") -> ChunkColorised:
    return ChunkColorised(
        job_id=job_id, trace_id=TRACE, chunk=number, frames=1, inferred=1, repeats=0, shots=1, seconds=0
    )


def raising(error: Exception) -> Handler:
    def handler(_: object) -> Outcome:
        raise error

    return handler


def well(_: object) -> Outcome:
    return Outcome()


async def soon(awaitable: Awaitable[Any]) -> Any:
    async with asyncio.timeout(60):
        return await awaitable


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server() as running:
        yield running


@pytest.fixture(params=["memory", "nats"])
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[AnyQueue]:
    if request.param == "memory":
        yield MemoryQueue(ack_wait_seconds=1)
        return
    server: NatsServer = request.getfixturevalue("server")
    opened = await NatsQueue.open([server.url], ack_wait_seconds=1)
    yield opened
    await opened.close()


@contextlib.asynccontextmanager
async def working(queue: AnyQueue, handlers: Handlers, **options: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that works while the block lasts."""
    stop = asyncio.Event()
    options = {"tries": QUICK, "heartbeat_seconds": 0.3, **options}
    task = asyncio.create_task(work(queue, handlers, stop=stop, **options))
    try:
        yield task
    finally:
        stop.set()
        await soon(task)


async def results_of(queue: AnyQueue, job_id: str, count: int = 1) -> list[AnyResult]:
    async with queue.results(job_id) as results:
        return [await soon(anext(results)) for _ in range(count)]


async def until(reached: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(60):
        while not await reached():  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.02)


async def until_empty(queue: AnyQueue) -> None:
    async def empty() -> bool:
        return not [found async for found in queue.orders()]

    await until(empty)


async def until_no(queue: AnyQueue, kind: str) -> None:
    async def none() -> bool:  # what is stored decides: counters of waiting and in hand are not read at one moment
        return not [subject async for subject, _ in queue.orders() if kind_of(subject) == kind]

    await until(none)


async def letters(queue: AnyQueue) -> list[KeptLetter]:
    return [kept async for kept in queue.dead_letters()]


async def test_what_comes_of_an_order_is_told_before_it_is_gone(queue: AnyQueue) -> None:
    def plan(_: ColoriseImage) -> Outcome:
        return Outcome(results=(told(0, "wedding"),), orders=tuple(chunk(number) for number in range(150)))

    await queue.send(picture())
    async with working(queue, {"colorise-image": plan}):
        assert await results_of(queue, "wedding") == [told(0, "wedding")]
        await queue.send(picture("next"))
        await results_of(queue, "wedding")
        await until_no(queue, "colorise-image")
    assert (await queue.depths())["colorise-chunk"].waiting == 150
    assert await letters(queue) == []


async def test_handlers_run_in_threads_side_by_side(queue: AnyQueue) -> None:
    meeting = threading.Barrier(4, timeout=60)

    def meet(_: ColoriseImage) -> Outcome:
        meeting.wait()
        assert threading.current_thread() is not threading.main_thread()
        return Outcome()

    for number in range(4):
        await queue.send(picture(f"job-{number}"))
    async with working(queue, {"colorise-image": meet}, slots=4):
        await until_empty(queue)
    assert await letters(queue) == []


async def test_orders_of_an_earlier_handler_go_first(queue: AnyQueue) -> None:
    kinds: list[str] = []

    def note(order: ColoriseImage | ColoriseChunk) -> Outcome:
        kinds.append(order.kind)
        return Outcome()

    for number in range(3):
        await queue.send(chunk(number))
    await queue.send(picture())

    async def to_be_had() -> bool:  # a server that has stored it may take a moment until it gives it to anybody
        return (await queue.depths())["colorise-image"].waiting == 1

    await until(to_be_had)
    async with working(queue, {"colorise-image": note, "colorise-chunk": note}):
        await until_empty(queue)
    assert kinds == ["colorise-image"] + 3 * ["colorise-chunk"]


async def test_what_can_never_succeed_is_told_and_buried(queue: AnyQueue) -> None:
    refuse = raising(Rejected("it is in colour already", code="already-colour"))
    await queue.send(picture())
    async with working(queue, {"colorise-image": refuse}):
        (failure,) = await results_of(queue, "wedding")
        await until_empty(queue)
    assert failure == JobFailed(
        job_id="wedding",
        trace_id=TRACE,
        order="colorise-image",
        reason="it is in colour already",
        code="already-colour",
    )
    (kept,) = await letters(queue)
    assert (kept.letter.code, kept.letter.attempts) == ("already-colour", 1)


POISON = {
    "no JSON": (b"\xff\xfe{", "bad-message"),
    "no order": (b'{"kind": "make-tea", "job_id": "poison"}', "bad-message"),
    "an order of a newer version": (b'{"kind": "colorise-image", "version": 99, "job_id": "poison"}', "newer-version"),
    "an order of another kind": (chunk(1, "poison").model_dump_json().encode(), "bad-message"),
    "an order without end": (b"[" * 500_000, "bad-message"),
}


@pytest.mark.parametrize("poison", POISON)
async def test_a_message_that_cannot_be_read_is_buried_and_blocks_nobody(queue: AnyQueue, poison: str) -> None:
    data, code = POISON[poison]
    await queue.send_bytes("orders.colorise-image.poison", data, message_id="poison")
    await queue.send(picture())
    async with working(queue, {"colorise-image": well}):
        (failure,) = await results_of(queue, "poison")
        await until_empty(queue)
    assert isinstance(failure, JobFailed)
    assert failure.code == code
    (kept,) = await letters(queue)
    assert kept.letter.code == code
    assert kept.letter.reason


async def test_what_is_put_off_comes_again(queue: AnyQueue) -> None:
    outcomes: list[Outcome | Exception] = [
        Postponed("the store is away", after_seconds=0.01),
        Postponed("it still is", after_seconds=0.01),
        Outcome(results=(told(1, "wedding"),)),
    ]

    def try_it(_: ColoriseImage) -> Outcome:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    await queue.send(picture())
    async with working(queue, {"colorise-image": try_it}):
        assert await results_of(queue, "wedding") == [told(1, "wedding")]
        await until_empty(queue)
    assert await letters(queue) == []


async def test_what_is_put_off_for_too_long_is_buried(queue: AnyQueue) -> None:
    put_off = raising(Postponed("the store is away", after_seconds=0.01))
    tries = Tries(first_delay_seconds=0.01, longest_delay_seconds=0.05, postponed_seconds=1)
    await queue.send(picture())
    async with working(queue, {"colorise-image": put_off}, tries=tries):
        (failure,) = await results_of(queue, "wedding")
        await until_empty(queue)
    assert isinstance(failure, JobFailed)
    assert failure.code == "gave-up"
    assert "the store is away" in failure.reason
    (kept,) = await letters(queue)
    assert len(kept.letter.history) == kept.letter.attempts - 1 > 0
    assert {attempt.reason for attempt in kept.letter.history} == {"postponed: the store is away"}


async def test_a_handler_with_a_bug_is_tried_five_times(queue: AnyQueue, caplog: pytest.LogCaptureFixture) -> None:
    stumble = raising(ZeroDivisionError("by zero"))
    await queue.send(picture())
    await queue.send(chunk(1))
    async with working(queue, {"colorise-image": stumble, "colorise-chunk": well}):
        (failure,) = await results_of(queue, "wedding")
        await until_empty(queue)
    assert isinstance(failure, JobFailed)
    assert failure.code == "failed"
    (kept,) = await letters(queue)
    assert (kept.letter.attempts, kept.letter.reason) == (5, "ZeroDivisionError: by zero")
    assert [attempt.reason for attempt in kept.letter.history] == 4 * ["failed: ZeroDivisionError: by zero"]
    assert sum(bool(record.exc_info) for record in caplog.records) == 5


@pytest.mark.parametrize("kind", [Crashed, TooCostly])
async def test_what_fails_by_its_file_is_told_so_in_the_end_however_many_workers_tried_it(
    queue: AnyQueue, kind: type[Crashed | TooCostly]
) -> None:
    stumble = raising(kind("SIGSEGV"))
    metrics = Metrics()
    await queue.send(picture())
    async with working(queue, {"colorise-image": stumble}, metrics=metrics):
        (failure,) = await results_of(queue, "wedding")
        await until_empty(queue)
    assert isinstance(failure, JobFailed)
    assert (failure.code, failure.reason) == (kind.code, kind.told)
    (kept,) = await letters(queue)
    assert (kept.letter.code, kept.letter.attempts) == (kind.code, 5)
    assert kept.letter.reason == f"{kind.__name__}: SIGSEGV"
    buried = {"kind": "colorise-image", "code": kind.code}
    assert metrics.registry.get_sample_value("colorise_dead_letters_total", buried) == 1


async def test_an_order_that_all_want_to_send_is_sent_once(queue: AnyQueue) -> None:
    def finish(_: ColoriseChunk) -> Outcome:
        return Outcome(once=(join(),))

    for number in range(10):
        await queue.send(chunk(number))
    async with working(queue, {"colorise-chunk": finish}, slots=4):
        await until_no(queue, "colorise-chunk")
    assert [subject async for subject, _ in queue.orders()] == ["orders.join-video.film"]
    assert await queue.claimed(join().message_id) == "sent"


async def test_an_order_is_sent_although_the_first_who_wanted_to_has_died(queue: AnyQueue) -> None:
    assert await queue.claim(join().message_id, "sending")
    await queue.send(chunk(1))
    async with working(queue, {"colorise-chunk": lambda _: Outcome(once=(join(),))}):
        await until_no(queue, "colorise-chunk")
    assert [subject async for subject, _ in queue.orders()] == ["orders.join-video.film"]
    assert await queue.claimed(join().message_id) == "sent"


async def test_an_order_that_was_sent_is_not_sent_days_later(queue: AnyQueue) -> None:
    assert await queue.claim(join().message_id, "sent")
    await queue.send(chunk(1))
    async with working(queue, {"colorise-chunk": lambda _: Outcome(once=(join(),))}):
        await until_empty(queue)


def gate() -> tuple[threading.Event, threading.Event, Handler]:
    """A handler that says when it has begun, and goes on when it is let."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(_: ColoriseImage) -> Outcome:
        begun.set()
        assert go_on.wait(60)
        return Outcome(results=(told(1, "wedding"),))

    return begun, go_on, wait


async def test_told_to_stop_a_worker_finishes_what_it_has_in_hand_and_takes_no_more(queue: AnyQueue) -> None:
    begun, go_on, wait = gate()
    await queue.send(picture())
    await queue.send(picture("next"))
    stop = asyncio.Event()
    task = asyncio.create_task(work(queue, {"colorise-image": wait}, stop=stop, heartbeat_seconds=0.3))
    assert await asyncio.to_thread(begun.wait, 60)
    stop.set()
    await asyncio.sleep(0.1)
    assert not task.done()
    go_on.set()
    await soon(task)
    assert await results_of(queue, "wedding") == [told(1, "wedding")]
    assert [subject async for subject, _ in queue.orders()] == ["orders.colorise-image.next"]
    depth = (await queue.depths())["colorise-image"]
    assert (depth.waiting, depth.in_hand) == (1, 0)


async def test_told_to_stop_an_idle_worker_returns(queue: AnyQueue) -> None:
    async with working(queue, {"colorise-image": well}, slots=3):
        await asyncio.sleep(0.1)


async def test_an_order_that_takes_long_is_not_given_to_another(queue: AnyQueue) -> None:
    tries: list[int] = []
    done = threading.Event()

    def take_long(_: ColoriseImage) -> Outcome:
        tries.append(1)
        done.wait(4)  # four times as long as the queue waits for a sign of life
        return Outcome()

    await queue.send(picture())
    async with working(queue, {"colorise-image": take_long}, slots=2):
        await until_empty(queue)
    assert len(tries) == 1


async def test_log_lines_of_a_job_say_which(queue: AnyQueue, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(ContextFilter())
    seen: list[dict[str, object]] = []

    def colorise(_: ColoriseImage) -> Outcome:
        seen.append(dict(fields()))
        with stage("infer"):
            logging.getLogger("functions.colorise").warning("a line from deep inside")
        return Outcome()

    metrics = Metrics()
    await queue.send(picture())
    async with working(queue, {"colorise-image": colorise}, metrics=metrics):
        await until_empty(queue)
    expected = {"kind": "colorise-image", "job_id": "wedding", "attempt": 1, "trace_id": TRACE}
    assert seen == [expected]
    (line,) = [record for record in caplog.records if record.message == "a line from deep inside"]
    assert expected.items() <= line.__dict__.items()
    labels = {"kind": "colorise-image", "stage": "infer"}
    assert metrics.registry.get_sample_value("colorise_order_seconds_count", labels) == 1


async def test_endings_are_counted(queue: AnyQueue) -> None:
    def refuse_one(order: ColoriseImage) -> Outcome:
        if order.job_id == "bad":
            return raising(Rejected("it holds no picture", code="unreadable"))(order)
        return Outcome()

    metrics = Metrics()
    for job_id in ("good", "bad", "fine"):
        await queue.send(picture(job_id))
    async with working(queue, {"colorise-image": refuse_one}, metrics=metrics):
        await until_empty(queue)
    value = metrics.registry.get_sample_value
    assert value("colorise_orders_total", {"kind": "colorise-image", "outcome": "done"}) == 2
    assert value("colorise_orders_total", {"kind": "colorise-image", "outcome": "rejected"}) == 1
    assert value("colorise_dead_letters_total", {"kind": "colorise-image", "code": "unreadable"}) == 1
    assert value("colorise_orders_in_flight", {"kind": "colorise-image"}) == 0
    for name in ("wait", "handle", "acknowledge"):
        assert value("colorise_order_seconds_count", {"kind": "colorise-image", "stage": name})


async def test_an_order_is_finished_although_the_server_died_meanwhile(server: NatsServer) -> None:
    begun, go_on, wait = gate()
    queue = await NatsQueue.open([server.url], ack_wait_seconds=5)
    await queue.send(picture())
    async with working(queue, {"colorise-image": wait}, tries=Tries(settle_seconds=60)):
        assert await asyncio.to_thread(begun.wait, 60)
        server.kill()
        go_on.set()
        await asyncio.sleep(0.3)
        server.start()
        assert await results_of(queue, "wedding") == [told(1, "wedding")]
        await until_empty(queue)
    await queue.close()


async def test_an_order_whose_ending_cannot_be_told_comes_again(server: NatsServer) -> None:
    tries: list[int] = []
    begun, go_on, wait = gate()

    def count(order: ColoriseImage) -> Outcome:
        tries.append(1)
        return wait(order)

    queue = await NatsQueue.open([server.url], ack_wait_seconds=1, answer_seconds=0.2)
    patient = await NatsQueue.open([server.url], ack_wait_seconds=1, answer_seconds=60)
    metrics = Metrics()
    await queue.send(picture())
    left = {"kind": "colorise-image", "outcome": "left"}
    async with working(queue, {"colorise-image": count}, tries=Tries(settle_seconds=0.3), metrics=metrics):
        assert await asyncio.to_thread(begun.wait, 60)
        server.kill()
        go_on.set()

        async def was_left() -> bool:
            return bool(metrics.registry.get_sample_value("colorise_orders_total", left))

        await until(was_left)
        server.start()
        assert await results_of(patient, "wedding") == [told(1, "wedding")]
        await until_empty(patient)
    assert len(tries) == 2
    await queue.close()
    await patient.close()


async def test_an_order_of_a_killed_worker_goes_to_another(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url], ack_wait_seconds=1)
    with stub_worker(server.url) as first:
        await said(first, "ready")
        await queue.send(picture("hang-1"))
        await said(first, "hang-1")
        first.kill()
        with stub_worker(server.url) as second:
            await said(second, "ready")
            await said(second, "hang-1")
            second.kill()
    await queue.close()


async def test_an_order_that_kills_its_workers_is_buried_and_blocks_nobody(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url], ack_wait_seconds=1)
    await queue.send(picture("kill-1"))
    await queue.send(picture("good-1"))
    for _ in range(2):  # as often as these workers bear it
        with stub_worker(server.url) as victim:
            await said(victim, "kill-1")
            assert await asyncio.to_thread(victim.wait, 60) == -9
    with stub_worker(server.url) as survivor:
        await said(survivor, "ready")
        (failure,) = await results_of(queue, "kill-1")
        await results_of(queue, "good-1")
        await until_empty(queue)
        survivor.terminate()
        assert await asyncio.to_thread(survivor.wait, 60) == 0
    assert isinstance(failure, JobFailed)
    assert failure.code == "kept-failing"
    (kept,) = await letters(queue)
    assert (kept.letter.job_id, kept.letter.attempts, kept.letter.history) == ("kill-1", 3, ())
    await queue.close()


async def said(process: subprocess.Popen[str], line: str) -> None:
    """Wait until a program has said something."""
    assert process.stdout
    async with asyncio.timeout(60):
        while (heard := await asyncio.to_thread(process.stdout.readline)).strip() != line:
            assert heard, "the program has ended"


async def test_nothing_more_is_sent_for_a_job_that_was_cancelled_while_it_was_in_hand(queue: AnyQueue) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def split(_: object) -> Outcome:
        begun.set()
        assert go_on.wait(60)
        return Outcome(results=(told(1),), orders=(picture("film"), picture("other")), once=(join(),))

    await queue.send(chunk(0))
    async with working(queue, {"colorise-chunk": split}):
        assert await soon(asyncio.to_thread(begun.wait, 60))
        await queue.cancel("film")
        go_on.set()
        await results_of(queue, "film")
    assert [subject async for subject, _ in queue.orders()] == ["orders.colorise-image.other"]
    assert await queue.claimed(join().message_id) is None


async def test_a_film_that_lost_a_chunk_for_good_leaves_the_queue(queue: AnyQueue) -> None:
    for number in range(3):
        await queue.send(chunk(number))
    await queue.send(chunk(0, "other"))
    async with working(queue, {"colorise-chunk": raising(Rejected("no frame can be decoded", code="damaged"))}):
        for job_id in ("film", "other"):
            (failure,) = await results_of(queue, job_id)
            assert isinstance(failure, JobFailed)
        await until_empty(queue)
    assert {kept.letter.job_id for kept in await letters(queue)} == {"film", "other"}
    assert len(await letters(queue)) == 2
