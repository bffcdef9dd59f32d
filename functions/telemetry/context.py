"""What the work in hand is about, for every log line and metric that comes of it, in whatever thread."""

from __future__ import annotations

import contextlib
import logging
import time
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

StageListener: TypeAlias = "Callable[[str, float], None]"
"""Is told the name of a stage and its seconds."""

_log = logging.getLogger(__name__)
_FIELDS: Final[ContextVar[Mapping[str, object]]] = ContextVar("fields", default=MappingProxyType({}))
_LISTENER: Final[ContextVar[StageListener | None]] = ContextVar("listener", default=None)


@contextlib.contextmanager
def about(**fields: object) -> Iterator[None]:
    """Say what is being worked on: each log line in this block carries these fields, those of None left out."""
    known = {**_FIELDS.get(), **{name: field for name, field in fields.items() if field is not None}}
    before = _FIELDS.set(known)
    try:
        yield
    finally:
        _FIELDS.reset(before)


def fields() -> Mapping[str, object]:
    """What is being worked on here: `trace_id`, `job_id`, `kind`, `attempt` and so on."""
    return _FIELDS.get()


@contextlib.contextmanager
def stages_told_to(listener: StageListener) -> Iterator[None]:
    """Tell the times of stages in this block to somebody."""
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


@contextlib.contextmanager
def stage(name: str) -> Iterator[None]:
    """Take the time of a part of the work, such as `read`, `infer` or `write`.

    A worker makes metrics of it; anywhere else it costs next to nothing. A thread that the work starts by itself must
    run in a copy of its context (`contextvars.copy_context`), as `asyncio.to_thread` does.
    """
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - start
        if (listener := _LISTENER.get()) is not None:
            listener(name, seconds)
        _log.debug("stage over", extra={"stage": name, "seconds": round(seconds, 4)})
