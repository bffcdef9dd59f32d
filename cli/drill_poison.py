"""`colorise drill poison`: orders that nobody can carry out are answered and buried, and hold up no good ones."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from cli.drill_flow import flowing
from cli.drill_goods import pictures
from cli.drill_ground import said
from cli.drill_poisons import Poison, bring_sources, poisons
from cli.drill_promises import EMPTY_SECONDS
from cli.drill_report import DrillReport
from cli.drill_up import drill_up
from functions.jobs import JobFailed

if TYPE_CHECKING:
    from pathlib import Path

    from cli.drill_flow import Flow
    from cli.drill_goods import Good

SHARE: Final = 0.1
"""Of the orders that are poison, in a round with them."""

LEAST_RATIO: Final = 0.85
"""Of the throughput of good orders beside poison to that without."""


@dataclass(frozen=True, slots=True)
class PoisonOptions:
    """What is asked."""

    orders: int = 200
    """Good ones in each round."""
    rounds: int = 5
    """Pairs, one round without poison and one with it; the median of their ratios counts. 0 counts no time."""
    wait_minutes: float = 10.0
    """For the answers of a round."""
    workers: int = 2
    seed: int = 1
    side: int | None = None


async def poison(data: Path, options: PoisonOptions) -> DrillReport:
    """Order good things alone and beside poison, by turns.

    Raises:
        Rejected: `colorise up` does not get ready, or ends.
    """
    random = Random(options.seed)  # noqa: S311 - the same drill for the same seed
    goods = await asyncio.to_thread(pictures, options.orders, seed=options.seed, side=options.side)
    report = DrillReport("poison")
    async with drill_up(data, workers=options.workers) as up, flowing(up.running) as flow:
        async with asyncio.TaskGroup() as group:
            group.create_task(bring_sources(flow))
            for good in goods:
                group.create_task(flow.bring(good))
        sent: list[Good] = []
        poisoned: list[Poison] = []
        rates: dict[bool, list[float]] = {False: [], True: []}
        for number in range(max(1, options.rounds)):
            for beside_poison in random.sample([False, True], 2) if options.rounds else [True]:
                mark = f"{number}{'p' if beside_poison else 'g'}"
                asked = [one.again(f"{one.job_id}-{mark}") for one in goods]
                bad = poisons(round(len(asked) * SHARE / (1 - SHARE)), mark) if beside_poison else []
                seconds = await _round(flow, asked, bad, random, options.wait_minutes * 60)
                rates[beside_poison].append(len(asked) / seconds)
                how = "beside poison" if beside_poison else "alone"
                said(f"round {number + 1}, {how}: {rates[beside_poison][-1]:.1f} good orders a second")
                sent += asked
                poisoned += bad
        if options.rounds:
            _compare(report, rates)
        await _add_promises(report, flow, sent, poisoned)
    return report


async def _round(flow: Flow, goods: list[Good], poisoned: list[Poison], random: Random, seconds: float) -> float:
    """Send a round's orders, mixed, and wait for all answers; seconds until the last good one."""
    places: list[Good | Poison] = [*goods, *poisoned]
    random.shuffle(places)
    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for one in places:
            if isinstance(one, Poison):
                group.create_task(flow.send_bytes(one.subject, one.data, message_id=one.job_id))
            else:
                group.create_task(flow.send(one.order))
    await flow.answers([one.job_id for one in places], seconds)
    return max(flow.answered_at.get(good.job_id, begun + seconds) for good in goods) - begun


def _compare(report: DrillReport, rates: dict[bool, list[float]]) -> None:
    alone, beside_poison = rates[False], rates[True]
    report.figure("good orders alone", statistics.median(alone), "/s", values=tuple(alone))
    report.figure("good orders beside poison", statistics.median(beside_poison), "/s", values=tuple(beside_poison))
    ratios = [one / other for one, other in zip(beside_poison, alone, strict=True)]
    ratio = statistics.median(ratios)
    kept = ratio >= LEAST_RATIO
    aim = f"at least {LEAST_RATIO}"
    report.figure("ratio of a pair of rounds", ratio, aim=aim, reached=kept, values=tuple(ratios))
    wrong = [] if kept else [f"good orders are carried out {ratio:.2f} times as fast as without it"]
    report.promise("poison holds up no good orders", wrong, right=f"{ratio:.2f} times as fast as without it")


async def _add_promises(report: DrillReport, flow: Flow, goods: list[Good], poisoned: list[Poison]) -> None:
    left = await flow.emptied(EMPTY_SECONDS)
    await flow.settled(EMPTY_SECONDS)
    finals = flow.finals
    wrong = [
        good.job_id for good in goods if any(isinstance(told, JobFailed) for told in finals.get(good.job_id, [None]))
    ]
    wrong = [good.job_id for good in goods if good.job_id not in finals] + wrong
    report.promise("every good order is carried out", wrong, right=f"{len(goods):,} pictures")
    wrong = []
    for bad in poisoned:
        told = finals.get(bad.job_id, [])
        codes = {one.code if isinstance(one, JobFailed) and one.reason else one.kind for one in told}
        if codes != {bad.code}:
            wrong.append(f"{bad.what}: told {', '.join(sorted(codes)) or 'nothing'} instead of {bad.code}")
    report.promise("every poison order is answered with its reason", wrong, right=f"{len(poisoned):,} orders")
    letters = [kept.letter async for kept in flow.queue.dead_letters()]
    dead = sorted((letter.job_id or "", letter.code) for letter in letters)
    expected = sorted((bad.job_id, bad.code) for bad in poisoned)
    wrong = [f"{job} ({code}) is missing" for job, code in expected if (job, code) not in dead]
    wrong += [f"{job} ({code}) is too many" for job, code in dead if (job, code) not in expected]
    wrong += [f"{len(dead)} letters for {len(expected)} orders"] if not wrong and len(dead) != len(expected) else []
    report.promise("each lies among the dead letters, and no other", wrong, right=f"{len(dead):,} letters")
    report.promise("nothing left in the queue", [f"{left:,} orders"] if left else [], right="empty")
