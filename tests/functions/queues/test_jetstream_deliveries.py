from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from functions.jobs import ColoriseImage
from functions.queues.jetstream import NatsQueue
from functions.queues.jetstream_bell import Bell
from functions.queues.jetstream_deliveries import Hand, NatsDeliveries
from functions.queues.jetstream_layout import ORDERS, consumer, worker_of
from tests.orders import order

if TYPE_CHECKING:
    from tests.nats_server import NatsServer

PICTURES = ["colorise-image"]


def picture() -> ColoriseImage:
    return order(ColoriseImage, source="inbox/1.jpg", target="outbox/1.jpg")


async def test_an_order_is_waited_for_whose_bell_has_rung_before_it_was_ready(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url], ack_wait_seconds=3600)
    bell = Bell(look_seconds=3600)  # rung by hand, and nobody looks without that
    deliveries = NatsDeliveries(Hand(queue._connection, queue._histories, bell, "early", linger_seconds=2), PICTURES)
    coming = asyncio.ensure_future(anext(deliveries))
    async with asyncio.timeout(60):
        while not bell.waiting:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)
        bell.ring("colorise-image")
        await asyncio.sleep(0.1)
        await queue.send(picture())
        await (await coming).done()
    await queue.close()


async def test_an_order_that_the_server_forgot_it_gave_away_can_be_finished(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url], ack_wait_seconds=3600)
    await queue.send(picture())
    await queue.send(picture().model_copy(update={"job_id": "next"}))
    async with queue.deliveries(PICTURES) as deliveries:
        delivery = await anext(deliveries)
        worker = worker_of("colorise-image")
        await queue._connection.api("forget", f"CONSUMER.DELETE.{ORDERS}.{worker}")
        again = consumer("colorise-image", ack_wait_seconds=3600)
        await queue._connection.api("make", again.create, again.config)
        await delivery.done()
        assert [subject async for subject, _ in queue.orders()] == ["orders.colorise-image.next"]
        await (await anext(deliveries)).done()
    await queue.close()


async def test_an_order_given_back_unread_keeps_the_reasons_of_others(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url], ack_wait_seconds=3600)
    await queue.send(picture())
    async with queue.deliveries(PICTURES) as deliveries:
        await (await anext(deliveries)).again("the store is away", after_seconds=0)
    hand = Hand(queue._connection, queue._histories, Bell(), "broken off")
    on_its_way = await NatsDeliveries(hand, PICTURES)._pull("colorise-image", b'{"batch":1,"expires":60000000000}')
    assert on_its_way is not None
    await on_its_way.again("let go", after_seconds=0)
    async with queue.deliveries(PICTURES) as deliveries:
        delivery = await anext(deliveries)
        assert [attempt.reason for attempt in delivery.history] == ["the store is away", "let go"]
        await delivery.done()
    await queue.close()
