"""A clock that stands still until a test puts it forward."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from typing import Final

BEGIN: Final = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)

TURNS: Final = 50
"""Of the event loop, in which whoever was woken does what it can without time passing."""


class SteppedClock:
    """Seconds since its beginning, and the time of day with it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrivals = 0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self._arrivals += 1
        sleeper = (self.seconds + seconds, self._arrivals, asyncio.get_running_loop().create_future())
        heapq.heappush(self._sleepers, sleeper)
        await sleeper[2]

    async def sleep_until(self, when: datetime) -> None:
        await self.sleep((when - BEGIN).total_seconds() - self.seconds)

    async def forward(self, seconds: float) -> None:
        """Let time pass, and everybody do what they do in it, each at its moment."""
        until = self.seconds + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, sleeper = heapq.heappop(self._sleepers)
            self.seconds = max(self.seconds, due)
            if not sleeper.done():
                sleeper.set_result(None)
                await self.settle()
        self.seconds = until

    def jump(self, seconds: float) -> None:
        """Let time pass, with nobody doing anything in it."""
        self.seconds += seconds

    async def settle(self) -> None:
        """Let everybody do what they can now."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
