"""Trouble that a network in memory can be told to have."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.platforms.protocol import LimitedUntil, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Call: TypeAlias = Literal[
    "identify", "mentions", "stream", "look_up", "download", "upload", "reply", "own_posts", "delete", "check"
]
"""A method of the protocol."""

When: TypeAlias = Literal["before", "after"]
"""Before the effect, or after it: what was asked for is done, and the answer is lost."""

RETRY_SECONDS = 5.0
"""After which an unreachable network is worth another try."""


@dataclass(slots=True)
class Faults:
    """What goes wrong with the next calls; each fault is for one call, and those of a method come in turn."""

    now: Callable[[], datetime]
    _next: dict[Call, deque[datetime | When]] = field(default_factory=dict)

    def limit(self, call: Call, *, until: datetime, times: int = 1) -> None:
        """Answer the next calls with `LimitedUntil`."""
        self._of(call).extend([until] * times)

    def break_off(self, call: Call, *, when: When = "before", times: int = 1) -> None:
        """Answer the next calls with `Unreachable`."""
        self._of(call).extend([when] * times)

    @contextmanager
    def around(self, call: Call) -> Iterator[None]:
        """What a call does is done inside."""
        waiting = self._of(call)
        fault = waiting.popleft() if waiting else None
        if isinstance(fault, datetime):
            msg = f"{call}: too often; again at {fault:%H:%M:%S}"
            raise LimitedUntil(msg, until=fault, after_seconds=max(0.0, (fault - self.now()).total_seconds()))
        if fault == "before":
            raise _unreachable(call)
        yield
        if fault == "after":
            raise _unreachable(call)

    def _of(self, call: Call) -> deque[datetime | When]:
        return self._next.setdefault(call, deque())


def _unreachable(call: Call) -> Unreachable:
    return Unreachable(f"{call}: the network does not answer", after_seconds=RETRY_SECONDS)
