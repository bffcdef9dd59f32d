"""What is left when the day at the stand is over: of visits only what hangs on the wall, and in the end nothing."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cli.demo_visitor import Visitor
from cli.drill_stand_stage import KEEP_MINUTES, WALL_HOURS
from functions.errors import Rejected
from functions.stores.protocol import INBOX, OUTBOX, WORK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from cli.drill_report import DrillReport
    from cli.drill_stand_day import Day
    from cli.drill_stand_onlookers import Onlookers
    from cli.drill_stand_stage import Stage
    from functions.stores.protocol import ObjectInfo

VISITS: Final = "stand/visits"
"""Folder of the visits' objects, in `inbox/` and in `outbox/`."""

_PLAN: Final = re.compile(rf"{WORK}/[^/]+/plan-stand-([A-Za-z0-9_-]+)\.json")
"""Of a visitor's clip."""

SWEEP_SECONDS: Final = 60.0
"""Between looks of the stand for what was kept long enough."""

PATIENCE_SECONDS: Final = 120.0
"""More than that: a look at many visits takes a while, and may have begun just before."""

STRAY: Final = timedelta(minutes=KEEP_MINUTES + 10 + 2)
"""After which objects of no visit are gone as well: of an upload during which the stand was killed."""

LOOK_SECONDS: Final = 1.0

GONE: Final = 404

QUEUE_SECONDS: Final = 60.0
"""Until the queue must be empty: a worker may carry out an order for what was deleted meanwhile."""


class Leftovers:
    """Looks at the stand after its last visitor.

    Args:
        stage: with the stand.
        day: what has happened.
        onlookers: see the wall.
    """

    def __init__(self, stage: Stage, day: Day, onlookers: Onlookers) -> None:
        self._stage = stage
        self._day = day
        self._onlookers = onlookers

    async def expire(self, report: DrillReport) -> None:
        """Wait until everything has gone as it should: first what does not hang on the wall, and then the wall too."""
        began = time.monotonic()
        hanging = set(self._onlookers.hanging)
        wrong = await self._until(KEEP_MINUTES * 60, self._beside_the_wall)
        hanging &= set(self._onlookers.hanging)
        wrong += [] if hanging else ["nothing hung on the wall"]
        took = time.monotonic() - began
        right = f"after {took:.0f} s; {len(hanging)} pictures hang there"
        report.promise("after their time, only visits on the wall are kept", wrong, right=right)
        wrong = await self._until(WALL_HOURS * 3600, self._named)
        wrong += [f"{visit} still hangs" for visit in self._onlookers.hanging]
        took = time.monotonic() - began
        report.promise("and after the wall's time, nothing is", wrong, right=f"after {took:.0f} s")
        await self._ask_again(report)

    async def delete(self, report: DrillReport) -> None:
        """Have everybody delete what is theirs, and see that it is gone; visits may have expired meanwhile."""
        async with Visitor(self._stage.address) as visitor:
            for visit in self._day.accepted.values():
                with contextlib.suppress(Rejected):  # it has expired, or was deleted before
                    await visitor.delete(visit)
        wrong = await self._until(0, self._named)
        wrong += [f"{visit} still hangs" for visit in self._onlookers.hanging]
        report.promise("when all is deleted, nothing is kept", wrong, right=f"{len(self._day.accepted):,} visits")
        await self._ask_again(report)

    async def add_queue(self, report: DrillReport) -> None:
        """Add that nothing waits any more."""
        deadline = time.monotonic() + QUEUE_SECONDS
        while True:
            depths = await self._stage.queue.depths()
            left = [f"{one.waiting + one.in_hand} {kind}" for kind, one in depths.items() if one.waiting + one.in_hand]
            if not left or time.monotonic() > deadline:
                break
            await asyncio.sleep(LOOK_SECONDS)
        report.promise("nothing is left in the queue", left, right="empty")

    async def add_others(self, report: DrillReport) -> None:
        """Tell what is kept beside visits: the timeline's posts, and the bot's mentions."""
        found = await asyncio.to_thread(self._objects)
        for name, prefixes in (
            ("the timeline", (f"{INBOX}/stand/", f"{OUTBOX}/stand/")),
            ("the bot", (f"{INBOX}/bot/", f"{OUTBOX}/bot/")),
        ):
            theirs = [one for one in found if one.name.startswith(prefixes) and f"/{VISITS}/" not in one.name]
            report.figure(f"objects of {name} in the end", len(theirs))
            report.figure("  their bytes", sum(one.size for one in theirs) / 1e6, "MB")

    async def _ask_again(self, report: DrillReport) -> None:
        """Ask for what was shown once."""
        served = []
        addresses = self._day.some_pictures()
        async with Visitor(self._stage.address) as visitor:
            for address in addresses:
                status = await visitor.status(address)
                if status != GONE:
                    served.append(f"{address.partition('?')[0]} answers with {status}")
        right = f"{len(addresses):,} addresses of {len(self._day.pictures):,}"
        report.promise("what is gone is served no more", served, right=right)

    async def _until(self, seconds: float, wrong: Callable[[Sequence[ObjectInfo]], list[str]]) -> list[str]:
        """Wait until nothing is wrong with the objects of visits, for as long as that may take."""
        deadline = time.monotonic() + seconds + SWEEP_SECONDS + PATIENCE_SECONDS
        while True:
            found = of_visits(await asyncio.to_thread(self._objects))
            left = wrong([one for one, owners in found if not self._may_stray(one, owners)])
            if not left or time.monotonic() > deadline:
                return left
            await asyncio.sleep(LOOK_SECONDS)

    def _may_stray(self, found: ObjectInfo, owners: Collection[str]) -> bool:
        """Whether an object is of no visit that the drill knows, and of an age at which that may be."""
        is_known = any(owner in self._day.accepted for owner in owners)
        return not is_known and datetime.now(UTC) - found.modified < STRAY

    def _objects(self) -> list[ObjectInfo]:
        return [found for prefix in (INBOX, WORK, OUTBOX) for found in self._stage.store.list(f"{prefix}/")]

    def _beside_the_wall(self, found: Sequence[ObjectInfo]) -> list[str]:
        """What belongs to no visit on the wall; of what was brought, nothing may be kept. Films keep their pieces."""
        hanging = self._onlookers.hanging
        beside = [one.name for one in found if one.name.startswith(OUTBOX) and visit_of(one.name) not in hanging]
        return [*beside, *(one.name for one in found if one.name.startswith(INBOX))]

    @staticmethod
    def _named(found: Sequence[ObjectInfo]) -> list[str]:
        return [one.name for one in found]


def visit_of(name: str) -> str:
    """Id of the visit that an object belongs to; empty for none."""
    plan = _PLAN.fullmatch(name)
    return plan[1] if plan is not None else name.partition(f"/{VISITS}/")[2].partition("/")[0]


def of_visits(found: Iterable[ObjectInfo]) -> list[tuple[ObjectInfo, set[str]]]:
    """Objects of visits, and whose they are: those of a film are of everybody who wanted it.

    All films are of visits, for the bot of the drill is sent none.
    """
    films = defaultdict[str, set[str]](set)
    objects = list(found)
    for one in objects:
        if _PLAN.fullmatch(one.name):
            films[_folder(one.name)].add(visit_of(one.name))
    return [
        (one, films[_folder(one.name)] if one.name.startswith(f"{WORK}/") else {visit_of(one.name)})
        for one in objects
        if one.name.startswith((f"{INBOX}/{VISITS}/", f"{OUTBOX}/{VISITS}/", f"{WORK}/"))
    ]


def _folder(name: str) -> str:
    return name.rpartition("/")[0]
