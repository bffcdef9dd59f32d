"""`colorise drill chaos`: programs die one after another, and every order is answered all the same."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from cli.drill_engine import EngineHere
from cli.drill_flow import flowing
from cli.drill_goods import films, pictures
from cli.drill_ground import said
from cli.drill_kills import Killer
from cli.drill_promises import add_promises, checking
from cli.drill_report import DrillReport
from cli.drill_up import drill_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cli.drill_flow import Flow
    from cli.drill_goods import Good


@dataclass(frozen=True, slots=True)
class ChaosOptions:
    """What is asked, and how hard it is made."""

    images: int = 300
    films: int = 5
    shots: int = 4
    """Of a film, each a chunk."""
    minutes: float = 2.0
    """That programs are killed for."""
    kill_seconds: float = 3.0
    """Between kills, on average."""
    wait_minutes: float = 10.0
    """For answers, after the last kill."""
    workers: int = 2
    seed: int = 1
    side: int | None = None
    """Pixels that the network sees; None is its own."""

    @property
    def kills(self) -> int:
        """That there is time for."""
        return max(1, round(self.minutes * 60 / self.kill_seconds))


async def chaos(data: Path, options: ChaosOptions) -> DrillReport:
    """Order everything while programs are killed, and look at what comes of it.

    Raises:
        Rejected: `colorise up` does not get ready, or ends.
    """
    goods, engine = await asyncio.to_thread(_made, options)
    random = Random(options.seed)  # noqa: S311 - the same drill for the same seed
    random.shuffle(goods)
    report = DrillReport("chaos")
    async with drill_up(data, workers=options.workers) as up, flowing(up.running) as flow:
        begun = time.monotonic()
        killer = Killer(up, random)
        with checking(flow, engine) as checker:
            async with asyncio.TaskGroup() as group:
                limit = options.minutes * 60 * 2 + options.wait_minutes * 60
                for good in goods:
                    group.create_task(checker.check(good, limit))
                await _wreak(options, flow, goods, killer, random)
                said(f"{len(killer.killed)} killed; {len(flow.finals)} of {len(goods)} orders answered")
            report.figure("orders", len(goods))
            report.figure("seconds until all is answered", _last_answer(flow, goods) - begun, "s")
            killer.add_to(report)
            await add_promises(report, flow, goods, checker)
    return report


def _made(options: ChaosOptions) -> tuple[list[Good], EngineHere]:
    said(f"making {options.images} pictures and {options.films} films")
    goods = pictures(options.images, seed=options.seed, side=options.side)
    goods += films(options.films, options.shots, seed=options.seed, side=options.side)
    return goods, EngineHere()


async def _wreak(options: ChaosOptions, flow: Flow, goods: Sequence[Good], killer: Killer, random: Random) -> None:
    """Send the orders in as many waves as there are kills, so that each kill finds work."""
    async with asyncio.TaskGroup() as group:
        for kill in range(options.kills):
            for good in goods[kill :: options.kills]:
                group.create_task(flow.order(good))
            await asyncio.sleep(options.kill_seconds * random.uniform(0.5, 1.5))
            name = await killer.kill()
            said(f"{kill + 1} of {options.kills}: {name or 'nothing'} killed; {len(flow.finals)} orders answered")


def _last_answer(flow: Flow, goods: Sequence[Good]) -> float:
    return max((flow.answered_at[good.job_id] for good in goods if good.job_id in flow.answered_at), default=0.0)
