"""What a program has in hand, and what it had lately: for whoever watches it at work."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from functions.telemetry.context import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

LATELY: Final = 64
"""Tries that are remembered after their end: more than a worker ends between two looks of somebody who watches."""

_CURRENT: Final[ContextVar[Try | None]] = ContextVar("try", default=None)


@dataclass(slots=True)
class Try:
    """A try at an order."""

    kind: str
    job: str | None
    attempt: int
    """1 where nobody had the order before."""
    since: datetime
    begun: float
    """By the monotonic clock."""
    stages: dict[str, float] = field(default_factory=dict)
    """Name → seconds, in the order in which they ended first; of one that came several times, the sum."""
    took: float | None = None
    """Seconds; None while it is in hand."""
    how: str | None = None
    """How it ended."""

    def told(self) -> dict[str, Any]:
        """As JSON."""
        seconds = time.monotonic() - self.begun if self.took is None else self.took
        return {
            "kind": self.kind,
            "job": self.job,
            "attempt": self.attempt,
            "since": self.since.isoformat(),
            "seconds": round(seconds, 4),
            # A copy made in one step: the handler's threads write while this is read.
            "stages": {name: round(took, 4) for name, took in self.stages.copy().items()},
            "how": self.how,
        }


class WorkLog:
    """What is in hand here, and the last of what was; a few hundred bytes a try, and no more than `LATELY` of them."""

    def __init__(self) -> None:
        self._in_hand: dict[int, Try] = {}
        self._lately: deque[Try] = deque(maxlen=LATELY)
        self._ended = 0

    @contextlib.contextmanager
    def taken(self, kind: str, *, attempt: int) -> Iterator[None]:
        """A try goes on while the block runs; its job is the one that `context.about` names."""
        job = fields().get("job_id")
        current = Try(kind, job if isinstance(job, str) else None, attempt, datetime.now(UTC), time.monotonic())
        self._in_hand[id(current)] = current
        before = _CURRENT.set(current)
        try:
            yield
        finally:
            _CURRENT.reset(before)
            current.took = time.monotonic() - current.begun
            del self._in_hand[id(current)]
            self._lately.append(current)
            self._ended += 1

    def told(self) -> dict[str, Any]:
        """As JSON: `in_hand` and `lately`, oldest first, and `ended`, how many tries there were in all."""
        return {
            "in_hand": [one.told() for one in self._in_hand.values()],
            "lately": [one.told() for one in self._lately],
            "ended": self._ended,
        }


def note_stage(name: str, seconds: float) -> None:
    """A stage of the try that this context belongs to is over."""
    if (current := _CURRENT.get()) is not None:
        current.stages[name] = current.stages.get(name, 0.0) + seconds


def note_ending(how: str) -> None:
    """The try that this context belongs to has ended so."""
    if (current := _CURRENT.get()) is not None:
        current.how = how
