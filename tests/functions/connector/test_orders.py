"""Claims about orders of a real queue that functions behind a gateway carry out, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry

from functions.connector.calling import Caller
from functions.connector.gateway import Gateway
from functions.connector.metrics import GatewayMetrics
from functions.connector.run import PICTURES
from functions.errors import Postponed
from functions.jobs import ColoriseImage, ImageColorised, JobFailed, SplitVideo
from functions.queues.jetstream import NatsQueue
from functions.queues.jetstream_layout import RESULTS
from functions.serve import Limits
from functions.worker import Tries, work
from tests.http_function import Stub, rejected, served
from tests.infra.gateway_stand_in import Said, gateway
from tests.logged_program import LoggedProgram, asked
from tests.nats_server import NatsServer, nats_server
from tests.orders import TRACE, order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from functions.jobs import AnyResult, JoinVideo
    from functions.outcome import Outcome
    from tests.infra.gateway_stand_in import StandIn

QUICK = Tries(first_delay_seconds=0.01, longest_delay_seconds=0.05, failures=2)


def picture(job_id: str = "wedding") -> ColoriseImage:
    return order(ColoriseImage, job_id, source="inbox/1.jpg", target=f"outbox/{job_id}.jpg")


async def soon(awaitable: Any) -> Any:
    async with asyncio.timeout(120):
        return await awaitable


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server() as running:
        yield running


@pytest.fixture
async def queue(server: NatsServer) -> AsyncIterator[NatsQueue]:
    opened = await NatsQueue.open([server.url], ack_wait_seconds=1)
    yield opened
    await opened.close()


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
async def stand_in(stub: Stub) -> AsyncIterator[StandIn]:
    """Both functions behind a gateway."""
    async with served(stub.pictures(limits=Limits(max_inflight=2))) as pictures:
        port = pictures.base_url.port
        assert port is not None
        with gateway({"colorise": port, "video-split": 1}) as there:
            yield there
            stub.held.set()


def connector(server: NatsServer, url: str, **more: str) -> LoggedProgram:
    told = {
        "COLORISE_NATS_URL": server.url,
        "COLORISE_ACK_WAIT_SECONDS": "1",
        "COLORISE_GATEWAY_URL": url,
        "COLORISE_HEALTH_PORT": "0",
        **more,
    }
    return LoggedProgram("functions.connector", environment=told)


@contextlib.asynccontextmanager
async def connected(queue: NatsQueue, url: str, **options: Any) -> AsyncIterator[None]:
    """A connector in this process, that fails quickly."""
    stop = asyncio.Event()
    async with Gateway.open(url, **options) as there:
        caller = Caller(there, "colorise", PICTURES, GatewayMetrics(CollectorRegistry()), patience_seconds=0)
        task = asyncio.create_task(work(queue, caller.handlers(), stop=stop, tries=QUICK, heartbeat_seconds=0.3))
        try:
            yield
        finally:
            stop.set()
            await soon(task)


async def result_of(queue: NatsQueue, job_id: str) -> AnyResult:
    async with queue.results(job_id) as results:
        return await soon(anext(results))  # type: ignore[no-any-return]


async def told_of(queue: NatsQueue) -> int:
    """Results there are."""
    answer = await queue._connection.api("count results", f"STREAM.INFO.{RESULTS}")
    return int(answer["state"]["messages"])


async def in_hand(stub: Stub) -> None:
    """Until the function has one more call in hand."""
    assert await asyncio.to_thread(stub.entered.acquire, timeout=120)


async def test_what_becomes_of_orders_is_told_and_the_log_says_whose_they_are(
    server: NatsServer, queue: NatsQueue, stub: Stub, stand_in: StandIn
) -> None:
    with connector(server, stand_in.url) as program:
        port = (await asyncio.to_thread(program.until, "taking orders"))["health_port"]
        await queue.send(picture())
        assert isinstance(await result_of(queue, "wedding"), ImageColorised)
        stub.error = rejected("already-colour")
        await queue.send(picture("again"))
        failed = await result_of(queue, "again")
        assert isinstance(failed, JobFailed)
        assert (failed.code, failed.reason) == ("already-colour", "a reason for already-colour")
        await asyncio.to_thread(program.until_ready, port)
        metrics = (await asyncio.to_thread(asked, port, "/metrics"))[1]
        assert 'colorise_orders_total{kind="colorise-image",outcome="done"} 1.0' in metrics
        assert 'colorise_order_seconds_count{kind="colorise-image",stage="call"} 2.0' in metrics
        assert 'colorise_gateway_calls_total{code="200",function="colorise"} 1.0' in metrics
        assert await asyncio.to_thread(program.stop) == 0
    (done,) = program.told("order done")
    assert (done["trace_id"], done["job_id"], done["kind"]) == (TRACE, "wedding", "colorise-image")
    assert {call.headers["x-call-id"] for call in stand_in.posted()} == {TRACE}
    assert "Traceback" not in program.log


async def test_what_follows_from_an_order_goes_into_the_queue_before_it_is_gone(
    server: NatsServer, queue: NatsQueue
) -> None:
    joined: list[JoinVideo] = []

    def join(asked_for: JoinVideo) -> Outcome:
        joined.append(asked_for)
        msg = "enough seen"
        raise Postponed(msg, after_seconds=3600)

    stub = Stub()
    handlers = {"split-video": stub.split_video, "join-video": join}
    async with served(stub.films(handlers=handlers)) as films:
        assert films.base_url.port is not None
        with (
            gateway({"video-split": films.base_url.port}) as there,
            connector(server, there.url) as program,
        ):
            await queue.send(order(SplitVideo, "film", source="inbox/1.mp4", target="outbox/1.mp4"))
            assert (await result_of(queue, "film")).kind == "video-planned"
            await asyncio.to_thread(program.until, "order put off: video-split: enough seen")
            chunks = [json.loads(data)["chunk"] async for _, data in queue.orders("film") if b'"chunk"' in data]
            assert chunks == [0, 1]  # which nobody here carries out: the function is not deployed
            assert [one.job_id for one in joined] == ["film"]


async def test_what_a_killed_connector_had_in_hand_is_done_by_another_and_told_once(
    server: NatsServer, queue: NatsQueue, stub: Stub, stand_in: StandIn
) -> None:
    stub.held.clear()
    with connector(server, stand_in.url) as first:
        await queue.send(picture())
        await in_hand(stub)
        first.kill()
    with connector(server, stand_in.url) as second:
        await in_hand(stub)  # the order again, while the first call of it is still in hand
        stub.held.set()
        assert isinstance(await result_of(queue, "wedding"), ImageColorised)
        assert await asyncio.to_thread(second.stop) == 0
    assert await told_of(queue) == 1
    assert [subject async for subject, _ in queue.orders()] == []
    assert len(stub.asked) == 2


async def test_a_connector_that_is_told_to_stop_finishes_the_call_in_hand_and_begins_no_other(
    server: NatsServer, queue: NatsQueue, stub: Stub, stand_in: StandIn
) -> None:
    stub.held.clear()
    with connector(server, stand_in.url, COLORISE_MAX_INFLIGHT="1") as program:
        port = (await asyncio.to_thread(program.until, "taking orders"))["health_port"]
        for job_id in ("first", "second"):
            await queue.send(picture(job_id))
        await in_hand(stub)
        stopping = asyncio.create_task(asyncio.to_thread(program.stop))
        await asyncio.to_thread(program.until, "stopping as told; again, to end at once")
        assert (await asyncio.to_thread(asked, port, "/_/ready"))[0] == 503
        stub.held.set()
        assert await soon(stopping) == 0
    assert isinstance(await result_of(queue, "first"), ImageColorised)
    assert [json.loads(data)["job_id"] async for _, data in queue.orders()] == ["second"]
    assert len(program.told("stopped as told")) == 1


async def test_a_connector_that_waits_for_a_gateway_is_ready_and_stops_at_once(
    server: NatsServer, queue: NatsQueue
) -> None:
    with gateway({}) as gone:
        url = gone.url
    with connector(server, url) as program:
        port = (await asyncio.to_thread(program.until, "taking orders"))["health_port"]
        await asyncio.to_thread(program.until, "the gateway cannot be reached yet")
        await queue.send(picture())
        line = await asyncio.to_thread(program.until, "waiting to call again: the gateway cannot be reached")
        assert (line["job_id"], line["trace_id"]) == ("wedding", TRACE)
        await asyncio.to_thread(program.until_ready, port)
        assert await asyncio.to_thread(program.stop) == 0
    assert len([subject async for subject, _ in queue.orders()]) == 1


async def test_a_connector_starts_before_its_queue_and_its_gateway_and_does_what_waits(
    server: NatsServer, queue: NatsQueue, stub: Stub, stand_in: StandIn
) -> None:
    await queue.send(picture())
    server.kill()
    with gateway({}) as gone:
        port = gone.port
    with connector(server, f"http://127.0.0.1:{port}") as program:
        await asyncio.to_thread(program.until, "serving metrics and health")
        server.start()
        await asyncio.to_thread(program.until, "the gateway cannot be reached yet")
        with gateway(stand_in.functions, port=port):
            assert isinstance(await result_of(queue, "wedding"), ImageColorised)
    assert len(stub.asked) == 1


async def test_an_order_that_never_fits_the_gateway_s_time_ends_as_failed_and_says_why(
    queue: NatsQueue, stand_in: StandIn
) -> None:
    stand_in.always = Said(504)
    await queue.send(picture())
    async with connected(queue, stand_in.url, seconds=60):
        failed = await result_of(queue, "wedding")
    assert isinstance(failed, JobFailed)
    assert failed.code == "failed"
    assert "longer than the time that a call" in failed.reason
    (kept,) = [one async for one in queue.dead_letters()]
    assert "504" in kept.letter.reason
    assert "timeouts are shorter" in kept.letter.reason
    assert len(stand_in.posted()) == QUICK.failures


async def test_what_an_operator_has_to_put_right_loses_no_order(
    queue: NatsQueue, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.functions.clear()
    await queue.send(picture())
    async with connected(queue, stand_in.url, seconds=60):
        async with asyncio.timeout(120):
            while "not deployed" not in caplog.text:  # noqa: ASYNC110 - a line of the log
                await asyncio.sleep(0.01)
    assert "colorise is not deployed, or COLORISE_GATEWAY_URL is not the gateway's address" in caplog.text
    assert len([subject async for subject, _ in queue.orders()]) == 1
    assert [one async for one in queue.dead_letters()] == []
