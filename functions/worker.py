"""Take an order, carry it out, say how it went: what every worker does, whatever its orders are about.

An order leaves the queue in one of two ways only: it is done, with all that comes of it told before; or it is buried
among the dead letters, with whoever asked told why. Anything else, a worker's death as well, brings it back.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import stamina
from pydantic import ValidationError

from functions.errors import Postponed, Rejected, Suspected
from functions.jobs import JobFailed, parse_order
from functions.passing_on import pass_on
from functions.queues.keeping import ACK_WAIT_SECONDS, DAY
from functions.queues.subjects import job_of, kind_of
from functions.stopping import end, side_by_side
from functions.telemetry.context import about, stages_told_to
from functions.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from functions.jobs import AnyOrder
    from functions.outcome import Handlers, Outcome
    from functions.queues.protocol import Delivery, Queue
    from functions.telemetry.metrics import Ending

_Answer = TypeVar("_Answer")

FAILED: Final = "failed: "
"""What the reason of a try begins with that ended with a bug, and not with `Postponed`."""

CHUNK: Final = "colorise-chunk"
"""The kind of which a job has many: when one cannot be carried out, the others are in vain."""

UNKNOWN_TRACE: Final = "0" * 32
"""Of an order that cannot be read."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tries:
    """How often, and for how long, an order is tried before it is buried."""

    postponed_seconds: float = DAY
    """Since it was sent."""
    failures: int = 5
    """Tries that ended with a bug, with the last one."""
    silences: int = 8
    """Tries that ended with a worker's death, or with its silence."""
    first_delay_seconds: float = 1.0
    longest_delay_seconds: float = 300.0
    settle_seconds: float = 60.0
    """That the queue is waited for when the work itself is done; after that it is done again."""

    def delay_seconds(self, tries: int, *, at_least: float = 0.0) -> float:
        """How long to wait after so many tries: twice as long each time, and never the same for two orders."""
        grown = min(self.first_delay_seconds * 2.0 ** min(tries, 30), self.longest_delay_seconds)
        return max(grown, at_least) * random.uniform(1.0, 1.25)  # noqa: S311 - so that not all come back at once


async def work(  # noqa: PLR0913 - each has its reason, and a default
    queue: Queue,
    handlers: Handlers,
    *,
    stop: asyncio.Event,
    slots: int = 1,
    heartbeat_seconds: float = ACK_WAIT_SECONDS / 3,
    tries: Tries = Tries(),
    metrics: Metrics | None = None,
) -> None:
    """Carry out orders until told to stop.

    Args:
        queue: where they come from; results, further orders and failures go there too.
        handlers: by kind of order; orders of an earlier kind go before those of a later one. Each runs in a thread.
        stop: once set, no order is taken any more, and those in hand are finished.
        slots: orders carried out side by side.
        heartbeat_seconds: between signs of life for an order; at most a third of the queue's `ack_wait`.
        tries: before an order is buried.
        metrics: what is counted and timed goes there.
    """
    threads = ThreadPoolExecutor(slots, thread_name_prefix="order")
    worker = _Worker(queue, handlers, threads, heartbeat_seconds, tries, metrics or Metrics())
    try:
        await side_by_side(*(worker.serve(stop) for _ in range(slots)))
    finally:
        threads.shutdown(wait=False)


