"""Log lines of long-running programs on stderr: for people on a terminal, JSON everywhere else.

Every line about an order says which: `trace_id`, `job_id`, `kind` and `attempt`, from the context it is written in.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final

from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from functions.telemetry import context
from functions.telemetry.log_lines import formatter

if TYPE_CHECKING:
    from typing import TextIO

LIBRARIES: Final = ("PIL", "asyncio", "httpcore", "httpx", "nats", "urllib3", "uvicorn")
"""Talkative below warning; their lines help nobody who runs the programs."""


class ContextFilter(logging.Filter):
    """Gives each record the fields of what is being worked on; those that it has itself stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields; every record passes."""
        for name, value in context.fields().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


def configure(*, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send the log to a stream.

    Args:
        level: the least that is written, such as `INFO`.
        stream: stderr, unless another is given; where it is a terminal, lines are for people.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.addFilter(ContextFilter())  # of the handler: a logger's own filters miss what comes from its children
    handler.setFormatter(formatter(human=stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    set_on_retry_hooks([LoggingOnRetryHook])  # it would write to stdout, through structlog, past all of this
