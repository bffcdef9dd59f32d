"""What carrying out an order leads to: the border between those who take orders and those who carry them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from functions.jobs import AnyOrder, AnyResult, Message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order, and what is to be done next."""

    results: tuple[AnyResult, ...] = ()
    """Told to whoever asked."""
    orders: tuple[AnyOrder, ...] = ()
    """Sent before the order in hand counts as done: it may be carried out again, and these sent again, harmlessly."""
    once: tuple[AnyOrder, ...] = ()
    """Sent likewise, but once for all who want to, even days apart: the first one claims it."""


class OrderCarriedOut(Message):
    """What an order led to, as it is told to another process: by a function over HTTP, by a worker's child."""

    results: tuple[AnyResult, ...]
    orders: tuple[AnyOrder, ...] = ()
    """What is to be done next; empty where the function has sent it to the queue."""
    once: tuple[AnyOrder, ...] = ()
    """The same, but to be done once for all who ask."""

    @classmethod
    def of(cls, outcome: Outcome) -> OrderCarriedOut:
        """The same, as it travels."""
        return cls(results=outcome.results, orders=outcome.orders, once=outcome.once)

    def outcome(self) -> Outcome:
        """What it says."""
        return Outcome(self.results, self.orders, self.once)


RESULTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "colorise-image": ("image-colorised",),
    "colorise-chunk": ("chunk-colorised",),
    "split-video": ("video-planned", "video-colorised"),
    "join-video": ("video-colorised",),
}
"""Kind of order → kinds of results, one of which comes of it."""

Handler: TypeAlias = Callable[[Any], Outcome]
"""Carries out an order of the kind it is registered for; it blocks, and is called in a thread of its own.

Raises `Rejected` or `Postponed`; anything else is a bug, and counts as a try that ended badly. What it does has the
same effect when it is done twice.
"""

Handlers: TypeAlias = Mapping[str, Handler]
"""Kind of order → what carries it out."""
