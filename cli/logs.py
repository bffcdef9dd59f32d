"""Log lines on stderr: for people on a terminal, JSON everywhere else.

The packages log through the standard library, so that a picture without a warning never pays for structlog's
import (a quarter of a second); the first line that passes the level brings it in.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import structlog

LIBRARIES = ("PIL", "httpx", "httpcore", "asyncio")
"""Talkative below warning; their lines help nobody who uses the command."""


class LazyStructlogFormatter(logging.Formatter):
    """structlog's formatting, made when the first line is written."""

    def __init__(self, *, human: bool) -> None:
        super().__init__()
        self._human = human
        self._formatter: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        """Format the record as structlog would."""
        if self._formatter is None:
            self._formatter = _structlog_formatter(human=self._human)
        return self._formatter.format(record)


def configure(*, debug: bool, quiet: bool) -> None:
    """Send the log to stderr; `debug` shows all of it, `quiet` errors only, and otherwise warnings and worse."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LazyStructlogFormatter(human=sys.stderr.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.ERROR if quiet else logging.WARNING)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _structlog_formatter(*, human: bool) -> logging.Formatter:
    import structlog  # noqa: PLC0415 - costs a quarter of a second

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=not human),
    ]
    if human:
        last: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer(colors=True)]
    else:
        last = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
