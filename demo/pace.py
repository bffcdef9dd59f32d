"""How often somebody may do something: so many times in so many seconds."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE: Final = 10_000
"""Who are remembered; with more, those who did nothing for longest are forgotten."""


class Pace:
    """Counts what people do.

    Args:
        times: that somebody may do it
        seconds: in so long.
        clock: seconds that only grow.
    """

    def __init__(self, times: int, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._times = times
        self._seconds = seconds
        self._clock = clock
        self._done: dict[str, deque[float]] = {}

    def wait_seconds(self, who: str) -> float:
        """0 where somebody may do it now, which is counted; else for how long they have to wait."""
        now = self._clock()
        done = self._done.pop(who, None) or deque(maxlen=self._times)
        self._done[who] = done  # at the end: the least active stand at the beginning
        if len(self._done) > PEOPLE:
            del self._done[next(iter(self._done))]
        if len(done) == self._times and now - done[0] < self._seconds:
            return done[0] + self._seconds - now
        done.append(now)
        return 0.0
