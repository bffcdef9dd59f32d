"""The time, and a way to be further on in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Seconds since 1970 as the network sees them: real ones, and those it was put forward by.

    Signatures are checked against the real time: a client signs with its own clock, which nobody puts forward.
    """

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self.real = real
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return self.real() + self._ahead

    def forward(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self._ahead += seconds
