"""What holds after every drill: all orders answered, once, with the right bytes, and nothing left over."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from functions.jobs import JobFailed
from functions.stores.protocol import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.drill_engine import EngineHere
    from cli.drill_flow import Flow
    from cli.drill_goods import Good
    from cli.drill_report import DrillReport

EMPTY_SECONDS: Final = 120.0
"""Until the queue must be empty: an order whose worker died after its answer comes once more."""

PROBE: Final = f"{OUTBOX}/probe"


class Checker:
    """Compares what comes back with what the engine makes in this process, as it comes.

    Args:
        flow: that answers.
        engine: in this process.
    """

    def __init__(self, flow: Flow, engine: EngineHere, thread: ThreadPoolExecutor) -> None:
        self._flow = flow
        self._engine = engine
        self._thread = thread
        self.wrong: list[str] = []
        self.right = 0

    async def check(self, good: Good, seconds: float) -> None:
        """Wait for an answer, and compare the result's bytes; an order without an answer, or refused, is not wrong."""
        answer = await self._flow.first_answer(good.job_id, seconds)
        if answer is None or isinstance(answer, JobFailed):
            return
        found = await self._flow.move(lambda: self._flow.store.read(good.order.target))
        loop = asyncio.get_running_loop()
        if found == await loop.run_in_executor(self._thread, self._engine.colour, good):
            self.right += 1
        else:
            self.wrong.append(f"{good.order.target} ({len(found):,} bytes)")


@contextlib.contextmanager
def checking(flow: Flow, engine: EngineHere) -> Iterator[Checker]:
    """Check while the block lasts."""
    with ThreadPoolExecutor(1, thread_name_prefix="engine") as thread:
        yield Checker(flow, engine, thread)


async def add_promises(report: DrillReport, flow: Flow, goods: Sequence[Good], checker: Checker) -> None:
    """Look at queue and store when all is over, and add to the report what was promised of these goods."""
    left = await flow.emptied(EMPTY_SECONDS)
    await flow.settled(EMPTY_SECONDS)
    finals = {good.job_id: flow.finals.get(good.job_id, []) for good in goods}
    missing = [job for job, told in finals.items() if not told]
    report.promise("every order is answered", missing, right=f"{len(goods):,} orders")
    refused = [f"{job}: {told[0].reason}" for job, told in finals.items() if told and isinstance(told[0], JobFailed)]
    report.promise("none is refused", refused, right=f"{len(goods) - len(missing):,} coloured")
    differing = [job for job, told in finals.items() if len(set(told)) > 1]
    again = sum(max(0, len(told) - 1) for told in finals.values())
    report.promise("each has one answer", differing, right=f"{again:,} of them told again, word for word")
    report.promise("no wrong bytes", checker.wrong, right=f"{checker.right:,} results equal the engine's")
    expected = set[str]().union(*(good.objects for good in goods))
    there = {found.name for found in await flow.move(lambda: list(flow.store.list(f"{OUTBOX}/")))} - {PROBE}
    wrong = [f"{name} is missing" for name in sorted(expected - there)]
    wrong += [f"{name} is too many" for name in sorted(there - expected)]
    report.promise("no second result", wrong, right=f"{len(there):,} objects in {OUTBOX}/, all expected")
    letters = [kept.letter async for kept in flow.queue.dead_letters()]
    dead = [f"{letter.job_id or letter.subject}: {letter.reason}" for letter in letters]
    report.promise("no dead letters", dead, right="none")
    report.promise("nothing left in the queue", [f"{left:,} orders"] if left else [], right="empty")
