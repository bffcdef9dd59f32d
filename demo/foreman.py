"""Who of those that wait is being worked on: the queue tells only how many wait, and hands out in order."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from functions.errors import Postponed

if TYPE_CHECKING:
    from functions.queues.protocol import Depth, Queue

LOOK_SECONDS: Final = 0.1
"""Between two looks at the queue while somebody waits: a visitor sees no shorter time."""


class Foreman:
    """Looks at the queue for all who wait.

    Args:
        queue: that orders are in.
        look_seconds: how old a look may be.
    """

    def __init__(self, queue: Queue, *, look_seconds: float = LOOK_SECONDS) -> None:
        self.look_seconds = look_seconds
        self._queue = queue
        self._sent: dict[str, dict[str, None]] = {}
        """Kind of order → jobs that are not settled, in the order in which they were sent."""
        self._depths: dict[str, Depth] = {}
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    def sent(self, kind: str, job: str) -> None:
        """An order is in the queue."""
        self._sent.setdefault(kind, {})[job] = None

    def settled(self, kind: str, job: str) -> None:
        """It is known what became of a job."""
        self._sent.get(kind, {}).pop(job, None)

    async def has_taken(self, kind: str, job: str) -> bool:
        """Whether somebody has the order in hand: so many are still waiting, and those are the latest.

        Others send orders as well, so that it may be said a little late, and never too early.
        """
        async with self._looking:
            if time.monotonic() - self._looked_at >= self.look_seconds:
                try:
                    self._depths = await self._queue.depths()
                except Postponed:
                    return False
                self._looked_at = time.monotonic()
        depth = self._depths.get(kind)
        jobs = list(self._sent.get(kind, {}))
        return depth is not None and job in jobs[: max(0, len(jobs) - depth.waiting)]
