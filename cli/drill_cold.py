"""How long it takes from `colorise up` on an empty folder to the first coloured picture."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Final

from cli.drill_flow import flowing
from cli.drill_goods import pictures
from cli.drill_up import PATIENCE_SECONDS, drill_up

if TYPE_CHECKING:
    from pathlib import Path

    from cli.drill_report import DrillReport

MOST_SECONDS: Final = 10.0


async def cold(report: DrillReport, data: Path, starts: int, *, seed: int) -> None:
    """Start it some times, each time on a folder of its own, with one worker."""
    (good,) = pictures(1, seed=seed)
    taken: list[float] = []
    ready: list[float] = []
    for number in range(starts):
        begun = time.perf_counter()
        async with drill_up(data / f"cold-{number}", workers=1) as up, flowing(up.running) as flow:
            await flow.order(good)
            await flow.first_answer(good.job_id, PATIENCE_SECONDS)
            taken.append(time.perf_counter() - begun)
            ready.append(up.ready_seconds or 0.0)
    seconds = statistics.median(taken)
    report.figure(
        "cold start to the first result",
        seconds,
        "s",
        aim=f"less than {MOST_SECONDS:.0f}",
        reached=seconds < MOST_SECONDS,
        values=tuple(taken),
    )
    report.figure("  of it until all is ready", statistics.median(ready), "s", values=tuple(ready))
