"""How long visitors wait: one at a time, and so many at the very same moment."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cli.demo_visitor import Visitor
from cli.drill_stand_things import Look
from cli.drill_stand_views import faults_of
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.drill_report import DrillReport
    from cli.drill_stand_day import Day
    from cli.drill_stand_things import Bag, Thing

SIZES: Final = (1, 2, 4, 8, 16, 30)
"""Of crowds."""

WARM: Final = 4
"""Visitors whose wait is not counted: each worker has coloured one before."""

LEAST_JUDGED: Final = 8
"""Visitors of a crowd that tells something of how waits grow: with fewer, a busy moment of the machine does."""


@dataclass(slots=True)
class Waits:
    """Of webcam pictures."""

    address: str
    bag: Bag
    day: Day
    failed: list[str] = field(default_factory=list)
    """Who got no coloured picture."""
    served: int = 0
    """Who got one."""
    quiet: list[float] = field(default_factory=list)
    """Seconds from the first byte to the news that it is in colour."""
    read: list[float] = field(default_factory=list)
    """And to the last byte of the coloured picture."""
    crowds: dict[int, list[float]] = field(default_factory=dict)
    """Visitors at the same moment → what each waited for the news."""
    throughput: dict[int, list[float]] = field(default_factory=dict)
    """And pictures a second, of each round."""

    async def measure_quiet(self, count: int) -> None:
        """One after another."""
        for number in range(WARM + count):
            seconds, read_seconds = (await self._at_once(1))[0]
            if number >= WARM:
                self.quiet.append(seconds)
                self.read.append(read_seconds)

    async def measure_crowds(self, most: int, rounds: int) -> None:
        """All at the very same moment: 1, 2, 4 … up to `most`.

        Each round has every size, so that a busy minute of the machine is no size's alone.
        """
        for _ in range(rounds):
            for size in [size for size in SIZES if size <= most]:
                began = time.monotonic()
                waits = await self._at_once(size)
                self.crowds.setdefault(size, []).extend(seconds for seconds, _ in waits)
                self.throughput.setdefault(size, []).append(len(waits) / (time.monotonic() - began))

    def add_to(self, report: DrillReport) -> None:
        """Add what is promised of a crowd, and the table."""
        if self.quiet:
            for name, values in (("it is in colour", self.quiet), ("it is read to its end", self.read)):
                report.figure(f"quiet: until {name}, median", statistics.median(values), "s", values=tuple(values))
                report.figure("  95th percentile", percentile_95(values), "s")
        report.promise("everybody in a crowd gets a coloured picture", self.failed, right=f"{self.served:,} pictures")
        medians = {size: statistics.median(waits) for size, waits in self.crowds.items()}
        for size, median in medians.items():
            report.figure(f"{size} at once: median wait", median, "s", values=tuple(self.crowds[size]))
            report.figure("  pictures a second", statistics.median(self.throughput[size]), "/s")
        judged = [size for size in medians if size >= LEAST_JUDGED]
        wrong = [
            f"{size} at once wait {medians[size]:.2f} s, one alone {medians[1]:.2f} s"
            for size in judged
            if medians[size] > size * medians[1]
        ]
        if judged:
            right = f"{judged[-1]} at once wait {medians[judged[-1]] / medians[1]:.1f} times as long as one alone"
            report.promise("a crowd of n waits no more than n times as long", wrong, right=right)

    async def _at_once(self, size: int) -> list[tuple[float, float]]:
        """Of each: seconds to the news, and to the last byte; of who got nothing, none."""
        things = [await asyncio.to_thread(self.bag.make, Look.WEBCAM) for _ in range(size)]
        start = asyncio.Barrier(size)
        came = await asyncio.gather(*(self._come(start, thing) for thing in things))
        there = [(thing, one) for thing, one in zip(things, came, strict=True) if one is not None]
        for thing, (_, _, result) in there:
            faults = await asyncio.to_thread(faults_of, thing, result)
            self.failed += faults
            self.served += not faults
        return [(seconds, read_seconds) for _, (seconds, read_seconds, _) in there]

    async def _come(self, start: asyncio.Barrier, thing: Thing) -> tuple[float, float, bytes] | None:
        async with Visitor(self.address) as visitor:
            await visitor.stand()  # the page is open before the picture is taken
            await start.wait()
            began = time.monotonic()
            try:
                accepted = await visitor.hand_in(thing.data)
                self.day.accept(accepted)
                said = await visitor.until_done(accepted)
                seconds = time.monotonic() - began
                self.day.settled[accepted.visit] = "done"
                result = await visitor.fetched(said["after"])
            except (Rejected, Postponed, TimeoutError) as error:
                self.failed.append(str(error) or "no end")
                return None
            return seconds, time.monotonic() - began, result


def percentile_95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not pass."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
