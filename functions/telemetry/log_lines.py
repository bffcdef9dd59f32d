"""How a log line looks: for people on a terminal, JSON everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer

if TYPE_CHECKING:
    import logging


def formatter(*, human: bool) -> logging.Formatter:
    """Format records of the standard library as structlog does, with their extra fields."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=not human),
    ]
    if human:
        last: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer(colors=True)]
    else:
        # Local variables would bring passwords and strangers' pictures into the log.
        told = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        last = [told, structlog.processors.JSONRenderer(default=str)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
