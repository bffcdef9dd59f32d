"""What becomes of our jobs: all results that the queue tells, sorted by who waits for them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from cli.via_patience import Patience
    from cli.via_pipeline import Pipeline
    from functions.jobs import AnyResult
    from functions.queues.protocol import Queue

LOOK_SECONDS: Final = 10.0
"""Between two looks at a queue that has told us nothing: it may be gone, or have no workers."""

Following: TypeAlias = "Callable[[], Coroutine[Any, Any, AnyResult]]"
"""Waits for the next result of a job."""


class Results:
    """Results of several jobs through one subscription, which costs the server nothing for each job."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Queue[AnyResult | Exception]] = {}
        self._error: Exception | None = None
        self.heard = 0
        """Results of our jobs so far."""

    @property
    def jobs(self) -> int:
        """That are waited for."""
        return len(self._asked)

    @contextlib.asynccontextmanager
    async def of(self, job_id: str) -> AsyncIterator[Following]:
        """Listen to a job while the block runs; begin before its first order is sent."""
        told: asyncio.Queue[AnyResult | Exception] = asyncio.Queue()
        self._asked[job_id] = told
        if self._error is not None:
            told.put_nowait(self._error)

        async def following() -> AnyResult:
            result = await told.get()
            if isinstance(result, Exception):
                raise result
            return result

        try:
            yield following
        finally:
            del self._asked[job_id]

    async def follow(self, told: AsyncIterator[AnyResult]) -> None:
        """Hand results to those who wait for them; should listening fail, the error too."""
        try:
            async for result in told:
                asked = self._asked.get(result.job_id)
                if asked is not None:
                    self.heard += 1
                    asked.put_nowait(result)
        except Exception as error:  # noqa: BLE001 - raised where results are waited for
            self._error = error
            for asked in self._asked.values():
                asked.put_nowait(error)


@contextlib.asynccontextmanager
async def listening(
    pipeline: Pipeline, patience: Patience, say: Callable[[str], None], *, look_seconds: float = LOOK_SECONDS
) -> AsyncIterator[Results]:
    """Listen to the queue while the block runs: whatever is told from now on is not missed.

    Where nothing is heard for a while, it says why: the queue is out of reach, or nobody takes the orders.

    Raises:
        Postponed: the queue is out of reach.
    """
    results = Results()
    async with pipeline.queue.results() as told:
        tasks = [
            asyncio.create_task(results.follow(told)),
            asyncio.create_task(_watch(pipeline, results, patience, say, look_seconds)),
        ]
        try:
            yield results
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def _watch(
    pipeline: Pipeline, results: Results, patience: Patience, say: Callable[[str], None], look_seconds: float
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
