"""What work waits for: a core of one's own, cores that all share, a server that takes one after another.

Each of them serves an amount of work and then calls back; what is served can be given up.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from infra.capacity.events import Clock, Event


NEVER: Final = math.inf
"""So many competitors stop a machine."""


class Service(Protocol):
    """Work that is being done."""

    def cancel(self) -> None:
        """Give it up: nobody is called back."""


class Resource(Protocol):
    """Does work."""

    done: float
    """Amount that was asked of it since the start, in its own unit."""

    def serve(self, amount: float, then: Callable[[], None]) -> Service:
        """Do an amount of work, and call back."""


class OwnCore:
    """A core, or a pause, for each who asks: an amount is seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.done = 0.0

    def serve(self, amount: float, then: Callable[[], None]) -> Service:
        """Take as long as it takes."""
        self.done += amount
        return self._clock.after(amount, then)


class Line:
    """A server that works at a limited rate, one request after another: amounts are in units of that rate.

    Args:
        clock: that it works by.
        rate: amount a second.
    """

    def __init__(self, clock: Clock, rate: float) -> None:
        self._clock = clock
        self.rate = rate
        self._free_at = 0.0
        self.done = 0.0

    def serve(self, amount: float, then: Callable[[], None]) -> Service:
        """Wait for those before, and then for the request itself; given up, it is served all the same."""
        self.done += amount
        self._free_at = max(self._free_at, self._clock.now) + amount / self.rate
        return self._clock.after(self._free_at - self._clock.now, then)


class _Share:
    """Somebody's work on shared cores."""

    __slots__ = ("end", "owner", "then")

    def __init__(self, owner: SharedCores, end: float, then: Callable[[], None]) -> None:
        self.owner = owner
        self.end = end
        self.then: Callable[[], None] | None = then

    def cancel(self) -> None:
        if self.then is not None:
            self.then = None
            self.owner.leave()


class SharedCores:
    """Cores of one machine, shared evenly among all who are busy: an amount is seconds on a core.

    With n of ours busy and k of others, each has `min(1, cores / (n + k))` of a core.

    Args:
        clock: that they work by.
        cores: of the machine.
        competition: from which second on how many busy processes of others there are, in the order of time; infinitely
            many where the machine stands still.
    """

    def __init__(self, clock: Clock, cores: int, competition: Iterable[tuple[float, float]] = ()) -> None:
        self._clock = clock
        self._cores = cores
        self._others = 0.0
        self._busy = 0
        self._shares: list[tuple[float, int, _Share]] = []
        self._asked = 0
        self._given = 0.0
        """Seconds on a core that each has had who has been busy since the start."""
        self._looked_at = 0.0
        self._next: Event | None = None
        self.done = 0.0
        for at, others in competition:
            clock.after(at, lambda others=others: self._compete(others))  # type: ignore[misc]

    def serve(self, amount: float, then: Callable[[], None]) -> Service:
        """Work along with all others."""
        self._look()
        self.done += amount
        self._asked += 1
        self._busy += 1
        share = _Share(self, self._given + amount, then)
        heapq.heappush(self._shares, (share.end, self._asked, share))
        self._announce()
        return share

    def leave(self) -> None:
        """Somebody gives up."""
        self._look()
        self._busy -= 1
        self._announce()

    def _rate(self) -> float:
        return min(1.0, self._cores / (self._busy + self._others)) if self._busy else 0.0

    def _compete(self, others: float) -> None:
        self._look()
        self._others = others
        self._announce()

    def _look(self) -> None:
        self._given += self._rate() * (self._clock.now - self._looked_at)
        self._looked_at = self._clock.now

    def _announce(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        while self._shares and self._shares[0][2].then is None:
            heapq.heappop(self._shares)
        rate = self._rate()
        if self._shares and rate > 0:
            left = max(0.0, self._shares[0][0] - self._given)
            self._next = self._clock.after(left / rate, self._end_first)

    def _end_first(self) -> None:
        self._look()
        self._next = None
        end, _, share = heapq.heappop(self._shares)
        self._given = max(self._given, end)  # rounding must not leave it a moment short
        then, share.then = share.then, None
        self._busy -= 1
        self._announce()
        if then is not None:
            then()
