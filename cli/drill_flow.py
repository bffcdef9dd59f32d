"""Orders out, answers in: what a drill does as somebody who asks, over whatever is out of reach meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import stamina.instrumentation

from cli.via_patience import Patience, unsaid
from functions.errors import Postponed
from functions.jobs import JobFailed
from functions.queues.settings import open_queue
from functions.stores.settings import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine

    from cli.drill_goods import Good
    from functions.jobs import AnyResult, Order
    from functions.queues.jetstream import NatsQueue
    from functions.queues.settings import QueueSettings
    from functions.stores.protocol import ObjectStore
    from functions.stores.settings import StoreSettings

SIDE_BY_SIDE: Final = 16
"""Orders that are sent at once, and objects that are moved."""

LOOK_SECONDS: Final = 0.5
"""Between looks at a queue that empties: nothing tells when an order has left it."""

FENCE: Final = "drill-fence"
"""Job of a result that is told last: what was told before has been heard when it comes."""

_Value = TypeVar("_Value")


class Flow:
    """What has been asked, and what has been answered.

    Args:
        queue: of the pipeline.
        store: likewise.
    """

    def __init__(self, queue: NatsQueue, store: ObjectStore) -> None:
        self.queue = queue
        self.store = store
        self.finals: dict[str, list[AnyResult]] = {}
        """Job → its final results, as they were told."""
        self.answered_at: dict[str, float] = {}
        """Job → when its first one came, on the monotonic clock."""
        self.trouble: dict[str, str] = {}
        """`the store` or `the queue` → why it could not be reached the first time."""
        self._patience = Patience(unsaid)
        self._moving = asyncio.Semaphore(SIDE_BY_SIDE)
        self._sending = asyncio.Semaphore(SIDE_BY_SIDE)
        self._news = asyncio.Condition()

    async def move(self, work: Callable[[], _Value]) -> _Value:
        """Do something with the store, in a thread, however long it takes until the store answers."""
        async with self._moving:
            return await self._insist("the store", lambda: asyncio.to_thread(work))

    async def bring(self, good: Good) -> None:
        """Put a source into the store."""
        await self.move(lambda: self.store.write(good.order.source, good.data, content_type=good.content_type))

    async def send(self, order: Order) -> None:
        """Put an order into the queue, however long that takes."""
        async with self._sending:
            await self._insist("the queue", lambda: self.queue.send(order))

    async def send_bytes(self, subject: str, data: bytes, *, message_id: str) -> None:
        """Put into the queue what may be no order."""
        async with self._sending:
            await self._insist("the queue", lambda: self.queue.send_bytes(subject, data, message_id=message_id))

    async def order(self, good: Good) -> None:
        """Bring a source, and order it."""
        await self.bring(good)
        await self.send(good.order)

    async def first_answer(self, job_id: str, seconds: float) -> AnyResult | None:
        """Wait for a job's final result; None where none comes in time."""
        await self.answers([job_id], seconds)
        return next(iter(self.finals.get(job_id, ())), None)

    async def answers(self, jobs: Collection[str], seconds: float) -> set[str]:
        """Wait until all of these jobs are answered, or the time is over.

        Returns:
            Those that are not.
        """
        left = set(jobs)

        def all_there() -> bool:
            left.difference_update(self.finals)
            return not left

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard(all_there)
        return left

    async def emptied(self, seconds: float) -> int:
        """Wait until the queue is empty, or the time is over; orders that are left in it."""
        left = -1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while left := await self._insist("the queue", self._left):  # noqa: ASYNC110 - the queue has no event
                    await asyncio.sleep(LOOK_SECONDS)
        return left

    async def settled(self, seconds: float) -> None:
        """Wait until all has been heard that was told before."""
        told = JobFailed(job_id=FENCE, trace_id="0" * 32, order="none", reason="the end of the drill", code="end")
        before = len(self.finals.get(FENCE, ()))
        await self._insist("the queue", lambda: self.queue.tell(told))
        async with asyncio.timeout(seconds):
            await self._heard(lambda: len(self.finals.get(FENCE, ())) > before)

    async def follow(self, told: AsyncIterator[AnyResult]) -> None:
        """Hear results, without end."""
        async for result in told:
            if result.final:
                async with self._news:
                    self.finals.setdefault(result.job_id, []).append(result)
                    self.answered_at.setdefault(result.job_id, time.monotonic())
                    self._news.notify_all()

    async def _insist(self, what: str, step: Callable[[], Awaitable[_Value]]) -> _Value:
        async def attempt() -> _Value:
            try:
                return await step()
            except Postponed as error:
                self.trouble.setdefault(what, error.reason)
                raise

        return await self._patience.insist(what, attempt)

    async def _heard(self, happened: Callable[[], bool]) -> None:
        async with self._news:
            await self._news.wait_for(happened)

    async def _left(self) -> int:
        depths = await self.queue.depths()
        return sum(depth.waiting + depth.in_hand for depth in depths.values())


class Pipeline(Protocol):
    """Where queue and store are, as `cli.up_address.Running` says it."""

    @property
    def queue(self) -> QueueSettings:
        """Settings of its queue."""

    @property
    def store(self) -> StoreSettings:
        """Settings of its store."""


@contextlib.asynccontextmanager
async def flowing(pipeline: Pipeline) -> AsyncIterator[Flow]:
    """Open the queue and store of a pipeline, and listen to all that is told while the block lasts.

    Raises:
        Postponed: it is not there.
    """
    hush()
    queue = await open_queue(pipeline.queue)
    try:
        flow = Flow(queue, open_store(pipeline.store))
        async with queue.results() as told, beside(flow.follow(told)):
            yield flow
    finally:
        await queue.close()


def hush() -> None:
    """Keep back what is written for the logs of servers: a drill breaks them on purpose."""
    # With structlog installed stamina writes to standard output, where results go.
    stamina.instrumentation.set_on_retry_hooks([stamina.instrumentation.LoggingOnRetryHook])
    if not logging.getLogger().isEnabledFor(logging.DEBUG):
        for name in ("functions.queues", "stamina"):
            logging.getLogger(name).setLevel(logging.ERROR)


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do something without end while the block lasts; should it fail, so does the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield
        task.cancel()