@dataclass(frozen=True, slots=True)
class _Worker:
    queue: Queue
    handlers: Handlers
    threads: ThreadPoolExecutor
    heartbeat_seconds: float
    tries: Tries
    metrics: Metrics

    async def serve(self, stop: asyncio.Event) -> None:
        """Carry out one order after another."""
        stopping = asyncio.create_task(stop.wait())
        try:
            async with self.queue.deliveries(tuple(self.handlers)) as deliveries:
                while (delivery := await _next(deliveries, stopping)) is not None:
                    await self._take(delivery)
        finally:
            stopping.cancel()

    async def _take(self, delivery: Delivery) -> None:
        kind, attempt = kind_of(delivery.subject), delivery.attempt
        trace_id = _fields(delivery.data).get("trace_id")
        with (
            about(kind=kind, job_id=job_of(delivery.subject), attempt=attempt, trace_id=trace_id),
            self.metrics.in_flight(kind, attempt=attempt),
        ):
            if attempt == 1:
                self.metrics.took(kind, "wait", (datetime.now(UTC) - delivery.sent_at).total_seconds())
            async with _alive(delivery, self.heartbeat_seconds):
                try:
                    ending = await self._carry_out(delivery, kind)
                except _QueueAway as error:
                    ending = "left"
                    _log.warning("how the order went cannot be told, so it comes again: %s", error)
            self.metrics.ended(kind, ending)

    async def _carry_out(self, delivery: Delivery, kind: str) -> Ending:
        """Carry out an order, and tell the queue.

        Raises:
            _QueueAway: the queue was away for too long to be told.
        """
        try:
            order = parse_order(delivery.data)
            self._refuse_killer(delivery)
            outcome = await self._handle(order, kind)
            with self.metrics.timed(kind, "acknowledge"):
                await self._settle(delivery, outcome)
        except _QueueAway:
            raise
        except Rejected as error:
            await self._bury(delivery, error.reason, code=error.code)
            return "rejected"
        except Postponed as error:
            return await self._put_off(delivery, error)
        except Exception as error:  # noqa: BLE001 - a bug over one order must not stop the others; it is logged
            return await self._fail(delivery, error)
        _log.info("order done", extra={"results": len(outcome.results), "orders": len(outcome.orders)})
        return "done"

    def _refuse_killer(self, delivery: Delivery) -> None:
        silences = delivery.attempt - 1 - len(delivery.history)
        if silences >= self.tries.silences:
            msg = f"{silences} workers were lost over it, one after another: is it too large for their memory?"
            raise Rejected(msg, code="kept-failing")

    async def _handle(self, order: AnyOrder, kind: str) -> Outcome:
        handler = self.handlers.get(order.kind)
        if handler is None:
            msg = f"an order of the kind {order.kind} was sent to those who take {kind}"
            raise Rejected(msg, code="bad-message")
        with self.metrics.timed(kind, "handle"), stages_told_to(self.metrics.stages_of(kind)):
            here = contextvars.copy_context()
            return await asyncio.get_running_loop().run_in_executor(self.threads, here.run, handler, order)

    async def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        """Tell all that comes of an order; it counts as done only after that."""
        await pass_on(outcome, self.queue, self._insist)
        await self._insist(delivery.done)

    async def _put_off(self, delivery: Delivery, error: Postponed) -> Ending:
        delay = self.tries.delay_seconds(len(delivery.history), at_least=error.after_seconds)
        age = (datetime.now(UTC) - delivery.sent_at).total_seconds()
        if age + delay > self.tries.postponed_seconds:
            reason = f"it was put off until it was too late: {error.reason}"
            await self._bury(delivery, reason, code="gave-up")
            return "failed"
        _log.warning("order put off: %s", error.reason, extra={"seconds": round(delay, 1)})
        await self._insist(partial(delivery.again, f"postponed: {error.reason}", after_seconds=delay))
        return "postponed"

    async def _fail(self, delivery: Delivery, error: Exception) -> Ending:
        _log.error("order failed", exc_info=error)
        what = f"{type(error).__name__}: {error}"[:500]
        failures = 1 + sum(attempt.reason.startswith(FAILED) for attempt in delivery.history)
        if failures >= self.tries.failures:
            code, told = "failed", f"it failed {failures} times on our side, the last time with {type(error).__name__}"
            if isinstance(error, Suspected):
                code, told = error.code, error.told
            await self._bury(delivery, what, code=code, told=told)
        else:
            delay = self.tries.delay_seconds(failures)
            await self._insist(partial(delivery.again, f"{FAILED}{what}", after_seconds=delay))
        return "failed"

    async def _bury(self, delivery: Delivery, reason: str, *, code: str, told: str | None = None) -> None:
        """Tell whoever asked, if that can be read, and then the operator."""
        failure = _failure(delivery, told or reason, code)
        if failure is not None:
            await self._insist(partial(self.queue.tell, failure))
        await self._insist(partial(delivery.bury, reason, code=code))
        kind = kind_of(delivery.subject)
        if kind == CHUNK and failure is not None:
            await self._insist(partial(self.queue.cancel, failure.job_id))
        self.metrics.buried(kind, code)
        _log.warning("order buried: %s", reason, extra={"code": code})

    async def _insist(self, step: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Tell the queue something, over an outage.

        Raises:
            _QueueAway: it was away for too long.
        """
        with contextlib.suppress(Postponed):
            return await step()
        patience = stamina.AsyncRetryingCaller(
            attempts=None, timeout=self.tries.settle_seconds, wait_initial=0.2, wait_max=5.0
        )
        try:
            return await patience(Postponed, step)
        except Postponed as error:
            raise _QueueAway(error.reason) from error


class _QueueAway(Exception):  # noqa: N818 - what is the matter, not only an error
    """The queue cannot be told how an order went."""


async def _next(deliveries: AsyncIterator[Delivery], stopping: asyncio.Task[Any]) -> Delivery | None:
    """The next order; None when it is time to stop, even if one has just come: it is given back."""
    if stopping.done():
        return None
    coming = asyncio.ensure_future(anext(deliveries))
    try:
        await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if stopping.done() or not coming.done():
            await end([coming])
    return None if stopping.done() else coming.result()


@contextlib.asynccontextmanager
async def _alive(delivery: Delivery, heartbeat_seconds: float) -> AsyncIterator[None]:
    """Give signs of life for an order in hand."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(heartbeat_seconds)
            try:
                await delivery.working()
            except Postponed as error:
                _log.debug("no sign of life: %s", error.reason)

    beating = asyncio.create_task(beat(), name="heartbeat")
    try:
        yield
    finally:
        await end([beating])


def _failure(delivery: Delivery, reason: str, code: str) -> JobFailed | None:
    """What whoever asked is told; None where an order does not even say whose it is."""
    fields = _fields(delivery.data)
    jobs: Sequence[object] = (fields.get("job_id"), job_of(delivery.subject))
    for job_id in jobs:
        for trace_id in (fields.get("trace_id"), UNKNOWN_TRACE):
            said = {"job_id": job_id, "trace_id": trace_id, "order": kind_of(delivery.subject)}
            with contextlib.suppress(ValidationError):
                return JobFailed.model_validate({**said, "reason": reason, "code": code})
    return None


def _fields(data: bytes) -> dict[str, object]:
    """What can be read of an order that may be none."""
    with contextlib.suppress(ValueError, RecursionError):
        fields = json.loads(data)
        if isinstance(fields, dict):
            return fields
    return {}
