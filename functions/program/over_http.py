"""Answers calls over HTTP until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.queues.settings import open_queue
from functions.serve import serve
from functions.stopping import end
from functions.stores.settings import open_store
from functions.stores.upkeep import kept_tidy
from functions.web_files import Guard, WebFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.program.command import AllSettings
    from functions.program.parts import Program, Settings
    from functions.program.settings import ProgramSettings
    from functions.queues.protocol import Queue
    from functions.queues.settings import QueueSettings
    from functions.stores.protocol import ObjectStore


async def answer_calls(program: Program[Settings], settings: AllSettings[Settings]) -> None:
    """Answer calls until SIGTERM or SIGINT, and then until those in hand are answered.

    Args:
        program: to run.
        settings: of it; without a queue, what follows from an order is left to the caller.

    Raises:
        Rejected: the function cannot be put together, or the store not be used.
        Postponed: the queue is not there.
        OSError: the port is taken.
    """
    own = settings.own
    store = None if settings.store is None else open_store(settings.store)
    parts = await asyncio.to_thread(program.assemble, own, store)

    def warm_up() -> None:
        if store is not None:
            store.prepare()
        parts.warm_up()

    async with _queue(settings.queue) as queue, _tidied(store):
        made = program.function(own, parts, store, queue)
        function = replace(made, warm_up=warm_up, callbacks=_callbacks(own))
        await serve(function, host=own.http_host, port=own.http_port)


def _callbacks(settings: ProgramSettings) -> WebFiles | None:
    return WebFiles(Guard(allowed_hosts=settings.callback_hosts)) if settings.callbacks else None


@contextlib.asynccontextmanager
async def _queue(settings: QueueSettings | None) -> AsyncIterator[Queue | None]:
    if settings is None:
        yield None
        return
    queue = await open_queue(settings)
    try:
        yield queue
    finally:
        await queue.close()


@contextlib.asynccontextmanager
async def _tidied(store: ObjectStore | None) -> AsyncIterator[None]:
    """Delete what is too old while the block runs."""
    task = None if store is None else asyncio.create_task(kept_tidy(store))
    try:
        yield
    finally:
        if task is not None:
            await end([task])
