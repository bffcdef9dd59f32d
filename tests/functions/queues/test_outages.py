"""The NATS server dies, forgets, freezes or refuses, and what becomes of orders, results and claims."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from nats.aio.client import Client

from functions.errors import Postponed
from functions.jobs import ColoriseImage, JobFailed
from functions.queues.jetstream import NatsQueue
from tests.nats_server import nats_server
from tests.orders import TRACE, order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from tests.nats_server import NatsServer

PICTURES = ["colorise-image"]
BOTH = ["colorise-image", "colorise-chunk"]


def picture(job_id: str = "wedding") -> ColoriseImage:
    return order(ColoriseImage, job_id, source="inbox/1.jpg", target="outbox/1.jpg")


def failure(job_id: str = "wedding", reason: str = "it is in colour already") -> JobFailed:
    return JobFailed(job_id=job_id, trace_id=TRACE, order="colorise-image", reason=reason, code="already-colour")


async def soon(awaitable: Awaitable[Any]) -> Any:
    async with asyncio.timeout(60):
        return await awaitable


async def until_connected(queue: NatsQueue, *, connected: bool = True) -> None:
    async with asyncio.timeout(60):
        while queue.connected is not connected:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)


@pytest.fixture
async def queue(server: NatsServer) -> AsyncIterator[NatsQueue]:
    opened = await NatsQueue.open([server.url], ack_wait_seconds=2, answer_seconds=30)
    yield opened
    await opened.close()


async def test_orders_results_and_claims_survive_the_server_s_death(server: NatsServer, queue: NatsQueue) -> None:
    for number in range(50):
        await queue.send(picture(f"job-{number}"))
    await queue.tell(failure("job-0"))
    assert await queue.claim("join-video.film", "sending")
    server.kill()
    server.start()
    assert await queue.claimed("join-video.film") == "sending"
    assert not await queue.claim("join-video.film")
    assert not await queue.send(picture("job-7"))
    async with queue.results("job-0") as results:
        assert await soon(anext(results)) == failure("job-0")
    jobs = []
    async with queue.deliveries(BOTH) as deliveries:
        for _ in range(50):
            delivery = await soon(anext(deliveries))
            jobs.append(delivery.subject.rpartition(".")[2])
            await delivery.done()
    assert jobs == [f"job-{number}" for number in range(50)]


async def test_a_worker_that_waits_goes_on_when_the_server_is_back(server: NatsServer, queue: NatsQueue) -> None:
    async with queue.deliveries(BOTH) as deliveries:
        coming = asyncio.ensure_future(anext(deliveries))
        await asyncio.sleep(0.1)
        for number in range(3):
            server.kill()
            await until_connected(queue, connected=False)
            server.start()
            await queue.send(picture(f"job-{number}"))
            delivery = await soon(coming)
            await delivery.done()
            coming = asyncio.ensure_future(anext(deliveries))
        coming.cancel()


async def test_a_worker_goes_on_although_the_server_has_forgotten_everything(
    server: NatsServer, queue: NatsQueue
) -> None:
    async with queue.deliveries(BOTH) as deliveries:
        coming = asyncio.ensure_future(anext(deliveries))
        server.kill()
        server.lose_data()
        server.start()
        await queue.send(picture())
        await (await soon(coming)).done()


async def test_an_order_can_be_finished_after_the_server_was_away(server: NatsServer, queue: NatsQueue) -> None:
    await queue.send(picture())
    async with queue.deliveries(PICTURES) as deliveries:
        delivery = await soon(anext(deliveries))
        server.kill()
        finishing = asyncio.ensure_future(delivery.done())
        await until_connected(queue, connected=False)
        server.start()
        await soon(finishing)
    assert [found async for found in queue.orders()] == []


async def test_listeners_miss_nothing_and_hear_nothing_twice(server: NatsServer, queue: NatsQueue) -> None:
    teller = await NatsQueue.open([server.url], ack_wait_seconds=2, answer_seconds=60)
    heard: dict[str, list[str]] = {"job": [], "all": []}

    async def listen(name: str, job_id: str | None) -> None:
        async with queue.results(job_id) as results:
            listening[name].set()
            while len(heard[name]) < 300:
                heard[name].append(getattr(await anext(results), "reason", "no failure"))

    async def disturb() -> None:
        for _ in range(3):
            await asyncio.sleep(0.3)
            server.kill()
            await asyncio.sleep(0.1)
            server.start()

    listening = {name: asyncio.Event() for name in heard}
    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        group.create_task(listen("job", "wedding"))
        group.create_task(listen("all", None))
        await asyncio.gather(*(event.wait() for event in listening.values()))
        disturbing = group.create_task(disturb())
        for number in range(300):
            await teller.tell(failure(reason=str(number)))
            if number % 100 == 50:
                await asyncio.sleep(0.5)
        await disturbing
    await teller.close()
    assert heard["job"] == heard["all"] == [str(number) for number in range(300)]


async def test_listeners_hear_what_is_told_after_the_server_has_forgotten_everything(
    server: NatsServer, queue: NatsQueue
) -> None:
    async with queue.results() as everything, queue.results("wedding") as results:
        for number in range(5):
            await queue.tell(failure(reason=str(number)))
        assert [(await soon(anext(results))).reason for _ in range(5)] == list("01234")
        assert [(await soon(anext(everything))).reason for _ in range(5)] == list("01234")
        coming = asyncio.gather(anext(results), anext(everything))
        server.kill()
        server.lose_data()
        server.start()
        await queue.tell(failure(reason="after"))
        assert await soon(coming) == [failure(reason="after"), failure(reason="after")]


async def test_asking_without_a_server_is_put_off_and_says_why(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url], answer_seconds=0.3)
    server.kill()
    with pytest.raises(Postponed, match=rf"cannot send an order: NATS at nats://127\.0\.0\.1:{server.port} is out of"):
        await queue.send(picture())
    for asking in (queue.tell(failure()), queue.claim("key"), queue.cancel("wedding"), queue.depths()):
        with pytest.raises(Postponed):
            await asking
    with pytest.raises(Postponed):
        await anext(queue.dead_letters())
    with pytest.raises(Postponed):
        async with queue.results():
            pass
    await queue.close()


async def test_what_is_asked_during_a_short_outage_is_answered_after_it(server: NatsServer, queue: NatsQueue) -> None:
    server.kill()
    sending = asyncio.gather(*(queue.send(picture(f"job-{number}")) for number in range(10)))
    await until_connected(queue, connected=False)
    server.start()
    assert await soon(sending) == 10 * [True]
    assert len([found async for found in queue.orders()]) == 10


async def test_a_frozen_server_is_put_off_and_nothing_is_lost(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url], ack_wait_seconds=2, answer_seconds=1)
    server.freeze()
    with pytest.raises(Postponed):
        await queue.send(picture())
    server.thaw()
    async with queue.deliveries(PICTURES) as deliveries:
        with contextlib.suppress(Postponed):
            await queue.send(picture())
        delivery = await soon(anext(deliveries))
        assert delivery.subject == "orders.colorise-image.wedding"
        await delivery.done()
    assert [found async for found in queue.orders()] == []
    await queue.close()


async def test_a_stream_that_somebody_deleted_is_made_again(server: NatsServer, queue: NatsQueue) -> None:
    client = await _client(server)
    async with queue.deliveries(BOTH) as deliveries:
        coming = asyncio.ensure_future(anext(deliveries))
        await asyncio.sleep(1.1)
        await client.request("$JS.API.STREAM.DELETE.COLORISE", timeout=60)
        await queue.send(picture())
        await (await soon(coming)).done()
    await client.close()


async def test_opening_waits_for_a_server_that_comes_later() -> None:
    with nats_server() as server:
        server.kill()
        opening = asyncio.ensure_future(NatsQueue.open([server.url], wait_seconds=None))
        await asyncio.sleep(0.3)
        server.start()
        queue = await soon(opening)
        assert await queue.send(picture())
        await queue.close()


async def test_a_server_that_never_comes_is_not_waited_for_in_vain() -> None:
    with nats_server() as server:
        server.kill()
        with pytest.raises(Postponed, match=r"cannot connect: NATS at .* is out of reach"):
            await NatsQueue.open([server.url], wait_seconds=0.3)


async def test_a_server_that_refuses_the_user_says_so() -> None:
    with nats_server(user="colorise") as server:
        with pytest.raises(Postponed, match="refuses access without a user: see COLORISE_NATS_USER"):
            await NatsQueue.open([server.url], wait_seconds=1)
        with pytest.raises(Postponed, match="refuses user colorise"):
            await NatsQueue.open([server.url], user="colorise", password="wrong", wait_seconds=1)  # noqa: S106 - it is


async def test_a_server_without_jetstream_says_so() -> None:
    with nats_server(jetstream=False) as server, pytest.raises(Postponed, match="its JetStream is off"):
        await NatsQueue.open([server.url], wait_seconds=1)


async def test_many_programs_may_make_everything_at_once(server: NatsServer) -> None:
    queues = await asyncio.gather(*(NatsQueue.open([server.url], ack_wait_seconds=2) for _ in range(10)))
    assert sum(await asyncio.gather(*(queue.send(picture()) for queue in queues))) == 1
    await asyncio.gather(*(queue.close() for queue in queues))


async def test_a_changed_setting_reaches_the_server(server: NatsServer) -> None:
    for seconds in (2, 3):
        queue = await NatsQueue.open([server.url], ack_wait_seconds=seconds)
        await queue.close()
    client = await _client(server)
    answer = await client.request("$JS.API.CONSUMER.INFO.COLORISE.worker-colorise-image", timeout=60)
    assert json.loads(answer.data)["config"]["ack_wait"] == 3_000_000_000
    stream = {"name": "RESULTS", "subjects": ["results.*.*"], "max_bytes": 1_000_000, "num_replicas": 1}
    await client.request("$JS.API.STREAM.UPDATE.RESULTS", json.dumps(stream).encode(), timeout=60)
    await (await NatsQueue.open([server.url])).close()
    answer = await client.request("$JS.API.STREAM.INFO.RESULTS", timeout=60)
    assert json.loads(answer.data)["config"]["max_bytes"] == 128 * 1024 * 1024
    await client.close()


async def test_closing_while_the_server_is_away_does_not_wait_for_it(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url])
    server.kill()
    async with asyncio.timeout(60):
        await queue.close()
    with pytest.raises(Postponed):
        await queue.send(picture())


async def _client(server: NatsServer) -> Client:
    client = Client()
    await client.connect(server.url)
    return client
