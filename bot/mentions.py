"""Hears of mentions: by asking now and then, and by a stream where the account has one; no gap stays unnoticed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import TYPE_CHECKING, Final

from bot.platforms.protocol import Connected, LimitedUntil
from bot.spending import Charge
from functions.errors import Postponed, Rejected
from functions.stopping import side_by_side

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.metrics import BotMetrics
    from bot.platforms.protocol import Mention, Platform
    from bot.spending import Spending
    from functions.queues.records import Records

SINCE: Final = "since"
"""Key of the id of the newest mention up to which none is left to be heard."""

BUSY_SHARE: Final = 3
"""Once somebody has written, we ask so many times as often for a while: where one is, more are near."""

BUSY_POLLS: Final = 10

QUIET_POLLS: Final = 20
"""Polls without a mention after which we ask half as often."""

BESIDE_STREAM_SECONDS: Final = 300.0
"""Between polls while the stream is open: it may lose one without a word."""

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 300.0
"""Between tries to open the stream: the network counts them."""

NOTED_EACH: Final = 50
"""Mentions of one poll after which it is noted how far we are: whoever dies again and again among hundreds would never
get on, and the network shows the newest few hundred alone."""

FAILURES: Final = 3
"""Polls in a row without an answer, after which we do not call ourselves ready."""

REFUSED_SECONDS: Final = 300.0
"""Between polls while the network refuses us: an operator has to do something first, such as renew the keys."""

STEADY_SECONDS: Final = 60.0
"""A stream that was open for so long is well: the next pause is the first one again."""

log = logging.getLogger(__name__)


class Listener:
    """Hands mentions to whoever takes them in, oldest first as far as the network allows; some may come twice.

    Args:
        platform: to listen to.
        records: a book that keeps records for ever.
        take: takes a mention in: when it returns, the mention is written down or needs nothing. Raises `Postponed`
            where that is not possible now: the mention is handed over again later.
        spending: that reading adds to.
        metrics: of the bot.
        poll_seconds: between two polls on an ordinary day.
        streams: whether to open the stream, where there is one.
        now: the clock.
    """

    def __init__(  # noqa: PLR0913 - two ways of listening
        self,
        platform: Platform,
        records: Records,
        take: Callable[[Mention], Awaitable[None]],
        spending: Spending,
        metrics: BotMetrics,
        *,
        poll_seconds: float,
        streams: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._platform = platform
        self._records = records
        self._take = take
        self._spending = spending
        self._metrics = metrics
        self._poll_seconds = poll_seconds
        self._streams = streams and platform.has_stream
        self._now = now
        self._open = False
        self._soon = asyncio.Event()
        """Set where a poll is wanted at once: the stream has begun, or a mention could not be taken in."""
        self._quiet = 0
        self._busy = 0
        self.has_polled = False
        """Whether the network lets us read."""

    async def run(self) -> None:
        """Listen, without end."""
        await side_by_side(self._poll_on(), *([self._stream_on()] if self._streams else []))

    async def _poll_on(self) -> None:
        failures = 0
        while True:
            self._soon.clear()
            try:
                heard = await self._poll()
            except LimitedUntil as error:
                pause = max(1.0, error.after_seconds)
                self._metrics.limited("mentions", error.until)
                log.warning("mentions cannot be read yet: %s", error.reason)
                await asyncio.sleep(pause)  # whatever else wants a poll meanwhile would only be refused too
                continue
            except Postponed as error:
                failures += 1
                self.has_polled = self.has_polled and failures < FAILURES
                log.warning("mentions cannot be read now: %s", error.reason)
                await asyncio.sleep(_jittered(min(self._poll_seconds, 2.0 ** min(failures, 9))))
                continue
            except Rejected as error:
                log.error("mentions cannot be read, until somebody puts it right: %s", error.reason)  # noqa: TRY400 - no bug
                self.has_polled = False
                await asyncio.sleep(REFUSED_SECONDS)
                continue
            failures = 0
            self.has_polled = True
            self._metrics.polled(self._now())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause(heard)):
                    await self._soon.wait()

    async def _poll(self) -> int:
        """Take in what is new, and remember up to where; how many there were."""
        record = await self._records.get(SINCE)
        since = None if record is None else record.value.decode()
        mentions = await self._platform.mentions(after=since)
        for number, mention in enumerate(mentions, start=1):
            await self._take_in(mention, Charge.MENTION)
            if number % NOTED_EACH == 0 or number == len(mentions):
                await self._records.put(SINCE, mention.post.id.encode())
        return len(mentions)

    async def _take_in(self, mention: Mention, charge: Charge) -> None:
        self._spending.count(charge)
        self._spending.count(Charge.POST, sum(other is not None for other in (mention.replied_to, mention.quoted)))
        await self._take(mention)

    def _pause(self, heard: int) -> float:
        """Seconds to the next poll."""
        self._busy = BUSY_POLLS if heard else max(0, self._busy - 1)
        self._quiet = 0 if heard else self._quiet + 1
        if self._open:
            return max(self._poll_seconds, BESIDE_STREAM_SECONDS)
        if self._busy:
            return self._poll_seconds / BUSY_SHARE
        return self._poll_seconds * (2 if self._quiet > QUIET_POLLS else 1)

    async def _stream_on(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                await self._stream()
            except LimitedUntil as error:
                self._metrics.limited("stream", error.until)
                log.warning("the stream cannot be opened yet: %s", error.reason)
                pause = max(pause, error.after_seconds)
            except Postponed as error:
                log.warning("the stream is broken: %s", error.reason)
            except Rejected as error:
                log.warning("there is no stream for this account, so it is polling alone: %s", error.reason)
                return
            finally:
                self._is_open(is_open=False)
            if asyncio.get_running_loop().time() - begun > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(_jittered(pause))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _stream(self) -> None:
        async with self._platform.stream() as events:
            async for event in events:
                if isinstance(event, Connected):
                    self._is_open(is_open=True)
                    self._soon.set()  # what was posted while nobody listened
                    continue
                try:
                    await self._take_in(event, Charge.POST)
                except Postponed as error:
                    log.warning("a mention waits for the next poll: %s", error.reason)
                    self._soon.set()

    def _is_open(self, *, is_open: bool) -> None:
        if self._open and not is_open:
            self._soon.set()
        self._open = is_open
        self._metrics.stream(is_open=is_open)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - so that not all come back at once
