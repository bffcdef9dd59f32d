"""A worker's function put together in a child of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from functions.outcome import RESULTS_OF
from functions.program.parts import Parts
from functions.sandbox.child import Child
from functions.sandbox.children import Children
from functions.sandbox.limits import MEGABYTE, Limits
from functions.sandbox.reach import FILM_BYTES
from functions.sandbox.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.program.command import AllSettings
    from functions.program.parts import Program, Settings
    from functions.stores.protocol import ObjectStore
    from functions.telemetry.metrics import Metrics


def in_children(
    program: Program[Settings], settings: AllSettings[Settings], store: ObjectStore, metrics: Metrics
) -> Children:
    """The children that carry out a worker's orders; none is started yet."""
    from functions.program.command import SANDBOXED  # noqa: PLC0415 - it imports this

    own, report = settings.own, Report(metrics.registry)
    seconds = {kind: own.sandbox_seconds(kind) for kind in RESULTS_OF}
    limits = Limits(memory_bytes=own.sandbox_megabytes * MEGABYTE, file_bytes=FILM_BYTES, seconds=seconds)

    def start() -> Child:
        return Child(
            [sys.executable, "-m", program.name, SANDBOXED],
            own.model_dump_json(),
            limits,
            threads=own.threads,
            log_level=settings.telemetry.log_level,
            hard_memory=not program.accelerator(own),
        )

    return Children(
        start,
        store,
        count=own.max_inflight or 1,
        stages=metrics.stages_of,
        died=report.lost,
        warm=lambda ready: report.guards(ready.guards),
    )


def parts_of(children: Children) -> Callable[[], Parts]:
    """Warm the children up, and give a worker's parts."""

    def warm() -> Parts:
        ready = children.warm_up()
        return Parts(handlers=children.handlers(ready), model=ready.model)

    return warm
