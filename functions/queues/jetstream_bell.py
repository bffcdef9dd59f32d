"""How idle workers learn at once of a new order, without asking for it over and over."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from functions.queues.heard import Heard

LOOK_SECONDS: Final = 1.0
"""Between looks of one idle program for orders that came back silently: after a delay, or when a worker died."""


class Bell:
    """Wakes one of those of this program who wait, for every order that is put into the queue.

    The server rings it when the order is stored: see `republish` in the layout.

    Args:
        look_seconds: see LOOK_SECONDS.
    """

    def __init__(self, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._look_seconds = look_seconds
        self._rung: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], frozenset[str]] = {}

    def hear(self, heard: Heard | None) -> None:
        """Ring for an order; None rings for everything, since some orders may not have been heard of."""
        if heard is not None:
            self.ring(heard.subject.partition(".")[2])
            return
        for waiting in list(self._waiting):
            self._end(waiting)

    def ring(self, kind: str) -> None:
        """Ring for an order that is back."""
        self._rung[kind] += 1
        self._wake([kind])

    def pass_on(self, kinds: Sequence[str]) -> None:
        """Wake another who waits: where there was one order, there may be more."""
        self._wake(kinds)

    @property
    def waiting(self) -> int:
        """How many wait for it."""
        return len(self._waiting)

    def rung(self, kinds: Sequence[str]) -> dict[str, int]:
        """How many times it has rung for each of these kinds."""
        return {kind: self._rung[kind] for kind in kinds}

    async def wait(self, kinds: Sequence[str], seen: dict[str, int]) -> None:
        """Wait until it has rung oftener than was `seen`, or it is time to look without that."""
        if self.rung(kinds) != seen:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[waiting] = frozenset(kinds)
        # All who wait look once in that time together, not each of them.
        patience = self._look_seconds * len(self._waiting) * random.uniform(0.5, 1.5)  # noqa: S311 - only spreads the looks
        try:
            async with asyncio.timeout(patience):
                await waiting
        except TimeoutError:
            return
        finally:
            self._waiting.pop(waiting, None)

    def _wake(self, kinds: Iterable[str]) -> None:
        for waiting, wanted in self._waiting.items():
            if not wanted.isdisjoint(kinds):
                self._end(waiting)
                return

    def _end(self, waiting: asyncio.Future[None]) -> None:
        del self._waiting[waiting]
        if not waiting.done():
            waiting.set_result(None)
