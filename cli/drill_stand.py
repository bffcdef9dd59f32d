"""`colorise drill stand`: a day of visitors at a stand, at speed, with all of its real parts."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from cli.drill_flow import beside
from cli.drill_ground import said
from cli.drill_report import DrillReport
from cli.drill_stand_day import Day
from cli.drill_stand_guests import Guests
from cli.drill_stand_kills import StandKiller
from cli.drill_stand_leftovers import Leftovers
from cli.drill_stand_logs import add_logs
from cli.drill_stand_onlookers import Onlookers
from cli.drill_stand_stage import staged
from cli.drill_stand_things import Bag
from cli.drill_stand_waits import Waits, percentile_95
from cli.drill_stand_watch import Watch, add_files
from cli.drill_stand_ways import SHARES, turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.drill_stand_ways import Turn

HUNG_LAST: Final = 3
"""Pictures that are posted to the wall in the end, and must hang there longer than the others are kept."""

LOOKS: Final = 120
"""At the programs, over the soak; but not more often than each `LEAST_LOOK_SECONDS`."""

LEAST_LOOK_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class StandOptions:
    """How large, and how hard."""

    quiet: int = 40
    """Visitors one after another."""
    crowd: int = 30
    """Visitors at the same moment, at most."""
    rounds: int = 3
    kills: int = 9
    kill_seconds: float = 10.0
    """Between two."""
    minutes: float = 10.0
    """Of visitors while nothing is killed; every way of visiting is gone once in any case."""
    at_once: int = 6
    """Visitors who are there at the same time then."""
    expiry: bool = True
    """Whether it is waited for what the stand deletes by itself; otherwise visitors delete what is theirs."""
    workers: int = 2
    seed: int = 1
    side: int | None = None


async def rehearse(data: Path, options: StandOptions) -> DrillReport:
    """Play everything, and look at what comes of it.

    Raises:
        Rejected: the stand does not start, or ends by itself.
    """
    random = Random(options.seed)  # noqa: S311 - the same drill for the same seed
    report = DrillReport("stand")
    bag = await asyncio.to_thread(Bag, random)
    async with staged(data, workers=options.workers, side=options.side) as stage:
        day, onlookers = Day(), Onlookers(stage.address)
        guests = Guests(stage.address, bag, day, onlookers, random)
        waits = Waits(stage.address, bag, day)
        watch = Watch(stage, day)
        killer = StandKiller(stage.up, random)
        leftovers = Leftovers(stage, day, onlookers)
        await waits.measure_quiet(options.quiet)
        said(f"quiet: {statistics.median(waits.quiet):.2f} s" if waits.quiet else "")
        await waits.measure_crowds(options.crowd, options.rounds)
        async with onlookers.watching():
            visiting = _Visiting(guests, turns(random), options.at_once)
            await _rough(visiting, guests, killer, options)
            files = await watch.files()
            await _soak(visiting, watch, options)
            await guests.hang_some(HUNG_LAST)
            if options.expiry:
                async with beside(watch.watch_room(_look_seconds(options))):
                    await leftovers.expire(report)
            else:
                await leftovers.delete(report)
            await watch.look_at_room()
            left = await watch.files_left(files)
        waits.add_to(report)
        day.add_to(report)
        _add_waits(report, day)
        killer.add_to(report)
        onlookers.add_to(report, killer.of_the_stand)
        watch.add_to(report)
        add_files(report, files, left)
        await leftovers.add_queue(report)
        await leftovers.add_others(report)
        await asyncio.to_thread(add_logs, report, stage, day)
    return report


class _Visiting:
    """Visitors who come as soon as others leave.

    Args:
        guests: who they are.
        turns: what each does.
        at_once: who are there at the same time.
    """

    def __init__(self, guests: Guests, turns: Iterator[Turn], at_once: int) -> None:
        self._guests = guests
        self._turns = turns
        self._at_once = at_once

    async def go_on(self, is_over: Callable[[], bool]) -> None:
        """Have visitors come until it is over, and the last one has left."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._queue(is_over))

    async def _queue(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            await self._guests.visit(next(self._turns))


async def _rough(visiting: _Visiting, guests: Guests, killer: StandKiller, options: StandOptions) -> None:
    """Visitors come while programs are killed."""
    if not options.kills:
        return
    guests.may_fail = True
    is_over = False

    async def kill() -> None:
        nonlocal is_over
        for number in range(options.kills):
            await asyncio.sleep(options.kill_seconds)
            await killer.kill()
            said(f"{number + 1} of {options.kills} kills: {killer.killed[-1]}")
        is_over = True

    async with asyncio.TaskGroup() as group:
        group.create_task(kill())
        group.create_task(visiting.go_on(lambda: is_over))
    guests.may_fail = False


async def _soak(visiting: _Visiting, watch: Watch, options: StandOptions) -> None:
    """Visitors come while nothing is killed, for as long as was asked for, and at least all kinds of them."""
    end = time.monotonic() + options.minutes * 60
    first = watch.day.visitors

    def is_over() -> bool:
        return time.monotonic() > end and watch.day.visitors - first >= len(SHARES)

    async with beside(watch.watch(_look_seconds(options))):
        await visiting.go_on(is_over)


def _look_seconds(options: StandOptions) -> float:
    return max(LEAST_LOOK_SECONDS, options.minutes * 60 / LOOKS)


def _add_waits(report: DrillReport, day: Day) -> None:
    """Of the soak and the kills."""
    for look, waits in sorted(day.waits.items()):
        report.figure(f"wait for a {look}, median", statistics.median(waits), "s", values=tuple(waits))
        report.figure("  95th percentile", percentile_95(waits), "s")
