"""Whether a worker's memory grows with the orders that wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from cli.drill_beside import beside_us
from cli.drill_goods import pictures
from cli.drill_up import PATIENCE_SECONDS
from cli.up_secrets import QUEUE_PASSWORD
from functions.errors import Rejected

if TYPE_CHECKING:
    from cli.drill_flow import Flow
    from cli.drill_report import DrillReport
    from cli.drill_up import DrillUp

WARM_UP: Final = 30
"""Pictures that are coloured before: the first ones have memory set aside that later ones use again."""

MOST_MEGABYTES: Final = 10
"""Of growth: less than what a worker's memory varies by from one picture to the next."""

SEND_SECONDS: Final = 1800.0


async def waiting(report: DrillReport, up: DrillUp, flow: Flow, orders: int) -> None:
    """Measure the memory of workers and queue, have many orders sent, and measure it again."""
    good, *_ = goods = await asyncio.to_thread(pictures, WARM_UP, seed=0, name="memory")
    for one in goods:
        await flow.order(one)
    await flow.answers([one.job_id for one in goods], PATIENCE_SECONDS)
    before = await asyncio.to_thread(_megabytes, up)
    running = up.running
    told = {**running.environment, QUEUE_PASSWORD.upper(): (running.secrets / QUEUE_PASSWORD).read_text().strip()}
    async with beside_us("send", "waiting", str(orders), good.order.source, told=told) as sender:
        await sender.says("ready")
        await sender.says("sent", SEND_SECONDS)
    depths = await flow.queue.depths()
    after = await asyncio.to_thread(_megabytes, up)
    report.figure("orders that wait", depths["colorise-image"].waiting)
    growth = max(after[name] - before[name] for name in up.workers)
    report.figure(
        "  a worker's memory grows by",
        growth,
        "MB",
        aim=f"at most {MOST_MEGABYTES}",
        reached=growth <= MOST_MEGABYTES,
    )
    for name in (*up.workers, "nats"):
        report.figure(f"  {name} before", before[name], "MB")
        report.figure(f"  {name} with them", after[name], "MB")


def _megabytes(up: DrillUp) -> dict[str, float]:
    """Program → its memory: its share of what is shared where the system tells that, and what is its own elsewhere.

    Raises:
        Rejected: one of them has ended ("ended").
    """
    found: dict[str, float] = {}
    for program in up.running.programs:
        process = program.find()
        if process is None:
            msg = f"{program.name} has ended"
            raise Rejected(msg, code="ended")
        memory = process.memory_full_info()
        found[program.name] = (getattr(memory, "pss", 0) or memory.uss) / 1e6
    return found
