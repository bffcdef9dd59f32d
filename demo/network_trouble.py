"""Trouble that the pretend network can be told to have with the bot: rate limits for a talk, and outages."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from demo.network_rules import Limited
from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Call: TypeAlias = Literal[
    "identify", "mentions", "stream", "look_up", "download", "upload", "reply", "own_posts", "delete"
]
"""What the bot may ask for."""

When: TypeAlias = Literal["before", "after"]
"""Before the effect, or after it: what was asked for is done, and the answer is lost."""

WINDOWS: Final[Mapping[Call, tuple[int, float]]] = {
    "reply": (2, 60.0),
    "upload": (4, 60.0),
    "look_up": (10, 60.0),
}
"""Call → how often in how many seconds, while limits are on: so little that two visitors are enough to see the bot
postpone its answers and then catch up, and so short that the audience sees that too. X's own are a quarter of an
hour."""

RETRY_SECONDS: Final = 2.0
"""After which an outage is worth another try."""


@dataclass(slots=True)
class Trouble:
    """What goes wrong with the bot's next calls.

    Args:
        now: the clock.
        limits_on: whether `WINDOWS` hold.
    """

    now: Callable[[], datetime]
    limits_on: bool = False
    _next: dict[Call, deque[datetime | When]] = field(default_factory=dict)
    _taken: dict[Call, deque[datetime]] = field(default_factory=dict)

    def limit(self, call: Call, *, until: datetime, times: int = 1) -> None:
        """Answer the next calls with `Limited`."""
        self._next.setdefault(call, deque()).extend([until] * times)

    def break_off(self, call: Call, *, when: When = "before", times: int = 1) -> None:
        """Answer the next calls with an outage."""
        self._next.setdefault(call, deque()).extend([when] * times)

    @contextmanager
    def around(self, call: Call) -> Iterator[None]:
        """What a call does is done inside.

        Raises:
            Limited: it comes too often.
            Postponed: an outage.
        """
        waiting = self._next.get(call)
        fault = waiting.popleft() if waiting else self._over(call)
        if isinstance(fault, datetime):
            msg = f"{call}: too often; again at {fault:%H:%M:%S}"
            raise Limited(msg, until=fault, after_seconds=max(0.0, (fault - self.now()).total_seconds()))
        if fault == "before" or (fault and call == "stream"):  # a stream has no answer to lose
            raise _outage(call)
        yield
        if fault == "after":
            raise _outage(call)

    def _over(self, call: Call) -> datetime | None:
        """Until when there is no more of it; counts this call where there is."""
        if not self.limits_on or call not in WINDOWS:
            return None
        most, seconds = WINDOWS[call]
        now, window = self.now(), timedelta(seconds=seconds)
        taken = self._taken.setdefault(call, deque(maxlen=most))
        if len(taken) == most and now - taken[0] < window:
            return taken[0] + window
        taken.append(now)
        return None


def _outage(call: Call) -> Postponed:
    return Postponed(f"{call}: the network does not answer, as it was told", after_seconds=RETRY_SECONDS)
