"""Listening: no mention is missed, by polling, by the stream, or between the two."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.mentions import SINCE, Listener
from bot.metrics import BotMetrics
from bot.platforms.memory import MemoryPlatform
from bot.platforms.protocol import Forbidden
from bot.spending import Charge, Spending
from functions.errors import Postponed
from functions.queues.memory import MemoryQueue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.platforms.protocol import Mention
    from functions.queues.records import Records

NEVER = 3600.0
"""Seconds between polls that no test lives to see."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Heard:
    """Takes mentions in."""

    platform: MemoryPlatform
    records: Records
    spending: Spending
    metrics: BotMetrics
    ids: list[str] = field(default_factory=list)
    refusals: int = 0
    """Mentions that cannot be taken in yet."""
    listener: Listener | None = None

    async def take(self, mention: Mention) -> None:
        if self.refusals:
            self.refusals -= 1
            msg = "the ledger is out of reach"
            raise Postponed(msg, after_seconds=1)
        self.ids.append(mention.post.id)

    def post(self, text: str = "@colorisebot please") -> str:
        return self.platform.network.post("rosa", text).id

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not happened():  # noqa: ASYNC110 - lists and metrics tell nobody of a change
                await asyncio.sleep(0.01)

    async def heard(self, *ids: str) -> None:
        await self.until(lambda: set(ids) <= set(self.ids))

    async def since(self) -> str | None:
        record = await self.records.get(SINCE)
        return None if record is None else record.value.decode()


@contextlib.asynccontextmanager
async def listening(
    *, platform: MemoryPlatform | None = None, records: Records | None = None, refusals: int = 0, **more: Any
) -> AsyncIterator[Heard]:
    platform = platform or MemoryPlatform()
    records = records or await MemoryQueue().records("BOT", keep_seconds=None)
    spending = Spending(records, prices={}, budget_micros=None, now=now)
    there = Heard(platform, records, spending, BotMetrics(), refusals=refusals)
    told = {"poll_seconds": 0.05, "streams": False, **more}
    there.listener = Listener(platform, records, there.take, spending, there.metrics, now=now, **told)
    running = asyncio.create_task(there.listener.run())
    try:
        yield there
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_polls_hand_over_each_mention_once_and_oldest_first() -> None:
    platform = MemoryPlatform()
    before = [platform.network.post("rosa", f"@colorisebot {number}").id for number in range(3)]
    async with listening(platform=platform) as there:
        after = there.post()
        await there.heard(*before, after)
        assert there.ids == [*before, after]
        assert there.spending.today.counts[Charge.MENTION] == 4


async def test_the_next_one_goes_on_where_the_last_one_stopped() -> None:
    platform, records = MemoryPlatform(), await MemoryQueue().records("BOT", keep_seconds=None)
    async with listening(platform=platform, records=records) as there:
        first = there.post()
        await there.heard(first)
        while await there.since() != first:  # noqa: ASYNC110 - nor does a record
            await asyncio.sleep(0.01)
    missed = platform.network.post("rosa", "@colorisebot while nobody listened").id
    async with listening(platform=platform, records=records) as there:
        await there.heard(missed)
        assert there.ids == [missed]


async def test_a_mention_that_cannot_be_taken_in_is_handed_over_again() -> None:
    async with listening(refusals=2) as there:
        ids = [there.post(), there.post()]
        await there.heard(*ids)
        assert there.ids == ids


async def test_the_stream_tells_of_mentions_without_a_poll() -> None:
    async with listening(poll_seconds=NEVER, streams=True) as there:
        await there.until(lambda: there.metrics._stream._value.get() == 1)
        mention = there.post()
        await there.heard(mention)
        assert await there.since() is None  # it may have come before an older one: a poll makes sure


async def test_what_was_posted_while_the_stream_was_broken_is_asked_for() -> None:
    platform = MemoryPlatform()
    platform.faults.break_off("stream", times=2)
    async with listening(platform=platform, poll_seconds=NEVER, streams=True) as there:
        await there.until(lambda: there.listener is not None and there.listener.has_polled)
        mention = there.post()
        await there.heard(mention)


async def test_a_mention_of_the_stream_that_cannot_be_taken_in_is_asked_for() -> None:
    async with listening(poll_seconds=NEVER, streams=True) as there:
        await there.until(lambda: there.metrics._stream._value.get() == 1)
        there.refusals = 1
        mention = there.post()
        await there.heard(mention)


async def test_a_limit_is_waited_for_and_an_outage_survived() -> None:
    platform = MemoryPlatform()
    platform.faults.limit("mentions", until=now() + timedelta(seconds=1))
    platform.faults.break_off("mentions")
    async with listening(platform=platform) as there:
        mention = there.post()
        await there.heard(mention)
        assert there.metrics._limits.labels("mentions")._value.get() == 1


class Refusing(MemoryPlatform):
    """A network that does not know us."""

    asked = 0

    async def mentions(self, *, after: str | None) -> list[Mention]:
        del after
        self.asked += 1
        msg = "the keys are not good"
        raise Forbidden(msg, code="bad-credentials")


async def test_a_network_that_refuses_us_is_not_asked_again_and_again() -> None:
    platform = Refusing()
    async with listening(platform=platform) as there:
        await there.until(lambda: platform.asked == 1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert there.listener is not None
        assert not there.listener.has_polled
        assert platform.asked == 1
