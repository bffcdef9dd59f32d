"""The ledger, on a real server and in memory: nothing is begun twice, nothing unfinished is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.entry import State, entry_of
from bot.ledger import KEEP_SECONDS, Kept, Ledger, Overtaken, left
from bot.verdicts import Colorise
from functions.queues.jetstream import NatsQueue
from functions.queues.memory import MemoryQueue
from tests.nats_server import nats_server
from tests.said import ASKER, NOW, PHOTOS, mention

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.entry import Entry
    from functions.queues.records import Records


@pytest.fixture(params=["memory", "nats"])
async def records(request: pytest.FixtureRequest) -> AsyncIterator[Records]:
    if request.param == "memory":
        yield await MemoryQueue().records("BOT_MENTIONS", keep_seconds=KEEP_SECONDS)
        return
    with nats_server() as server:
        queue = await NatsQueue.open([server.url])
        yield await queue.records("BOT_MENTIONS", keep_seconds=KEEP_SECONDS)
        await queue.close()


def entry(number: int = 40) -> Entry:
    made = entry_of(mention(), Colorise(PHOTOS[:1], source_post="20"), now=NOW)
    return made.model_copy(update={"mention": str(number)})


async def begun(ledger: Ledger, number: int = 40) -> Kept:
    kept = await ledger.begin(entry(number))
    assert kept is not None
    return kept


async def test_a_mention_is_begun_once(records: Records) -> None:
    ledger = Ledger(records)
    kept = await begun(ledger)
    assert kept.entry == entry()
    assert await ledger.begin(entry()) is None
    assert await ledger.find("40") == kept
    assert await ledger.find("41") is None


async def test_whoever_holds_an_older_entry_is_overtaken(records: Records) -> None:
    ledger = Ledger(records)
    kept = await begun(ledger)
    ordered = await ledger.advance(kept, kept.entry.model_copy(update={"state": State.ORDERED}))
    with pytest.raises(Overtaken):
        await ledger.advance(kept, left(kept.entry, "stale"))
    assert await ledger.find("40") == ordered


async def test_what_is_not_finished_is_found_again_oldest_first(records: Records) -> None:
    ledger = Ledger(records)
    kept = [await begun(ledger, number) for number in (41, 42, 43)]
    await ledger.advance(kept[1], kept[1].entry.model_copy(update={"state": State.ANSWERED, "answer": "99"}))
    assert [one.entry.mention async for one in ledger.unfinished()] == ["41", "43"]


async def test_a_death_between_the_two_keys_of_a_mention_leaves_no_trace(records: Records) -> None:
    ledger = Ledger(records)
    await records.put("open.40", b"")
    assert [one async for one in ledger.unfinished()] == []
    assert await records.get("open.40") is None
    assert (await begun(ledger)).entry.mention == "40"


async def test_a_reply_leads_to_the_mention_that_it_answers(records: Records) -> None:
    ledger = Ledger(records)
    kept = await begun(ledger)
    kept = await ledger.advance(kept, kept.entry.model_copy(update={"state": State.ANSWERED, "answer": "99"}))
    assert await ledger.answered_by("99") == kept
    assert await ledger.answered_by("98") is None


async def test_erasing_leaves_a_number_and_overtakes_whoever_is_at_work(records: Records) -> None:
    ledger = Ledger(records)
    kept = await begun(ledger)
    other = await begun(ledger, 41)
    await ledger.erase(kept)
    with pytest.raises(Overtaken):
        await ledger.advance(kept, kept.entry.model_copy(update={"state": State.ORDERED}))
    assert [one.entry.mention async for one in ledger.by_author(ASKER.id)] == ["41"]
    assert [one.entry.mention async for one in ledger.unfinished()] == ["41"]
    erased = await ledger.find("40")
    assert erased is not None
    assert erased.entry.state is State.ERASED
    assert await ledger.begin(kept.entry) is None  # it is not answered anew
    assert [one.entry.mention async for one in ledger.unfinished()] == [other.entry.mention]


async def test_an_entry_that_nobody_can_read_stops_nobody(records: Records) -> None:
    ledger = Ledger(records)
    await begun(ledger, 41)
    await records.put("mention.40", b"of a newer version")
    await records.put("open.40", b"")
    assert await ledger.find("40") is None
    assert [one.entry.mention async for one in ledger.unfinished()] == ["41"]


async def test_how_often_the_bot_spoke_in_a_conversation_is_counted(records: Records) -> None:
    ledger = Ledger(records)
    assert await ledger.said_in("20") == 0
    for _ in range(3):
        await ledger.note_said("20")
    assert (await ledger.said_in("20"), await ledger.said_in("21")) == (3, 0)
