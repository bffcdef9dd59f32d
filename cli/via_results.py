"""What becomes of our jobs: all results that the queue tells, sorted by who waits for them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from functions.errors import Postponed
from functions.queues.sorted_results import SortedResults
from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from cli.via_patience import Patience
    from cli.via_pipeline import Pipeline
    from functions.queues.protocol import Queue

LOOK_SECONDS: Final = 10.0
"""Between two looks at a queue that has told us nothing: it may be gone, or have no workers."""


@contextlib.asynccontextmanager
async def listening(
    pipeline: Pipeline, patience: Patience, say: Callable[[str], None], *, look_seconds: float = LOOK_SECONDS
) -> AsyncIterator[SortedResults]:
    """Listen to the queue while the block runs: whatever is told from now on is not missed.

    Where nothing is heard for a while, it says why: the queue is out of reach, or nobody takes the orders.

    Raises:
        Postponed: the queue is out of reach.
    """
    results = SortedResults()
    async with pipeline.queue.results() as told:
        tasks = [
            asyncio.create_task(results.follow(told)),
            asyncio.create_task(_watch(pipeline, results, patience, say, look_seconds)),
        ]
        try:
            yield results
        finally:
            await end(tasks)


async def _watch(
    pipeline: Pipeline, results: SortedResults, patience: Patience, say: Callable[[str], None], look_seconds: float
) -> None:
    """Look after a queue that is silent."""
    heard, is_told = 0, False
    while True:
        await asyncio.sleep(look_seconds)
        if results.jobs and heard == results.heard and await _is_idle(pipeline.queue, patience) and not is_told:
            is_told = True
            say(f"no worker takes orders from {pipeline.name}: ours wait there until one does")
        heard = results.heard


async def _is_idle(queue: Queue, patience: Patience) -> bool:
    """Whether nobody has any order in hand, as far as the queue says."""
    try:
        depths = await queue.depths()
    except Postponed as error:
        patience.lost("the queue", error.reason)
        return False
    patience.found("the queue")
    return not any(depth.in_hand for depth in depths.values())
