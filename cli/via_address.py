"""Which pipeline `--via` names: the address of a queue, or `up` for the one that `colorise up` runs on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import stamina.instrumentation
from pydantic import ValidationError

from cli.sources import Usage
from cli.up_address import Running, find_running
from cli.via_pipeline import OpenPipeline, Pipeline
from functions.errors import Postponed
from functions.queues.settings import QueueSettings, open_queue
from functions.stores.protocol import OUTBOX
from functions.stores.settings import StoreSettings, open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.queues.protocol import Queue

UP: Final = "up"
"""The word for the pipeline that `colorise up` runs here."""

FIRST_SECONDS: Final = 5.0
"""That a server is looked for at the start: somebody sits there, and may have mistyped its address."""

PROBE: Final = f"{OUTBOX}/probe"
"""An object that need not be there: asking for it tells whether the store answers, and knows our key and bucket."""

OpenQueue: TypeAlias = Callable[[], AbstractAsyncContextManager["Queue"]]

_Settings = TypeVar("_Settings", QueueSettings, StoreSettings)


def pipeline_at(via: str) -> OpenPipeline:
    """Read the settings of queue and store; both are opened later, and tried.

    Raises:
        Usage: what `--via` says is no address, nothing runs here, or the environment does not say where the store is.
    """
    settings = queue_settings(via)
    store = open_store(store_settings(via))

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[Pipeline]:
        async with _opened(settings) as queue:
            await asyncio.to_thread(store.find, PROBE)
            yield Pipeline(settings.nats_url, queue, store)

    return opened


def queue_at(via: str) -> OpenQueue:
    """Read the settings of a queue alone.

    Raises:
        Usage: as `pipeline_at` does.
    """
    settings = queue_settings(via)
    return lambda: _opened(settings)


def queue_settings(via: str) -> QueueSettings:
    """Where the queue is, and who we are there.

    Raises:
        Usage: as `pipeline_at` does.
    """
    if via == UP:
        return _running().queue
    if "://" not in via:
        msg = f"--via {via} is no address: give one such as nats://127.0.0.1:4222, or up for `colorise up` here"
        raise Usage(msg)
    return _read(lambda: QueueSettings(nats_url=via), f"--via {via}")


def store_settings(via: str) -> StoreSettings:
    """Where the store is, and who we are there: as `colorise up` says, or the environment.

    Raises:
        Usage: as `pipeline_at` does.
    """
    return _running().store if via == UP else _read(StoreSettings, f"the store of --via {via}")


def _running() -> Running:
    running = find_running(None)
    if running is None:
        msg = "--via up: none runs on this machine; start one with `colorise up`, or give the address of a queue"
        raise Usage(msg)
    return running


@contextlib.asynccontextmanager
async def _opened(settings: QueueSettings) -> AsyncIterator[Queue]:
    _hush()
    queue = await open_queue(settings, wait_seconds=FIRST_SECONDS)
    try:
        yield queue
    finally:
        with contextlib.suppress(Postponed):  # it is gone already: nothing is left to be let go of
            await queue.close()


def _hush() -> None:
    """Keep back what is written for the logs of servers: here, what matters of it is said in a line for people."""
    # With structlog installed stamina writes to standard output, where results go.
    stamina.instrumentation.set_on_retry_hooks([stamina.instrumentation.LoggingOnRetryHook])
    if not logging.getLogger().isEnabledFor(logging.DEBUG):
        for name in ("functions.queues", "stamina"):
            logging.getLogger(name).setLevel(logging.ERROR)


def _read(read: Callable[[], _Settings], what: str) -> _Settings:
    """Read settings from the environment, and say in a line what is wrong with them."""
    try:
        return read()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        variable = f"COLORISE_{str(first['loc'][0]).upper()}: " if first["loc"] else ""
        msg = f"{what}: {variable}{first['msg'].removeprefix('Value error, ')}"
        raise Usage(msg) from error
