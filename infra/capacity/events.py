"""Simulated time: what happens next, one event after another, the same every time."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Event:
    """Something that will happen, unless it is cancelled."""

    __slots__ = ("act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def cancel(self) -> None:
        """Let it not happen; harmless when it has."""
        self.act = None


class Clock:
    """Events in the order of their times; those of one moment in the order in which they were announced."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds."""
        self._coming: list[tuple[float, int, Event]] = []
        self._announced = 0

    def after(self, seconds: float, act: Callable[[], None]) -> Event:
        """Announce an event.

        Raises:
            ValueError: it would be in the past.
        """
        if not seconds >= 0:
            msg = f"an event cannot happen {seconds} s from now"
            raise ValueError(msg)
        event = Event(act)
        self._announced += 1
        heapq.heappush(self._coming, (self.now + seconds, self._announced, event))
        return event

    def run(self, until: float = math.inf) -> None:
        """Let everything happen up to a time, or until nothing more is announced."""
        while self._coming and self._coming[0][0] <= until:
            self.now, _, event = heapq.heappop(self._coming)
            if event.act is not None:
                event.act()
        if until < math.inf:
            self.now = max(self.now, until)
