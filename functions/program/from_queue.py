"""Carries out orders from the queue until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from functions.program.sandboxed import in_children, parts_of
from functions.program.taking import Team, open_desk
from functions.sandbox.report import Report
from functions.stores.settings import open_store
from functions.stores.upkeep import kept_tidy, prepared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from functions.program.command import AllSettings
    from functions.program.parts import Parts, Program, Settings
    from functions.stores.protocol import ObjectStore
    from functions.telemetry.metrics import Metrics

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
    store = open_store(settings.store)
    async with (
        open_desk(settings.telemetry) as desk,
        _assembled(program, settings, store, desk.metrics) as assemble,
        desk.queue(settings.queue, _warm(assemble, store)) as opened,
    ):
        if opened is None:
            return
        queue, parts = opened
        if parts.model is not None:
            desk.metrics.model(name=parts.model[0], sha256=parts.model[1])
        team = Team(parts.handlers, settings.own.max_inflight or 1)
        await desk.take_orders(queue, settings.queue, [team], kept_tidy(store))
    log.info("stopped as told")


@contextlib.asynccontextmanager
async def _assembled(
    program: Program[Settings], settings: AllSettings[Settings], store: ObjectStore, metrics: Metrics
) -> AsyncIterator[Callable[[], Parts]]:
    """What puts the function together, warm, in a child of its own or here."""
    own = settings.own
    if own.sandbox == "process":
        children = in_children(program, settings, store, metrics, count=own.max_inflight or 1)
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


async def _warm(assemble: Callable[[], Parts], store: ObjectStore) -> Parts:
    """Put the function together and prepare the store, at once."""
    begun = time.perf_counter()

    def warm() -> Parts:
        parts = assemble()
        log.info("warm", extra={"seconds": round(time.perf_counter() - begun, 3)})
        return parts

    parts, _ = await asyncio.gather(asyncio.to_thread(warm), prepared(store))
    return parts
