"""Whether what a program holds stays as it is while visitors come and go, judged from looks at it over time."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SHARE: Final = 0.10
"""By which the last third may be above the second one. What grows for ever grows as much again with each hour."""

MOST_MEGABYTES: Final = 16.0
"""By which it may be so in any case: allocators round up, and a large photo leaves room behind."""

LEAST_SECONDS: Final = 300.0
"""From the first look to the last: a visit is kept for one minute and on the wall for three, and until both come to
their end, the stand holds more with each visitor."""

FEWEST: Final = 9
"""Looks at one program in one life: three for each third."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A look at a program."""

    seconds: float
    """On the monotonic clock."""
    visitors: int
    """Who had come by then."""
    megabytes: float


@dataclass(frozen=True, slots=True)
class Course:
    """Of a program's memory in one life. The first third is its warm-up, and not judged."""

    looks: Sequence[Moment]

    @property
    def is_long_enough(self) -> bool:
        """Whether it can be judged."""
        return len(self.looks) >= FEWEST and self.looks[-1].seconds - self.looks[0].seconds >= LEAST_SECONDS

    @property
    def thirds(self) -> tuple[float, float, float]:
        """Mean megabytes of each."""
        size = len(self.looks) // 3
        parts = self.looks[:size], self.looks[size : 2 * size], self.looks[2 * size :]
        first, second, last = (statistics.fmean(look.megabytes for look in part) for part in parts)
        return first, second, last

    @property
    def growth(self) -> float:
        """Megabytes by which the last third is above the second."""
        _, second, last = self.thirds
        return last - second

    @property
    def is_flat(self) -> bool:
        """Whether that is no more than it may be."""
        return self.growth <= max(MOST_MEGABYTES, MOST_SHARE * self.thirds[1])

    @property
    def per_thousand(self) -> float:
        """Megabytes for a thousand visitors: a line through all looks but those of the first third."""
        looks = self.looks[len(self.looks) // 3 :]
        visitors = [float(look.visitors) for look in looks]
        if len(set(visitors)) < 2:  # noqa: PLR2004 - no line goes through one point
            return 0.0
        return 1000 * statistics.linear_regression(visitors, [look.megabytes for look in looks]).slope
