"""Carries out orders from the queue until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from functions.program.sandboxed import in_children, parts_of
from functions.queues.settings import open_queue
from functions.sandbox.report import Report
from functions.stopping import end, told_to_stop
from functions.stores.settings import open_store
from functions.stores.upkeep import kept_tidy, prepared
from functions.telemetry.health import health_server
from functions.telemetry.metrics import Metrics
from functions.telemetry.queue_watch import QueueWatch
from functions.worker import work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from functions.program.command import AllSettings
    from functions.program.parts import Parts, Program, Settings
    from functions.queues.protocol import Queue
    from functions.stores.protocol import ObjectStore

BEATS: Final = 3
"""Signs of life for an order within the time after which the queue would give it to somebody else."""

log = logging.getLogger(__name__)


async def carry_out_orders(program: Program[Settings], settings: AllSettings[Settings]) -> None:
    """Carry out orders until SIGTERM or SIGINT, and then finish those in hand; the second one leaves them to others.

    Queue and store may start later than this does. It says that it is alive from the start, and that it is ready while
    the network is warm, the store is there and the queue answers.

    Args:
        program: to run.
        settings: with a queue and a store.

    Raises:
        Rejected: the function cannot be put together, or the store not be used.
        OSError: the health server's port is taken.
    """
    if settings.queue is None or settings.store is None:
        msg = "a worker needs a queue and a store"
        raise ValueError(msg)
    stop, metrics, telemetry = told_to_stop(), Metrics(), settings.telemetry
    store = open_store(settings.store)
    watch: QueueWatch | None = None

    def ready() -> bool:
        return watch is not None and watch.answers and not stop.is_set()

    health = health_server(
        metrics.registry, ready=ready, host=telemetry.health_host, port=telemetry.health_port, work=metrics.work
    )
    async with (
        health as port,
        _assembled(program, settings, store, metrics) as assemble,
        _started(settings, assemble, store, stop) as started,
    ):
        if started is None:
            return
        parts, queue = started
        if parts.model is not None:
            metrics.model(name=parts.model[0], sha256=parts.model[1])
        watch = QueueWatch(queue, metrics)
        async with _beside(watch, store):
            log.info("taking orders", extra={"kinds": list(parts.handlers), "health_port": port})
            await work(
                queue,
                parts.handlers,
                stop=stop,
                slots=settings.own.max_inflight or 1,
                heartbeat_seconds=settings.queue.ack_wait_seconds / BEATS,
                metrics=metrics,
            )
    log.info("stopped as told")


@contextlib.asynccontextmanager
async def _assembled(
    program: Program[Settings], settings: AllSettings[Settings], store: ObjectStore, metrics: Metrics
) -> AsyncIterator[Callable[[], Parts]]:
    """What puts the function together, warm, in a child of its own or here."""
    own = settings.own
    if own.sandbox == "process":
        children = in_children(program, settings, store, metrics)
        try:
            yield parts_of(children)
        finally:
            await asyncio.to_thread(children.close)
        return
    Report(metrics.registry).off()

    def warm() -> Parts:
        parts = program.assemble(own, store)
        parts.warm_up()
        return parts

    yield warm


@contextlib.asynccontextmanager
async def _started(
    settings: AllSettings[Settings], assemble: Callable[[], Parts], store: ObjectStore, stop: asyncio.Event
) -> AsyncIterator[tuple[Parts, Queue] | None]:
    """Put everything together at once, and close it in the end; None where it is told to stop before it is."""
    assert settings.queue is not None  # noqa: S101 - the caller has looked
    begun = time.perf_counter()

    def warm() -> Parts:
        parts = assemble()
        log.info("warm", extra={"seconds": round(time.perf_counter() - begun, 3)})
        return parts

    opening = asyncio.create_task(open_queue(settings.queue, wait_seconds=None))
    together = asyncio.gather(asyncio.to_thread(warm), opening, prepared(store))
    stopping = asyncio.create_task(stop.wait())
    first: set[asyncio.Future[Any]] = {together, stopping}
    try:
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        yield together.result()[:2] if together.done() else None
    finally:
        await end({*first, opening})
        if not opening.cancelled() and opening.exception() is None:
            await opening.result().close()


@contextlib.asynccontextmanager
async def _beside(watch: QueueWatch, store: ObjectStore) -> AsyncIterator[None]:
    """What goes on beside the work."""
    tasks = [asyncio.create_task(watch.run()), asyncio.create_task(kept_tidy(store))]
    try:
        yield
    finally:
        await end(tasks)
