"""How much faster two workers are than one."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from typing import TYPE_CHECKING, Final

from cli.drill_promises import EMPTY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.drill_flow import Flow
    from cli.drill_goods import Good
    from cli.drill_report import DrillReport
    from cli.drill_up import DrillUp

LEAST_RATIO: Final = 1.7

WAIT_SECONDS: Final = 600.0


async def scaling(report: DrillReport, up: DrillUp, flow: Flow, goods: list[Good], rounds: int) -> None:
    """Have pictures coloured by one worker and by two, by turns; the other one sleeps meanwhile."""
    for good in goods:
        await flow.bring(good)
    await _seconds(flow, goods, "warm")
    one: list[float] = []
    two: list[float] = []
    for number in range(rounds):
        await flow.emptied(EMPTY_SECONDS)
        with _asleep(up, up.workers[-1]):
            one.append(await _seconds(flow, goods, f"one{number}"))
        two.append(await _seconds(flow, goods, f"two{number}"))
    ratios = tuple(alone / both for alone, both in zip(one, two, strict=True))
    ratio = statistics.median(ratios)
    report.figure(
        "two workers to one", ratio, "times", aim=f"at least {LEAST_RATIO}", reached=ratio >= LEAST_RATIO, values=ratios
    )
    for name, taken in (("one worker", one), ("two workers", two)):
        rates = tuple(len(goods) / seconds for seconds in taken)
        report.figure(f"  pictures of {name}", statistics.median(rates), "/s", values=rates)


async def _seconds(flow: Flow, goods: list[Good], mark: str) -> float:
    """Until the last of them is answered, from the first order on."""
    asked = [good.again(f"{good.job_id}-{mark}") for good in goods]
    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for good in asked:
            group.create_task(flow.send(good.order))
    await flow.answers([good.job_id for good in asked], WAIT_SECONDS)
    return max(flow.answered_at.get(good.job_id, begun + WAIT_SECONDS) for good in asked) - begun


@contextlib.contextmanager
def _asleep(up: DrillUp, name: str) -> Iterator[None]:
    """Stop a worker that has nothing in hand while the block lasts, without its noticing."""
    process = next(program for program in up.running.programs if program.name == name).find()
    if process is None:
        yield
        return
    process.suspend()
    try:
        yield
    finally:
        process.resume()
