"""Looks at the queue every few seconds: how much is in it, and whether it is there at all."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from functions.errors import Postponed

if TYPE_CHECKING:
    from functions.queues.protocol import Queue
    from functions.telemetry.metrics import Metrics

LOOK_SECONDS: Final = 5.0
"""Twice as often as Prometheus asks, as a rule."""

_log = logging.getLogger(__name__)


class QueueWatch:
    """Keeps the metrics of the queue's depth up to date, while `run` runs."""

    def __init__(self, queue: Queue, metrics: Metrics, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._queue = queue
        self._metrics = metrics
        self._look_seconds = look_seconds
        self.answers = False
        """Whether the queue answered when it was asked last."""

    async def run(self) -> None:
        """Look, without end."""
        while True:
            try:
                depths = await self._queue.depths()
                self._metrics.depths(depths)
                waits = any(depth.waiting for depth in depths.values())
                oldest = await self._queue.oldest() if waits else {}
                now = datetime.now(UTC)
                self._metrics.oldest(depths, {kind: (now - at).total_seconds() for kind, at in oldest.items()})
                self.answers = True
            except Postponed as error:
                self.answers = False
                _log.debug("the queue does not answer: %s", error.reason)
            await asyncio.sleep(self._look_seconds)
