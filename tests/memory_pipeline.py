"""A pipeline in this process: queue and store in memory, and workers with handlers of the test's own choice."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli.via_pipeline import Pipeline
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from functions.worker import work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from functions.outcome import Handlers
    from functions.stores.protocol import ObjectStore


@dataclass
class MemoryPipeline:
    """Opened anew by each call of the command, with a queue of its own; the store outlives them."""

    handlers: Callable[[ObjectStore], Handlers]
    slots: int = 1
    """Orders carried out at once."""
    store: ObjectStore = field(default_factory=MemoryStore)
    new_queue: Callable[[], MemoryQueue] = MemoryQueue
    queue: MemoryQueue | None = None
    """Of the latest call."""

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Pipeline]:
        queue = self.queue = self.new_queue()
        log = logging.getLogger("functions.worker")
        log.disabled = True  # it would be another process's, and not on the command's standard error
        working = asyncio.create_task(
            work(queue, self.handlers(self.store), stop=asyncio.Event(), slots=self.slots), name="worker"
        )
        try:
            yield Pipeline("memory", queue, self.store)
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
            log.disabled = False
