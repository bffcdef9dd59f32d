"""A program's function put together in children of its own."""

from __future__ import annotations

import hashlib
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from functions.jobs import ColoriseImage, ImageColorised
from functions.outcome import RESULTS_OF
from functions.program.parts import Parts
from functions.sandbox.child import Child
from functions.sandbox.children import Children
from functions.sandbox.limits import MEGABYTE, Limits
from functions.sandbox.reach import FILM_BYTES
from functions.sandbox.report import Report
from functions.sandbox.verdicts import Crashed
from functions.stores.memory import MemoryStore
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.jobs import AnyOrder, ImageWishes
    from functions.outcome import Outcome
    from functions.program.command import AllSettings
    from functions.program.parts import Program, Settings
    from functions.sandbox.words import Ready
    from functions.serve import ColouredBytes
    from functions.serve.function import ColoriseBytes
    from functions.stores.protocol import ObjectStore
    from functions.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

IMAGE: Final = "colorise-image"
"""Kind of the orders for pictures."""


def in_children(
    program: Program[Settings],
    settings: AllSettings[Settings],
    store: ObjectStore,
    metrics: Metrics,
    *,
    count: int,
) -> Children:
    """The children that carry out a program's orders; none is started yet.

    Args:
        program: that they are of.
        settings: of it.
        store: that orders are about, as a rule.
        metrics: where what they do is counted.
        count: how many there are, unless the settings say.
    """
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
        count=own.sandbox_processes or count,
        stages=metrics.stages_of,
        died=report.lost,
        warm=lambda ready: report.guards(ready.guards),
    )


def parts_of(children: Children) -> Callable[[], Parts]:
    """What warms the children up, and gives a worker's parts."""

    def warm() -> Parts:
        ready = children.warm_up()
        return Parts(handlers=children.handlers(ready), model=ready.model)

    return warm


def parts_to_call(
    program: Program[Settings], children: Children, *, has_store: bool, warm: Callable[[Ready], None]
) -> Parts:
    """Parts for calls, which warm the children up when they are told to.

    Args:
        program: that the children are of.
        children: that carry calls out.
        has_store: whether calls may be about objects.
        warm: is told what a child is, once one is warm.
    """

    def carry_out(order: AnyOrder, store: ObjectStore | None = None) -> Outcome:
        """Have it carried out, in several tries if need be: a child may die of something else."""
        while True:
            try:
                return children.carry_out(order, store)
            except Crashed as error:  # they count, and refuse it in the end
                log.warning("tried again: %s", error)

    return Parts(
        handlers=dict.fromkeys(program.kinds, carry_out) if has_store else {},
        warm_up=lambda: warm(children.warm_up()),
        colorise_bytes=_colorise_bytes(carry_out) if IMAGE in program.kinds else None,
    )


def _colorise_bytes(carry_out: Callable[[AnyOrder, ObjectStore], Outcome]) -> ColoriseBytes:
    """From bytes to bytes, by an order for a picture in a store that has nothing else in it.

    The order is named after the bytes: a file that kills children is known again.
    """

    def colorise_bytes(data: bytes, wishes: ImageWishes) -> ColouredBytes:
        from functions.serve import ColouredBytes  # noqa: PLC0415 - the web's libraries; a worker has none

        store, name = MemoryStore(), hashlib.sha256(data).hexdigest()[:32]
        source, target = f"{INBOX}/{name}", f"{OUTBOX}/{name}"
        store.write(source, data, content_type="application/octet-stream")
        order = ColoriseImage(
            job_id=name, trace_id=name, asked_at=datetime.now(UTC), source=source, target=target, wishes=wishes
        )
        (result,) = carry_out(order, store).results
        if not isinstance(result, ImageColorised):
            raise TypeError(result.kind)
        coloured = store.read(target)
        return ColouredBytes(coloured, result.picture_kind, result.width, result.height, result.notes, result.seconds)

    return colorise_bytes
