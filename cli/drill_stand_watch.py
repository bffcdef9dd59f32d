"""Looks every few seconds at what the stand of a drill holds: memory, open files, objects, and room on the disk."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psutil  # type: ignore[import-untyped]

from cli.drill_ground import said
from cli.drill_stand_flat import Course, Moment
from functions.errors import Postponed
from functions.stores.protocol import INBOX, OUTBOX, WORK

if TYPE_CHECKING:
    from pathlib import Path

    from cli.drill_report import DrillReport
    from cli.drill_stand_day import Day
    from cli.drill_stand_stage import Stage

MEGABYTE: Final = 1_000_000

SETTLE_SECONDS: Final = 40.0
"""Until connections of visitors who have left must be closed: the stand keeps them open for half a minute."""

MORE_FILES: Final = 12
"""That a program may have open in the end and did not in the beginning: connections to queue and store, of a pool that
grows with the work at once."""


@dataclass(frozen=True, slots=True)
class Room:
    """Taken at one moment."""

    seconds: float
    visitors: int
    objects: int
    object_bytes: int
    store_bytes: int
    """Of the store's folder."""
    queue_bytes: int
    """Of the queue's."""


@dataclass(slots=True)
class Watch:
    """What was seen."""

    stage: Stage
    day: Day
    began: float = field(default_factory=time.monotonic)
    memory: dict[tuple[str, int], list[Moment]] = field(default_factory=dict)
    """Program and number of its process → looks."""
    room: list[Room] = field(default_factory=list)

    async def watch(self, seconds: float) -> None:
        """Look at everything again and again, without end."""
        while True:
            await asyncio.to_thread(self._look_at_programs)
            await self.look_at_room()
            await asyncio.sleep(seconds)

    async def watch_room(self, seconds: float) -> None:
        """Likewise, but not at memory, of which nobody needs any."""
        while True:
            await self.look_at_room()
            await asyncio.sleep(seconds)

    async def look_at_room(self) -> None:
        """Look once at objects and disk; a store that is away is looked at the next time."""
        try:
            self.room.append(await asyncio.to_thread(self._room))
        except Postponed:
            return
        now = self.room[-1]
        said(
            f"{now.seconds:.0f} s: {now.visitors} visitors; {now.objects} objects of {now.object_bytes / 1e6:.0f} MB; "
            f"the store's folder {now.store_bytes / 1e6:.0f} MB, the queue's {now.queue_bytes / 1e6:.0f} MB"
        )

    async def files(self) -> dict[str, int]:
        """Open files and connections of each program."""
        return await asyncio.to_thread(lambda: {name: _files_of(process) for name, process in self._programs().items()})

    async def files_left(self, before: dict[str, int]) -> dict[str, int]:
        """The same once visitors have left; it waits for as long as that may take."""
        with_time = time.monotonic() + SETTLE_SECONDS
        while True:
            now = await self.files()
            if time.monotonic() > with_time or not _more(before, now):
                return now
            await asyncio.sleep(1.0)

    def add_to(self, report: DrillReport) -> None:
        """Add what is promised of memory, and all figures."""
        wrong, judged = [], 0
        for (name, _), looks in sorted(self.memory.items()):
            course = Course(looks)
            if not course.is_long_enough:
                continue
            judged += 1
            first, second, last = course.thirds
            if not course.is_flat:
                wrong.append(f"{name} from {second:.0f} to {last:.0f} MB")
            curve = tuple(look.megabytes for look in looks)
            report.figure(f"memory of {name}, last third", last, "MB", values=curve)
            report.figure("  first third", first, "MB")
            report.figure("  second third", second, "MB")
            report.figure("  more in a thousand visitors", course.per_thousand, "MB")
        if judged:
            report.promise("no program's memory grows", wrong, right=f"{judged} programs, after their warm-up")
        self._add_room(report)

    def _add_room(self, report: DrillReport) -> None:
        if not self.room:
            return
        last = self.room[-1]
        for name, values, unit in (
            ("objects in the store", [float(one.objects) for one in self.room], ""),
            ("  their bytes", [one.object_bytes / MEGABYTE for one in self.room], "MB"),
            ("the store's folder", [one.store_bytes / MEGABYTE for one in self.room], "MB"),
            ("the queue's folder", [one.queue_bytes / MEGABYTE for one in self.room], "MB"),
        ):
            report.figure(f"{name}, after {last.seconds:.0f} s", values[-1], unit, values=tuple(values))

    def _programs(self) -> dict[str, psutil.Process]:
        found = {program.name: program.find() for program in self.stage.up.running.programs}
        return {name: process for name, process in found.items() if process is not None}

    def _look_at_programs(self) -> None:
        visitors = self.day.visitors
        for name, process in self._programs().items():
            if megabytes := _memory_of(process) / MEGABYTE:
                self.memory.setdefault((name, process.pid), []).append(Moment(time.monotonic(), visitors, megabytes))

    def _room(self) -> Room:
        objects = [found for prefix in (INBOX, WORK, OUTBOX) for found in self.stage.store.list(f"{prefix}/")]
        return Room(
            seconds=time.monotonic() - self.began,
            visitors=self.day.visitors,
            objects=len(objects),
            object_bytes=sum(found.size for found in objects),
            store_bytes=bytes_in(self.stage.data / "s3"),
            queue_bytes=bytes_in(self.stage.data / "nats"),
        )


def add_files(report: DrillReport, before: dict[str, int], after: dict[str, int]) -> None:
    """Add that no program has more files open than before, once visitors have left."""
    wrong = [f"{name}: {before[name]} before, {after[name]} after" for name in _more(before, after)]
    right = ", ".join(f"{name} {before[name]} and {count}" for name, count in sorted(after.items()) if name in before)
    report.promise("no file stays open", wrong, right=right)


def bytes_in(folder: Path) -> int:
    """Of all files, as far as they take room on the disk."""
    taken = 0
    for path in folder.rglob("*"):
        try:
            found = path.lstat()
        except FileNotFoundError:  # a server has tidied up meanwhile
            continue
        taken += getattr(found, "st_blocks", 0) * 512 or found.st_size
    return taken


def _more(before: dict[str, int], after: dict[str, int]) -> list[str]:
    return [name for name, count in after.items() if name in before and count > before[name] + MORE_FILES]


def _memory_of(process: psutil.Process) -> int:
    """Bytes of a program and of those that it has started; what several share counts in part, where that is told."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            told = one.memory_full_info()
            total += getattr(told, "pss", None) or told.uss
    except psutil.Error:  # it has ended meanwhile
        return 0
    return total


def _files_of(process: psutil.Process) -> int:
    """0 where nobody says."""
    try:
        return int(process.num_fds())
    except (psutil.Error, AttributeError):
        return 0
