"""Rate limits: so many requests in a window, and the headers that tell of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.fake_x.settings import LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.fake_x.clock import Clock

_DAY: Final = 86_400.0


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


class RateLimits:
    """Counts requests by endpoint family and by whoever asks.

    A window begins with its first request. Its end is told in whole seconds since 1970, rounded up.
    """

    def __init__(self, clock: Clock, limits: Mapping[str, tuple[int, float]], posts_a_day: int) -> None:
        self._clock = clock
        self.limits: dict[str, tuple[int, float]] = {**LIMITS, **limits}
        self.posts_a_day = posts_a_day
        self._windows: dict[tuple[str, str], _Window] = {}

    def take(self, family: str, who: str) -> tuple[bool, dict[str, str]]:
        """Count a request, and say whether it may go on, and the headers of its answer."""
        if family not in self.limits:
            return True, {}
        most, seconds = self.limits[family]
        allowed, headers = self._count((family, who), most, seconds, "x-rate-limit-")
        if family == "create" and allowed:
            allowed, daily = self._count(("day", "app"), self.posts_a_day, _DAY, "x-app-limit-24hour-")
            headers |= daily
        return allowed, headers

    def exhaust(self, family: str, who: str) -> dict[str, str]:
        """Pretend that the limit is reached, until the window's end; gives the headers that say so."""
        most, seconds = self.limits.get(family, (1, 1.0))
        window = self._window((family, who), seconds)
        window.used = most
        return _headers("x-rate-limit-", most, 0, window.ends)

    def _count(self, key: tuple[str, str], most: int, seconds: float, prefix: str) -> tuple[bool, dict[str, str]]:
        window = self._window(key, seconds)
        allowed = window.used < most
        if allowed:
            window.used += 1
        return allowed, _headers(prefix, most, most - window.used, window.ends)

    def _window(self, key: tuple[str, str], seconds: float) -> _Window:
        now = self._clock.now()
        window = self._windows.get(key)
        if window is None or now >= window.ends:
            window = self._windows[key] = _Window(math.ceil(now + seconds))
        return window


def _headers(prefix: str, most: int, left: int, ends: float) -> dict[str, str]:
    return {prefix + "limit": str(most), prefix + "remaining": str(max(0, left)), prefix + "reset": str(int(ends))}
