"""The stage of the stand's drill: a `colorise demo` of its own, and a view of its queue and store."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.drill_flow import hush
from cli.drill_stand_things import MAX_MEGABYTES
from cli.drill_up import drill_up
from functions.queues.settings import open_queue
from functions.stores.settings import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from cli.drill_up import DrillUp
    from functions.queues.jetstream import NatsQueue
    from functions.stores.protocol import ObjectStore

KEEP_MINUTES: Final = 1
"""That a visit is kept: the shortest there is."""

WALL_HOURS: Final = 0.05
"""Three minutes: longer than a visit is kept, so that there is something on the wall alone."""

PER_MINUTE: Final = 1000
"""Visits of a visitor: no limit."""

CLIP_SECONDS: Final = 5

PIN_DIGITS: Final = 12
"""As many as may be: six of them are found in a log by chance."""


@dataclass(frozen=True, slots=True)
class Stage:
    """All that the drill plays on."""

    data: Path
    up: DrillUp
    address: str
    """Of the stand."""
    pin: str
    queue: NatsQueue
    store: ObjectStore

    @property
    def logs(self) -> Path:
        """Folder of the programs' logs."""
        return self.data / "logs"


@contextlib.asynccontextmanager
async def staged(data: Path, *, workers: int, side: int | None) -> AsyncIterator[Stage]:
    """Run it while the block lasts.

    Args:
        data: folder, empty or not there.
        workers: that colour.
        side: pixels that the network sees; None is its own.

    Raises:
        Rejected: it does not get ready ("ended").
    """
    pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
    told = {
        "COLORISE_DEMO_KEEP_MINUTES": str(KEEP_MINUTES),
        "COLORISE_DEMO_WALL_HOURS": str(WALL_HOURS),
        "COLORISE_DEMO_PER_MINUTE": str(PER_MINUTE),
        "COLORISE_DEMO_MAX_MB": str(MAX_MEGABYTES),
        "COLORISE_DEMO_MAX_CLIP_SECONDS": str(CLIP_SECONDS),
        "COLORISE_DEMO_PIN": pin,
    }
    if side is not None:
        told["COLORISE_SIDE"] = str(side)
    hush()
    async with drill_up(data, workers=workers, told=told, words=("demo", "--no-browser", "--port", "0")) as up:
        await up.until(lambda: up.greeting is not None)
        assert up.greeting is not None  # noqa: S101 - it was waited for
        queue = await open_queue(up.running.queue)
        try:
            yield Stage(data, up, up.greeting["address"], pin, queue, open_store(up.running.store))
        finally:
            await queue.close()
