"""What every queue promises: each sentence of `functions.queues.protocol`, for each kind of queue."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from functions.jobs import ColoriseChunk, ColoriseImage, JobFailed, encoded, parse_order
from functions.queues.protocol import Depth
from tests.orders import TRACE, order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from functions.queues.jetstream import NatsQueue
    from functions.queues.memory import MemoryQueue
    from functions.queues.protocol import Delivery

    AnyQueue = MemoryQueue | NatsQueue

PICTURES = ["colorise-image"]
BOTH = ["colorise-image", "colorise-chunk"]


def picture(job_id: str = "wedding") -> ColoriseImage:
    return order(ColoriseImage, job_id, source="inbox/1.jpg", target="outbox/1.jpg")


def chunk(number: int, job_id: str = "film") -> ColoriseChunk:
    return order(ColoriseChunk, job_id, plan="work/film/plan.json", chunk=number)


def failure(job_id: str = "wedding", reason: str = "it is in colour already") -> JobFailed:
    return JobFailed(job_id=job_id, trace_id=TRACE, order="colorise-image", reason=reason, code="already-colour")


async def soon(awaitable: Awaitable[Any]) -> Any:
    async with asyncio.timeout(60):
        return await awaitable


Take: TypeAlias = "Callable[..., Awaitable[Delivery]]"


@pytest.fixture
async def take(queue: AnyQueue) -> AsyncIterator[Take]:
    """Takes the next order and leaves it in hand: nobody says how it went, as when its worker has died."""
    async with contextlib.AsyncExitStack() as left:

        async def taken(kinds: list[str] = PICTURES) -> Delivery:
            deliveries = await left.enter_async_context(queue.deliveries(kinds))
            delivery: Delivery = await soon(anext(deliveries))
            return delivery

        yield taken


async def test_an_order_arrives_as_it_was_sent(queue: AnyQueue) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    await queue.send(picture())
    async with queue.deliveries(PICTURES) as deliveries:
        delivery = await soon(anext(deliveries))
        assert delivery.data == encoded(picture())
        assert delivery.subject == "orders.colorise-image.wedding"
        assert delivery.attempt == 1
        assert before < delivery.sent_at < datetime.now(UTC) + timedelta(seconds=1)
        assert list(delivery.history) == []
        await delivery.done()


async def test_a_worker_that_waits_hears_of_a_new_order(queue: AnyQueue) -> None:
    async with queue.deliveries(BOTH) as deliveries:
        coming = asyncio.ensure_future(anext(deliveries))
        await asyncio.sleep(0.1)
        assert not coming.done()
        await queue.send(chunk(7))
        delivery = await soon(coming)
        assert parse_order(delivery.data) == chunk(7)
        await delivery.done()


async def test_the_second_of_two_equal_orders_is_not_kept(queue: AnyQueue) -> None:
    assert await queue.send(picture())
    assert not await queue.send(picture())
    assert [subject async for subject, _ in queue.orders()] == ["orders.colorise-image.wedding"]


async def test_an_order_that_was_carried_out_is_still_known(queue: AnyQueue, take: Take) -> None:
    await queue.send(picture())
    await (await take()).done()
    assert not await queue.send(picture())


async def test_what_is_done_is_gone_for_good(queue: AnyQueue, take: Take) -> None:
    await queue.send(picture())
    await (await take()).done()
    assert [found async for found in queue.orders()] == []
    assert (await queue.depths())["colorise-image"] == Depth(waiting=0, in_hand=0)


async def test_orders_of_an_earlier_kind_go_before_those_of_a_later_one(queue: AnyQueue) -> None:
    for number in range(3):
        await queue.send(chunk(number))
    await queue.send(picture())
    order_of_arrival = []
    async with queue.deliveries(BOTH) as deliveries:
        for _ in range(4):
            delivery = await soon(anext(deliveries))
            order_of_arrival.append(delivery.subject.split(".")[1])
            await delivery.done()
    assert order_of_arrival == ["colorise-image"] + 3 * ["colorise-chunk"]


async def test_orders_of_other_kinds_are_left_to_others(queue: AnyQueue) -> None:
    await queue.send(chunk(1))
    async with queue.deliveries(PICTURES) as deliveries:
        coming = asyncio.ensure_future(anext(deliveries))
        await asyncio.sleep(0.3)
        assert not coming.done()
        coming.cancel()
    assert (await queue.depths())["colorise-chunk"] == Depth(waiting=1, in_hand=0)


async def test_no_further_order_is_held_while_one_is_in_hand(queue: AnyQueue) -> None:
    await queue.send(picture("one"))
    await queue.send(picture("two"))
    async with queue.deliveries(PICTURES) as first, queue.deliveries(PICTURES) as second:
        one = await soon(anext(first))
        assert (await queue.depths())["colorise-image"] == Depth(waiting=1, in_hand=1)
        two = await soon(anext(second))
        assert {one.subject, two.subject} == {"orders.colorise-image.one", "orders.colorise-image.two"}
        await one.done()
        await two.done()


async def test_an_order_that_nobody_speaks_for_goes_to_somebody_else(queue: AnyQueue, take: Take) -> None:
    await queue.send(picture())
    await take()
    again = await take()
    assert again.attempt == 2
    assert list(again.history) == []  # it ended with silence
    await again.done()


async def test_an_order_that_somebody_is_working_on_stays_with_them(queue: AnyQueue) -> None:
    await queue.send(picture())
    async with queue.deliveries(PICTURES) as mine, queue.deliveries(PICTURES) as others:
        delivery = await soon(anext(mine))
        coming = asyncio.ensure_future(anext(others))
        for _ in range(10):
            await asyncio.sleep(0.25)
            await delivery.working()
        assert not coming.done()
        await delivery.done()
        coming.cancel()


async def test_an_order_comes_again_with_the_reasons_why(queue: AnyQueue) -> None:
    await queue.send(picture())
    async with queue.deliveries(PICTURES) as deliveries:
        await (await soon(anext(deliveries))).again("the store is away", after_seconds=0)
        await (await soon(anext(deliveries))).again("it still is", after_seconds=0.1)
        delivery = await soon(anext(deliveries))
        assert delivery.attempt == 3
        assert [attempt.reason for attempt in delivery.history] == ["the store is away", "it still is"]
        assert all(attempt.worker for attempt in delivery.history)
        await delivery.done()


async def test_the_reasons_survive_a_worker_that_dies_afterwards(queue: AnyQueue, take: Take) -> None:
    await queue.send(picture())
    await (await take()).again("the store is away", after_seconds=0)
    await take()
    third = await take()
    assert third.attempt == 3
    assert [attempt.reason for attempt in third.history] == ["the store is away"]
    await third.done()


async def test_an_order_does_not_come_again_before_its_time(queue: AnyQueue) -> None:
    await queue.send(picture())
    async with queue.deliveries(PICTURES) as deliveries:
        put_off = asyncio.get_running_loop().time()
        await (await soon(anext(deliveries))).again("later", after_seconds=1.5)
        delivery = await soon(anext(deliveries))
        assert asyncio.get_running_loop().time() - put_off > 1.4
        await delivery.done()


async def test_leaving_gives_back_what_was_not_spoken_for(queue: AnyQueue) -> None:
    await queue.send(picture())
    async with queue.deliveries(PICTURES) as deliveries:
        await soon(anext(deliveries))
    async with queue.deliveries(PICTURES) as deliveries:
        delivery = await soon(anext(deliveries))
        assert delivery.attempt == 2
        assert len(delivery.history) == 1  # it was no death
        await delivery.done()


@pytest.mark.parametrize("ack_wait_seconds", [3600.0])  # what was forgotten would not come back by itself
async def test_breaking_off_the_wait_loses_no_order(queue: AnyQueue) -> None:
    for number in range(20):
        async with queue.deliveries(BOTH) as deliveries:
            coming = asyncio.ensure_future(anext(deliveries))
            sending = asyncio.ensure_future(queue.send(chunk(number)))
            await asyncio.sleep(0.0005 * number)
            coming.cancel()
            await asyncio.wait([coming, sending])
    numbers: set[str] = set()
    async with queue.deliveries(BOTH) as deliveries:
        while len(numbers) < 20:
            delivery = await soon(anext(deliveries))
            numbers.add(parse_order(delivery.data).message_id)
            assert len(delivery.history) == delivery.attempt - 1  # each was given back at once, none was forgotten
            await delivery.done()


async def test_a_buried_order_is_among_the_dead_letters_and_not_in_the_queue(queue: AnyQueue) -> None:
    await queue.send(picture())
    async with queue.deliveries(PICTURES) as deliveries:
        await (await soon(anext(deliveries))).again("the store is away", after_seconds=0)
        await (await soon(anext(deliveries))).bury("it holds no picture", code="unreadable")
    assert [found async for found in queue.orders()] == []
    (kept,) = [kept async for kept in queue.dead_letters()]
    letter = kept.letter
    assert letter.subject == "orders.colorise-image.wedding"
    assert letter.data.encode() == encoded(picture())
    assert (letter.job_id, letter.reason, letter.code) == ("wedding", "it holds no picture", "unreadable")
    assert letter.attempts == 2
    assert [attempt.reason for attempt in letter.history] == ["the store is away"]


async def test_bytes_that_are_no_text_can_be_buried(queue: AnyQueue, take: Take) -> None:
    await queue.send_bytes("orders.colorise-image.wedding", b"\xff\x00{", message_id="junk")
    delivery = await take()
    assert delivery.data == b"\xff\x00{"
    await delivery.bury("it is no JSON", code="bad-message")
    (kept,) = [kept async for kept in queue.dead_letters()]
    assert kept.letter.data == "�\x00{"


async def test_a_dead_letter_can_be_tried_again_as_a_new_order(queue: AnyQueue, take: Take) -> None:
    await queue.send(picture())
    await (await take()).bury("the model is missing", code="failed")
    (kept,) = [kept async for kept in queue.dead_letters()]
    assert not await queue.retry(kept.number + 1)
    assert await queue.retry(kept.number)
    assert not await queue.retry(kept.number)
    assert [kept async for kept in queue.dead_letters()] == []
    delivery = await take()
    assert delivery.data == encoded(picture())
    assert (delivery.attempt, list(delivery.history)) == (1, [])
    await delivery.bury("it is still missing", code="failed")
    (kept,) = [kept async for kept in queue.dead_letters()]
    assert await queue.retry(kept.number)


async def test_dead_letters_can_be_deleted_one_by_one_and_all_together(queue: AnyQueue, take: Take) -> None:
    for job_id in ("one", "two", "three"):
        await queue.send(picture(job_id))
        await (await take()).bury(f"no {job_id}", code="failed")
    letters = [kept async for kept in queue.dead_letters()]
    assert [kept.letter.job_id for kept in letters] == ["one", "two", "three"]
    assert await queue.purge_dead(letters[1].number) == 1
    assert await queue.purge_dead(letters[1].number) == 0
    assert [kept.letter.job_id async for kept in queue.dead_letters()] == ["one", "three"]
    assert await queue.purge_dead() == 2
    assert [kept async for kept in queue.dead_letters()] == []


async def test_cancelling_takes_out_all_orders_of_a_job_and_no_others(queue: AnyQueue) -> None:
    for number in range(5):
        await queue.send(chunk(number, "film"))
    await queue.send(chunk(0, "film-2"))
    await queue.send(picture("film"))
    assert await queue.cancel("film") == 6
    assert await queue.cancel("film") == 0
    assert [subject async for subject, _ in queue.orders()] == ["orders.colorise-chunk.film-2"]


async def test_an_order_in_hand_can_be_finished_after_its_job_was_cancelled(queue: AnyQueue, take: Take) -> None:
    await queue.send(picture("one"))
    delivery = await take()
    assert await queue.cancel("one") == 1
    await delivery.working()
    await delivery.done()
    await queue.send(picture("two"))
    delivery = await take()
    await queue.cancel("two")
    await delivery.again("the store is away", after_seconds=0)
    await asyncio.sleep(0.2)
    assert (await queue.depths())["colorise-image"] == Depth(waiting=0, in_hand=0)


async def test_only_the_first_claims_a_key(queue: AnyQueue) -> None:
    assert await queue.claimed("join-video.film") is None
    claims = await asyncio.gather(*(queue.claim("join-video.film", str(number)) for number in range(10)))
    assert sum(claims) == 1
    assert await queue.claimed("join-video.film") == str(claims.index(True))
    await queue.reclaim("join-video.film", "sent")
    assert await queue.claimed("join-video.film") == "sent"
    assert not await queue.claim("join-video.film", "again")


@pytest.mark.parametrize("key", ["", ".", "a..b", "https://example.org/1?a=b c", "straße", "a.b.", ">", "*", "a=b"])
async def test_a_key_may_be_any_text(queue: AnyQueue, key: str) -> None:
    assert await queue.claim(key, "mine")
    assert await queue.claimed(key) == "mine"
    assert not await queue.claim(key)
    assert await queue.claim(f"{key}x")


async def test_depths_tell_waiting_from_in_hand(queue: AnyQueue, take: Take) -> None:
    for number in range(3):
        await queue.send(chunk(number))
    delivery = await take(BOTH)
    depths = await queue.depths()
    assert depths["colorise-chunk"] == Depth(waiting=2, in_hand=1)
    assert depths["split-video"] == Depth(waiting=0, in_hand=0)
    await delivery.done()


async def test_the_one_that_waits_longest_is_known_by_its_time(queue: AnyQueue, take: Take) -> None:
    assert await queue.oldest() == {}
    before = datetime.now(UTC)
    await queue.send(chunk(1))
    between = datetime.now(UTC)
    await queue.send(chunk(2))
    await queue.send(picture())
    after = datetime.now(UTC)
    oldest = await queue.oldest()
    assert set(oldest) == {"colorise-chunk", "colorise-image"}
    assert before <= oldest["colorise-chunk"] <= between <= oldest["colorise-image"] <= after
    first = await take(("colorise-chunk",))
    oldest = await queue.oldest()
    assert between <= oldest["colorise-chunk"] <= after
    second = await take(("colorise-chunk",))
    assert set(await queue.oldest()) == {"colorise-image"}
    await first.done()
    await second.done()


async def test_orders_can_be_looked_at_and_stay(queue: AnyQueue) -> None:
    await queue.send(chunk(1))
    await queue.send(picture())
    found = [found async for found in queue.orders()]
    assert found == [
        ("orders.colorise-chunk.film", encoded(chunk(1))),
        ("orders.colorise-image.wedding", encoded(picture())),
    ]
    assert [subject async for subject, _ in queue.orders("wedding")] == ["orders.colorise-image.wedding"]
    assert (await queue.depths())["colorise-image"].waiting == 1


async def test_a_late_asker_reads_a_job_s_results_from_the_first_on(queue: AnyQueue) -> None:
    await queue.tell(failure("wedding", "one"))
    await queue.tell(failure("other", "not this"))
    await queue.tell(failure("wedding", "two"))
    async with queue.results("wedding") as results:
        assert await soon(anext(results)) == failure("wedding", "one")
        assert await soon(anext(results)) == failure("wedding", "two")
        await queue.tell(failure("wedding", "three"))
        assert await soon(anext(results)) == failure("wedding", "three")


async def test_what_was_told_of_a_job_last_can_be_looked_up(queue: AnyQueue) -> None:
    assert await queue.last_result("wedding") is None
    for reason in ("first", "second"):
        await queue.tell(failure(reason=reason))
    await queue.tell(failure("another", "third"))
    assert await queue.last_result("wedding") == failure(reason="second")
    assert await queue.last_result("nobody's") is None


async def test_all_results_are_read_from_the_moment_of_listening(queue: AnyQueue) -> None:
    await queue.tell(failure("wedding", "before"))
    async with queue.results() as results:
        for number in range(600):  # more than are asked for at once
            await queue.tell(failure(f"job-{number}", "now"))
        assert [(await soon(anext(results))).job_id for _ in range(600)] == [f"job-{number}" for number in range(600)]


async def test_every_listener_hears_every_result(queue: AnyQueue) -> None:
    async with queue.results() as one, queue.results("wedding") as two, queue.results() as three:
        await queue.tell(failure())
        assert [await soon(anext(results)) for results in (one, two, three)] == 3 * [failure()]


async def test_a_result_told_twice_is_heard_twice(queue: AnyQueue) -> None:
    async with queue.results("wedding") as results:
        await queue.tell(failure())
        await queue.tell(failure())
        assert [await soon(anext(results)) for _ in range(2)] == 2 * [failure()]


async def test_listening_can_be_broken_off_and_taken_up(queue: AnyQueue) -> None:
    async with queue.results() as results:
        coming = asyncio.ensure_future(anext(results))
        await asyncio.sleep(0.1)
        coming.cancel()
        await asyncio.wait([coming])


async def test_closing_does_not_take_long(queue: AnyQueue) -> None:
    await queue.send(picture())
    async with asyncio.timeout(60):
        await queue.close()
