"""Answers calls over HTTP until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.environment import usable_cores
from functions.program.sandboxed import in_children, parts_to_call
from functions.queues.settings import open_queue
from functions.sandbox.report import Report
from functions.serve import Limits, serve
from functions.stopping import end
from functions.stores.memory import MemoryStore
from functions.stores.settings import open_store
from functions.stores.upkeep import kept_tidy
from functions.telemetry.metrics import Metrics
from functions.web_files import Guard, WebFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.program.command import AllSettings
    from functions.program.parts import Parts, Program, Settings
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
    store, metrics = None if settings.store is None else open_store(settings.store), Metrics()
    async with (
        _assembled(program, settings, store, metrics) as parts,
        _queue(settings.queue) as queue,
        _tidied(store),
    ):

        def warm_up() -> None:
            if store is not None:
                store.prepare()
            parts.warm_up()

        made = program.function(own, parts, store, queue)
        function = replace(made, warm_up=warm_up, callbacks=_callbacks(own), metrics=metrics)
        await serve(function, host=own.http_host, port=own.http_port)


@contextlib.asynccontextmanager
async def _assembled(
    program: Program[Settings], settings: AllSettings[Settings], store: ObjectStore | None, metrics: Metrics
) -> AsyncIterator[Parts]:
    """The function put together, in children of its own or here; the network is not warm yet."""
    own = settings.own
    if own.sandbox == "off":
        Report(metrics.registry).off()
        parts = await asyncio.to_thread(program.assemble, own, store)
        _note_model(metrics, parts.model)
        yield parts
        return
    count = min(own.max_inflight or Limits().max_inflight, max(1, usable_cores() // own.threads))
    children = in_children(program, settings, store or MemoryStore(), metrics, count=count)
    try:
        yield parts_to_call(
            program, children, has_store=store is not None, warm=lambda ready: _note_model(metrics, ready.model)
        )
    finally:
        await asyncio.to_thread(children.close)


def _note_model(metrics: Metrics, model: tuple[str, str] | None) -> None:
    if model is not None:
        metrics.model(name=model[0], sha256=model[1])


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
