"""Takes orders from the queue until it is told to stop, in whatever way they are carried out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from functions.queues.settings import open_queue
from functions.stopping import end, side_by_side, told_to_stop
from functions.telemetry.health import health_server
from functions.telemetry.metrics import Metrics
from functions.telemetry.queue_watch import QueueWatch
from functions.worker import Tries, work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Sequence

    from functions.outcome import Handlers
    from functions.queues.protocol import Queue
    from functions.queues.settings import QueueSettings
    from functions.telemetry.settings import TelemetrySettings

BEATS: Final = 3
"""Signs of life for an order within the time after which the queue would give it to somebody else."""

_Prepared = TypeVar("_Prepared")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Team:
    """Orders that are carried out side by side."""

    handlers: Handlers
    """Kind of order → what carries it out; the most urgent kind first."""
    slots: int
    """Orders at once."""
    tries: Tries = field(default_factory=Tries)
    """Before an order is buried."""


@dataclass(slots=True)
class Desk:
    """Where orders come in; made by `open_desk`."""

    stop: asyncio.Event
    """Set by SIGTERM and SIGINT."""
    metrics: Metrics = field(default_factory=Metrics)
    health_port: int | None = None
    _watch: QueueWatch | None = None

    @property
    def ready(self) -> bool:
        """Whether orders are taken: everything was put together, the queue answers, and nobody has said to stop."""
        return self._watch is not None and self._watch.answers and not self.stop.is_set()

    @contextlib.asynccontextmanager
    async def queue(
        self, settings: QueueSettings, preparing: Coroutine[Any, Any, _Prepared]
    ) -> AsyncIterator[tuple[Queue, _Prepared] | None]:
        """Open the queue, which may start later than this does, and prepare the rest meanwhile; close it in the end.

        Yields the queue and what was prepared; None where it is told to stop before they are there.

        Args:
            settings: of the queue.
            preparing: the rest.

        Raises:
            Exception: whatever preparing failed with.
        """
        opening = asyncio.create_task(open_queue(settings, wait_seconds=None))
        together = asyncio.gather(opening, preparing)
        stopping = asyncio.create_task(self.stop.wait())
        first: set[asyncio.Future[Any]] = {together, stopping}
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            yield (opening.result(), together.result()[1]) if together.done() else None
        finally:
            await end({*first, opening})
            if not opening.cancelled() and opening.exception() is None:
                await opening.result().close()

    async def take_orders(
        self, queue: Queue, settings: QueueSettings, teams: Sequence[Team], *beside: Coroutine[Any, Any, None]
    ) -> None:
        """Have teams carry out orders until told to stop, and then finish those in hand.

        Args:
            queue: where orders come from.
            settings: of it.
            teams: each takes its own kinds of orders.
            beside: goes on meanwhile, and is ended then.
        """
        self._watch = QueueWatch(queue, self.metrics)
        tasks = [asyncio.create_task(one) for one in (self._watch.run(), *beside)]
        kinds = [kind for team in teams for kind in team.handlers]
        log.info("taking orders", extra={"kinds": kinds, "health_port": self.health_port})
        try:
            await side_by_side(
                *(
                    work(
                        queue,
                        team.handlers,
                        stop=self.stop,
                        slots=team.slots,
                        heartbeat_seconds=settings.ack_wait_seconds / BEATS,
                        tries=team.tries,
                        metrics=self.metrics,
                    )
                    for team in teams
                )
            )
        finally:
            await end(tasks)


@contextlib.asynccontextmanager
async def open_desk(telemetry: TelemetrySettings) -> AsyncIterator[Desk]:
    """Say how the program is while the block lasts, and hear SIGTERM and SIGINT; the second one ends it at once.

    It says that it is alive from the start.

    Args:
        telemetry: where it says so.

    Raises:
        OSError: the health server's port is taken.
    """
    desk = Desk(told_to_stop())
    health = health_server(
        desk.metrics.registry,
        ready=lambda: desk.ready,
        host=telemetry.health_host,
        port=telemetry.health_port,
        work=desk.metrics.work,
    )
    async with health as desk.health_port:
        yield desk
