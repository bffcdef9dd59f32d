"""What is asked of the pipeline, and what it costs: photographs and films as the simulation sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence


class Work(NamedTuple):
    """What an order takes."""

    core: float
    """Seconds on the worker's core."""
    store: float = 0.0
    """Seconds on a core of the store's."""
    moved: float = 0.0
    """Bytes between worker and store."""
    messages: float = 0.0
    """That the queue has to put on its disk: the order itself, what is told of it, and what it leads to."""


@dataclass(frozen=True, slots=True)
class Task:
    """One photograph or film that somebody asks for.

    For a photograph `first` is all of it. A film is split by `first`, its chunks may be coloured in any order, and when
    the last of them is there it is joined.
    """

    first: Work
    chunks: tuple[Work, ...] = ()
    join: Work | None = None

    @property
    def is_film(self) -> bool:
        """Whether it has to be split."""
        return self.join is not None


class Recipe(Protocol):
    """A kind of thing that people ask for."""

    @property
    def name(self) -> str:
        """Such as `photo-4`."""

    def draw(self, luck: random.Random) -> Task:
        """One of them."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A kind of which some were measured; each new one is like one of those."""

    name: str
    tasks: Sequence[Task]

    def draw(self, luck: random.Random) -> Task:
        """One of those that were measured."""
        return luck.choice(self.tasks)


@dataclass(frozen=True, slots=True)
class Mix:
    """What people ask for, and how often."""

    shares: Mapping[str, float]
    """Name of a recipe → share of all that is asked for; together 1."""

    def __post_init__(self) -> None:
        """Look at the shares.

        Raises:
            ValueError: they are not 1 together, or one is below 0.
        """
        total = sum(self.shares.values())
        if min(self.shares.values()) < 0 or abs(total - 1) > 1e-9:  # noqa: PLR2004 - rounding
            msg = f"the shares of a mix must be 1 together, and none below 0: these are {total:g}"
            raise ValueError(msg)
