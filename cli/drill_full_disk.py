"""`colorise drill full-disk`: the disk under queue and store is full for a while, and every order is answered after."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.drill_disk import small_disk
from cli.drill_engine import EngineHere
from cli.drill_flow import flowing
from cli.drill_goods import films, pictures
from cli.drill_ground import said
from cli.drill_promises import add_promises, checking
from cli.drill_proxy import Answer
from cli.drill_report import DrillReport
from cli.drill_store import proxied_store
from cli.drill_up import DrillUp, drill_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from cli.drill_flow import Flow
    from cli.drill_goods import Good

FULL: Final = Answer(methods=frozenset({"PUT", "POST"}), status=500, code="InternalError")
"""What SeaweedFS answers to whoever writes to a full disk; reading goes on."""


@dataclass(frozen=True, slots=True)
class FullDiskOptions:
    """What is asked, and how long there is no room."""

    images: int = 60
    films: int = 1
    shots: int = 2
    full_seconds: float = 20.0
    wait_minutes: float = 10.0
    """For answers, after there is room again."""
    workers: int = 2
    seed: int = 1
    side: int | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where it is full, and how to have it so."""

    up: DrillUp
    disk: str
    """For people: what is full."""
    fill: Callable[[], None]
    make_room: Callable[[], None]


async def full_disk(data: Path, options: FullDiskOptions) -> DrillReport:
    """Order a third before the disk is full, a third while it is, and a third after.

    Raises:
        Rejected: `colorise up` does not get ready, or ends.
    """
    said(f"making {options.images} pictures and {options.films} films")
    goods = pictures(options.images, seed=options.seed, side=options.side)
    goods += films(options.films, options.shots, seed=options.seed, side=options.side)
    engine = await asyncio.to_thread(EngineHere)
    report = DrillReport("full-disk")
    async with _place(data, options) as place, flowing(place.up.running) as flow:
        with checking(flow, engine) as checker:
            async with asyncio.TaskGroup() as group:
                for good in goods:
                    group.create_task(checker.check(good, options.full_seconds + options.wait_minutes * 60))
                refused, room_at = await _fill_for_a_while(place, options, flow, goods)
            report.figure(f"seconds without room, {place.disk}", options.full_seconds, "s")
            report.figure("orders", len(goods))
            last = max((flow.answered_at.get(good.job_id, room_at) for good in goods), default=room_at)
            report.figure("seconds from room to the last answer", last - room_at, "s")
            noticed = [] if refused else ["all went on as if there were room: the drill proves nothing"]
            report.promise("the disk was full", noticed, right=f"writing was refused: {refused}")
            others = [f"{one['name']} {one['how']}" for one in place.up.deaths]
            report.figure("programs started again", len(others))
            await add_promises(report, flow, goods, checker)
    return report


async def _fill_for_a_while(
    place: _Place, options: FullDiskOptions, flow: Flow, goods: list[Good]
) -> tuple[str, float]:
    """Send everything; what was said of the full disk, and when there was room again."""
    async with asyncio.TaskGroup() as group:
        for good in goods[::3]:
            await flow.order(good)
        await asyncio.to_thread(place.fill)
        said(f"{place.disk}: full for {options.full_seconds:.0f} s")
        for good in goods[1::3]:
            group.create_task(flow.order(good))
        await asyncio.sleep(options.full_seconds)
        refused = flow.trouble.get("the store") or flow.trouble.get("the queue") or ""
        await asyncio.to_thread(place.make_room)
        room_at = time.monotonic()
        said(f"room again; {len(flow.finals)} of {len(goods)} orders answered")
        for good in goods[2::3]:
            group.create_task(flow.order(good))
    return refused, room_at


@contextlib.asynccontextmanager
async def _place(data: Path, options: FullDiskOptions) -> AsyncIterator[_Place]:
    with small_disk(data / "disk") as disk:
        if disk is not None:
            on_it = disk.folder / "up"
            try:
                async with drill_up(on_it, workers=options.workers) as up:
                    yield _Place(up, "on a small disk of its own", disk.fill, disk.make_room)
            finally:
                shutil.copytree(on_it / "logs", data / "logs", dirs_exist_ok=True)  # the disk goes
            return
        async with (
            proxied_store(data / "store") as store,
            drill_up(data / "up", workers=options.workers, told=store.settings) as up,
        ):
            proxy = store.proxy
            yield _Place(up, "as a proxy says, in SeaweedFS's words", lambda: proxy.fail(FULL), proxy.pass_on)
