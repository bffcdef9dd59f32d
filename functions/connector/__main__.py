"""`python -m functions.connector`: has functions behind a gateway carry out the queue's orders."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Final

from functions.connector.settings import ConnectorSettings
from functions.errors import Postponed, Rejected
from functions.exit_code import FAILED, USAGE, complain, exit_code
from functions.queues.settings import QueueSettings
from functions.stopping import leave, leaving_nothing
from functions.telemetry.settings import TelemetrySettings

NAME: Final = "functions.connector"

log = logging.getLogger(__name__)


def main() -> int:
    """Run the connector until SIGTERM or SIGINT, and return its exit code."""
    if sys.argv[1:]:
        complain(NAME, "it takes no arguments: what there is to say stands in the environment")
        return USAGE
    return exit_code(NAME, _ran)


def _ran() -> int | None:
    settings, queue, telemetry = ConnectorSettings(), QueueSettings(), TelemetrySettings()
    from functions.connector.run import connect  # noqa: PLC0415 - slow to import, and wrong settings are not
    from functions.telemetry import logs  # noqa: PLC0415 - as above

    logs.configure(level=telemetry.log_level)
    try:
        asyncio.run(leaving_nothing(connect(settings, queue, telemetry)))
    except (Rejected, Postponed, OSError):
        raise
    except Exception:
        log.exception("the program ends with a bug")
        return FAILED
    return None


if __name__ == "__main__":
    leave(main())
