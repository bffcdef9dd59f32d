"""Log lines on stderr: for people on a terminal, JSON everywhere else.

The packages log through the standard library, so that a picture without a warning never pays for structlog's
import (a quarter of a second); the first line that passes the level brings it in.
"""

from __future__ import annotations

import logging
import sys

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
            from functions.telemetry.log_lines import formatter  # noqa: PLC0415 - costs a quarter of a second

            self._formatter = formatter(human=self._human)
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
