"""A pipeline while it works for one call of the command."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cli.via_bridge import Bridge
from cli.via_patience import Patience, said_on_stderr, unsaid
from cli.via_results import listening
from cli.via_transfer import Transfers
from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from cli.via_pipeline import OpenPipeline
    from functions.jobs import Order
    from functions.queues.protocol import Queue
    from functions.queues.sorted_results import SortedResults

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Run:
    """What photographs and films are sent with."""

    bridge: Bridge
    """To the event loop in which all of it lives."""
    queue: Queue
    transfers: Transfers
    results: SortedResults
    patience: Patience
    say: Callable[[str], None]

    async def move(self, work: Callable[[], _Value]) -> _Value:
        """Do something with the store, in a thread, however long it takes until the store answers.

        Raises:
            Exception: what the work raises, but `Postponed`.
        """
        return await self.patience.insist("the store", lambda: asyncio.to_thread(work))

    async def send(self, order: Order) -> None:
        """Put an order into the queue, however long that takes."""
        await self.patience.insist("the queue", lambda: self.queue.send(order))

    async def take_back(self, jobs: Collection[str]) -> str:
        """Take the orders of jobs out of the queue that nobody has begun, and say what became of them.

        Returns:
            A clause for people; empty where there is nothing to say.
        """
        if not jobs:
            return ""
        try:
            taken = sum(await asyncio.gather(*(self.queue.cancel(job) for job in jobs)))
        except Postponed as error:
            return f"what is in the queue could not be taken back ({error.reason})"
        return f"orders taken back out of the queue: {taken}"


@contextlib.contextmanager
def running(open_pipeline: OpenPipeline, *, quiet: bool) -> Iterator[Run]:
    """Open a pipeline for the time of the block.

    Raises:
        Postponed: its queue or store is out of reach.
    """
    say = unsaid if quiet else said_on_stderr
    patience = Patience(say)
    with (
        Bridge() as bridge,
        bridge.entered(open_pipeline()) as pipeline,
        bridge.entered(listening(pipeline, patience, say)) as results,
    ):
        transfers = Transfers(pipeline.store)
        try:
            yield Run(bridge, pipeline.queue, transfers, results, patience, say)
        finally:
            transfers.stop()
