"""What it costs to have one photograph coloured through the queue, and where the time goes."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.request import urlopen

import cv2

from cli.bench_pictures import scene
from cli.drill_goods import Good, order_fields
from cli.drill_up import PATIENCE_SECONDS
from functions.jobs import ColoriseImage, ImageColorised
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from cli.drill_engine import EngineHere
    from cli.drill_flow import Flow
    from cli.drill_report import DrillReport
    from cli.drill_up import DrillUp

MEGAPIXELS: Final = 1.0

WARM_UP: Final = 4
"""Rounds that are not counted: both workers' first pictures, and ours, are slow."""

MOST_MILLISECONDS: Final = 40

STAGES: Final = ("read", "write", "acknowledge")
"""Of the worker's own account: from the store, into the store, and all that it tells the queue."""

_SUM = re.compile(r'^colorise_order_seconds_(sum|count)\{kind="colorise-image",stage="(\w+)"\} (\S+)$', re.MULTILINE)


async def overhead(report: DrillReport, up: DrillUp, flow: Flow, engine: EngineHere, rounds: int) -> None:
    """Colour one photograph in this process and through the queue by turns, both warm and on one thread."""
    _, jpeg = cv2.imencode(".jpg", scene(MEGAPIXELS))
    data = jpeg.tobytes()
    here: list[float] = []
    steps: list[dict[str, float]] = []
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread:
        for number in range(WARM_UP + rounds):
            job_id = f"overhead-{number}"
            order = ColoriseImage(
                **order_fields(job_id), source=f"{INBOX}/{job_id}.jpg", target=f"{OUTBOX}/{job_id}.jpg"
            )
            good = Good(order, data, "image/jpeg")
            begun = time.perf_counter()
            await loop.run_in_executor(thread, engine.colour, good)
            here.append(time.perf_counter() - begun)
            steps.append(await _through_the_queue(flow, good))
    here, steps = here[WARM_UP:], steps[WARM_UP:]
    costs = tuple((sum(step.values()) - alone) * 1e3 for step, alone in zip(steps, here, strict=True))
    cost = statistics.median(costs)
    report.figure(
        f"the queue's cost for a photo of {MEGAPIXELS:.0f} Mpx",
        cost,
        "ms",
        aim=f"at most {MOST_MILLISECONDS}",
        reached=cost <= MOST_MILLISECONDS,
        values=costs,
    )
    report.figure("  coloured in this process", statistics.median(here) * 1e3, "ms")
    for name in steps[0]:
        report.figure(f"  {name}", statistics.median(step[name] for step in steps) * 1e3, "ms")
    for stage, milliseconds in (await asyncio.to_thread(_stages, up)).items():
        report.figure(f"  in the worker, on average: {stage}", milliseconds, "ms")


async def _through_the_queue(flow: Flow, good: Good) -> dict[str, float]:
    """Seconds of each step, which together are all of it."""
    moments = [time.perf_counter()]
    await flow.bring(good)
    moments.append(time.perf_counter())
    await flow.send(good.order)
    moments.append(time.perf_counter())
    answer = await flow.first_answer(good.job_id, PATIENCE_SECONDS)
    moments.append(time.perf_counter())
    await flow.move(lambda: flow.store.read(good.order.target))
    moments.append(time.perf_counter())
    uploading, sending, waiting, downloading = (after - before for before, after in pairwise(moments))
    colouring = answer.seconds if isinstance(answer, ImageColorised) else 0.0
    return {
        "upload": uploading,
        "send the order": sending,
        "coloured by the worker": colouring,
        "the rest until the result is heard": waiting - colouring,
        "download": downloading,
    }


def _stages(up: DrillUp) -> dict[str, float]:
    """Stage → milliseconds of an order, by the workers' own account."""
    sums: dict[tuple[str, str], float] = {}
    for program in up.running.programs:
        if program.name in up.workers:
            with urlopen(f"{program.address}/metrics", timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - on loopback
                for what, stage, value in _SUM.findall(answer.read().decode()):
                    sums[what, stage] = sums.get((what, stage), 0.0) + float(value)
    return {stage: sums["sum", stage] / sums["count", stage] * 1e3 for stage in STAGES if sums.get(("count", stage))}
