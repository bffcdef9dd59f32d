"""What is remembered of people, and of what they cost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.people import People
from bot.spending import MICROS, Charge, Spending
from functions.queues.jetstream import NatsQueue
from functions.queues.memory import MemoryQueue
from tests.nats_server import nats_server

if TYPE_CHECKING:
    from functions.queues.records import Records

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
PRICES = {Charge.MENTION: 1_000, Charge.REPLY: 10_000}


@pytest.fixture
async def people() -> People:
    queue = MemoryQueue()
    return People(await queue.records("PEOPLE", keep_seconds=None), await queue.records("BOT", keep_seconds=None))


@pytest.fixture
async def records() -> Records:
    return await MemoryQueue().records("BOT", keep_seconds=None)


class Clock:
    """Is set by hand."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


async def test_answers_of_the_last_hour_are_remembered_and_older_ones_are_not(people: People) -> None:
    for minutes in (0, 30, 61):
        await people.note_answer("7", now=NOON + timedelta(minutes=minutes))
    found = await people.find("7", now=NOON + timedelta(minutes=61))
    assert [at - NOON for at in found.answered_at] == [timedelta(minutes=30), timedelta(minutes=61)]
    assert (await people.find("8", now=NOON)).answered_at == ()


async def test_a_decline_is_remembered_beside_answers(people: People) -> None:
    await people.note_answer("7", now=NOON)
    await people.note_decline("7", now=NOON)
    found = await people.find("7", now=NOON)
    assert (found.declined_at, len(found.answered_at)) == (NOON, 1)


async def test_what_is_noted_of_somebody_at_the_same_moment_is_all_kept() -> None:
    with nats_server() as server:
        queue = await NatsQueue.open([server.url])
        books = [await queue.records(name, keep_seconds=None) for name in ("PEOPLE", "BOT")]
        people = People(*books)
        notes = [people.note_answer("7", now=NOON + timedelta(seconds=number)) for number in range(5)]
        await asyncio.gather(*notes, people.note_decline("7", now=NOON))
        found = await people.find("7", now=NOON)
        await queue.close()
    assert (len(found.answered_at), found.declined_at) == (5, NOON)


async def test_whoever_wants_to_be_left_alone_is_even_when_all_else_is_forgotten(people: People) -> None:
    await people.note_decline("7", now=NOON)
    await people.opt_out("7")
    await people.forget("7")
    found = await people.find("7", now=NOON)
    assert found.opted_out
    assert found.declined_at is None
    await people.opt_in("7")
    assert not (await people.find("7", now=NOON)).opted_out


async def test_what_is_spent_is_known_at_once_and_written_down_once(records: Records) -> None:
    spending = Spending(records, prices=PRICES, budget_micros=MICROS, now=Clock())
    spending.count(Charge.MENTION, 3)
    spending.count(Charge.REPLY)
    assert (spending.today.micros, spending.left_micros) == (13_000, MICROS - 13_000)
    for _ in range(2):
        await spending.save()
        assert spending.today.micros == 13_000
    other = Spending(records, prices=PRICES, budget_micros=MICROS, now=Clock())
    await other.save()
    assert other.today.counts == {Charge.MENTION: 3, Charge.REPLY: 1}


async def test_two_that_write_at_the_same_time_lose_nothing(records: Records) -> None:
    one, two = (Spending(records, prices=PRICES, budget_micros=None, now=Clock()) for _ in range(2))
    for _ in range(5):
        one.count(Charge.REPLY)
        two.count(Charge.REPLY)
        await one.save()
        await two.save()
    await one.save()
    assert one.today.counts[Charge.REPLY] == 10
    assert one.allows(1_000_000)


async def test_a_budget_allows_as_many_replies_as_it_pays_for(records: Records) -> None:
    spending = Spending(records, prices=PRICES, budget_micros=25_000, now=Clock())
    assert spending.allows(2)
    assert not spending.allows(3)
    spending.count(Charge.REPLY)
    assert not spending.allows(2)


async def test_a_new_day_has_a_new_budget(records: Records) -> None:
    clock = Clock()
    spending = Spending(records, prices=PRICES, budget_micros=10_000, now=clock)
    spending.count(Charge.REPLY)
    await spending.save()
    assert not spending.allows(1)
    clock.time += timedelta(days=1)
    assert spending.allows(1)
    await spending.save()
    assert spending.today.micros == 0
