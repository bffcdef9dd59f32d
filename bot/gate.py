"""A gate before a family of a network's endpoints: who goes first, and nobody while the network says to wait."""

from __future__ import annotations

import asyncio
import bisect
import logging
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from bot.platforms.protocol import LimitedUntil, Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from _typeshed import SupportsRichComparison

SHORTEST_SECONDS: Final = 1.0
"""That the gate stays closed at least: the network's clock may be behind ours, and `until` be over by ours."""

LONGEST_SECONDS: Final = 24 * 3600.0 + 600
"""That it stays closed at most before one call is tried: the longest window of a limit is a day, and clocks differ."""

LONGEST_PAUSE_SECONDS: Final = 60.0
"""Between two tries where the network did not answer, or was asked too early again and again."""

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


@dataclass(order=True, slots=True)
class _Ticket:
    """Of a call that is not running."""

    place: SupportsRichComparison
    arrival: int
    """Equal places go in the order in which they came."""
    called: asyncio.Event = field(default_factory=asyncio.Event, compare=False)
    """It may be this one's turn: it looks for itself."""


class Gate:
    """Lets calls through in the order of their places, so many at a time. Use it from one event loop.

    When one call hits a limit, the gate closes until the time that the network names. Calls that are running then are
    left alone. Should the network name times that turn out too early, again and again without a call that succeeds, it
    stays closed for longer each time, up to a minute.

    Args:
        side_by_side: calls that may run at once.
        now: the time.
        sleep_until: waits until it is so late.
        on_limit: told at each limit that is hit until when the gate is closed.
        longest_seconds: that it stays closed in one go, whatever the network says.
        spread: a number between two others: pauses differ, so that not all come back at once.
    """

    def __init__(  # noqa: PLR0913 - a clock has two sides
        self,
        *,
        side_by_side: int,
        now: Callable[[], datetime],
        sleep_until: Callable[[datetime], Awaitable[None]],
        on_limit: Callable[[datetime], None] | None = None,
        longest_seconds: float = LONGEST_SECONDS,
        spread: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._side_by_side = side_by_side
        self._now = now
        self._sleep_until = sleep_until
        self._on_limit = on_limit
        self._longest_seconds = longest_seconds
        self._spread = spread
        self._line: list[_Ticket] = []
        """Those who wait for their turn, first come first."""
        self._arrivals = 0
        self._running = 0
        self._pausing = 0
        self._closed_until: datetime | None = None
        self._closings = 0
        self._too_early = 0
        """Times in a row that it was closed without a call that succeeded in between."""

    @property
    def closed_until(self) -> datetime | None:
        """When it opens; None where it is open."""
        closed = self._closed_until is not None and self._closed_until > self._now()
        return self._closed_until if closed else None

    @property
    def waiting(self) -> int:
        """Calls that are not running: behind others, before the closed gate, or between two tries."""
        return len(self._line) + self._pausing

    async def through(
        self,
        place: SupportsRichComparison,
        call: Callable[[], Awaitable[_Answer]],
        *,
        retry_unreachable: bool = False,
    ) -> _Answer:
        """Call when it is our turn, and again for as long as we have called too often.

        Args:
            place: lower goes first; all places at one gate are of a kind.
            call: is done again from its beginning at each try.
            retry_unreachable: where the network does not answer, try again after a growing pause, during which others
                may go; the call must bear that it may have been done.

        Raises:
            Unreachable: the network does not answer, and this is not to be tried again.
        """
        self._arrivals += 1
        ticket = _Ticket(place, self._arrivals)
        failures = 0
        while True:
            await self._turn(ticket)
            closings = self._closings
            try:
                answer = await call()
            except LimitedUntil as error:
                self._close(error, was_open=closings == self._closings)
                continue
            except Unreachable as error:
                if not retry_unreachable:
                    raise
                failures += 1
                _log.info("it is tried again: %s", error.reason, extra={"failures": failures})
            else:
                self._too_early = 0
                return answer
            finally:
                self._running -= 1
                self._call_first()
            await self._pause(failures)

    async def _turn(self, ticket: _Ticket) -> None:
        """Wait for our turn, and take it."""
        bisect.insort(self._line, ticket)
        try:
            while True:
                ticket.called.clear()
                if (until := self.closed_until) is not None:
                    await self._sleep_until(until)
                elif self._line[0] is not ticket or self._running >= self._side_by_side:
                    await ticket.called.wait()
                else:
                    self._running += 1
                    return
        finally:
            self._line.remove(ticket)
            self._call_first()

    async def _pause(self, failures: int) -> None:
        seconds = _growing(failures)
        seconds = max(SHORTEST_SECONDS, self._spread(0.5 * seconds, seconds))
        self._pausing += 1
        try:
            await self._sleep_until(self._now() + timedelta(seconds=seconds))
        finally:
            self._pausing -= 1

    def _close(self, error: LimitedUntil, *, was_open: bool) -> None:
        """Close until the network opens again.

        Args:
            error: what the network says.
            was_open: nobody has closed it since the call began: the network was asked anew, and it was too early.
        """
        if was_open:
            self._closings += 1
            self._too_early += 1
        now = self._now()
        named = (error.until - now).total_seconds()
        seconds = min(max(named, _growing(self._too_early)), self._longest_seconds)
        until = now + timedelta(seconds=seconds)
        if self._closed_until is None or self._closed_until < until:
            self._closed_until = until
        _log.warning("closed: %s", error.reason, extra={"until": self._closed_until.isoformat()})
        if self._on_limit is not None:
            self._on_limit(self._closed_until)

    def _call_first(self) -> None:
        """Have whoever is first look whether it is their turn."""
        if self._line:
            self._line[0].called.set()


def _growing(times: int) -> float:
    """Seconds to wait after so many failures: 1, 2, 4 and so on, up to a minute."""
    return min(SHORTEST_SECONDS * 2.0 ** min(max(times - 1, 0), 10), LONGEST_PAUSE_SECONDS)
