"""Who calls a function next that had no room: otherwise whoever asks at the right moment, and somebody never."""

from __future__ import annotations

import asyncio
import itertools
from bisect import insort
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Of an order, for as long as it is in hand."""

    rank: int
    """0 for the most urgent kind of order."""
    number: int
    """The longer in hand, the lower."""


class Line:
    """Orders in hand that wait for room at one function.

    The first of them calls as soon as a call of ours has ended, for then there is room; or after the pause that it was
    asked for, for others may have made room. Orders that come meanwhile stand behind those of their kind. Used from one
    event loop.
    """

    def __init__(self) -> None:
        self._numbers: Iterator[int] = itertools.count()
        self._waiting: list[Place] = []
        self._room = 0
        """Calls that have ended since somebody waits, and nobody has taken their room."""
        self._changed = asyncio.Condition()
        self.closed = False

    @property
    def empty(self) -> bool:
        """Whether nobody waits."""
        return not self._waiting

    def place(self, rank: int) -> Place:
        """A place for an order that has just come."""
        return Place(rank, next(self._numbers))

    async def wait(self, place: Place, *, seconds: float) -> None:
        """Wait until this is the first in line, and there is room or a pause has passed.

        It returns at once when the line is closed.

        Args:
            place: in the line.
            seconds: of the pause.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        async with self._changed:
            insort(self._waiting, place)
            try:
                while not self.closed and not self._may_go(place, overdue=loop.time() >= until):
                    await self._news(until - loop.time() if self._is_first(place) else None)
            finally:
                self._waiting.remove(place)
                if not self._waiting:
                    self._room = 0
                self._changed.notify_all()

    async def ended(self) -> None:
        """A call has ended for which the function had room."""
        async with self._changed:
            if self._waiting:
                self._room += 1
                self._changed.notify_all()

    async def close(self) -> None:
        """Let nobody wait any more."""
        async with self._changed:
            self.closed = True
            self._changed.notify_all()

    def _is_first(self, place: Place) -> bool:
        return self._waiting[0] == place

    def _may_go(self, place: Place, *, overdue: bool) -> bool:
        if not self._is_first(place):
            return False
        if self._room:
            self._room -= 1
            return True
        return overdue

    async def _news(self, seconds: float | None) -> None:
        """Wait until something has changed, or for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
