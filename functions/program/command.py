"""The command line of a function's program: its settings, its exit code, and one line for whatever goes wrong.

At the top stand imports that bring no numpy: the number of its threads is read when it is imported.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic

from pydantic import ValidationError

from functions.environment import THREADS_OF
from functions.errors import Postponed, Rejected
from functions.exit_code import FAILED, USAGE, complain, exit_code
from functions.program.parts import Settings
from functions.queues.settings import QueueSettings
from functions.stopping import leaving_nothing
from functions.stores.settings import StoreSettings
from functions.telemetry.settings import TelemetrySettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.outcome import Handlers
    from functions.program.parts import Program
    from functions.stores.protocol import ObjectStore

MODES: Final = ("worker", "http")

MODE: Final = "COLORISE_MODE"
"""Variable that says the same as the argument, and wins: OpenFaaS gives variables to containers, and no arguments."""

SANDBOXED: Final = "sandboxed"
"""What a worker says to have its own child; nobody else does."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AllSettings(Generic[Settings]):
    """Everything that the environment says to a program."""

    own: Settings
    telemetry: TelemetrySettings
    queue: QueueSettings | None
    """None over HTTP where no queue is named: what follows from an order is then left to the caller."""
    store: StoreSettings | None
    """None over HTTP where no store is named."""


def main(program: Program[Settings], arguments: Sequence[str] | None = None) -> int:
    """Run a function's program until SIGTERM or SIGINT, and return its exit code.

    Args:
        program: to run.
        arguments: `worker` or `http`; None takes the command line's. `COLORISE_MODE` wins.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words == [SANDBOXED]:
        return _sandboxed(program)
    words = [os.environ[MODE]] if os.environ.get(MODE) else words
    if len(words) != 1 or words[0] not in MODES:
        complain(program.name, f"say how: python -m {program.name} {'|'.join(MODES)}, or {MODE} in the environment")
        return USAGE
    return exit_code(program.name, lambda: _ran(program, over_http=words[0] == "http"))


def _sandboxed(program: Program[Settings]) -> int:
    from functions.sandbox.inside import Inside  # noqa: PLC0415 - for a child only
    from functions.telemetry import logs  # noqa: PLC0415 - as below

    def assemble(settings: Settings, store: ObjectStore) -> tuple[Handlers, tuple[str, str] | None]:
        parts = program.assemble(settings, store)
        parts.warm_up()
        return parts.handlers, parts.model

    return Inside(
        settings=program.settings.model_validate_json,
        readable=program.readable,
        accelerator=program.accelerator,
        assemble=assemble,
        configure_logs=lambda level: logs.configure(level=level),
    ).run()


def _ran(program: Program[Settings], *, over_http: bool) -> int | None:
    settings = read_settings(program, over_http=over_http)
    os.environ |= dict.fromkeys(THREADS_OF, str(settings.own.threads))
    from functions.telemetry import logs  # noqa: PLC0415 - structlog is slow to import, and wrong settings are not

    logs.configure(level=settings.telemetry.log_level)
    try:
        asyncio.run(leaving_nothing(_run(program, settings, over_http=over_http)))
    except (Rejected, Postponed, OSError):
        raise
    except Exception:
        log.exception("the program ends with a bug")
        return FAILED
    return None


def read_settings(program: Program[Settings], *, over_http: bool) -> AllSettings[Settings]:
    """Read all that the environment says.

    Raises:
        ValidationError: a setting is wrong or missing.
        SettingsError: it cannot be read.
    """
    own, telemetry = program.settings(), TelemetrySettings()
    queue: QueueSettings | None = QueueSettings()
    if over_http and queue is not None and "nats_url" not in queue.model_fields_set:
        queue = None
    return AllSettings(own, telemetry, queue, _store_settings(needed=program.needs_store or not over_http))


def _store_settings(*, needed: bool) -> StoreSettings | None:
    try:
        return StoreSettings()
    except ValidationError as error:
        if needed or any(one["input"] for one in error.errors()):  # without a place, the input is all that was given
            raise
        return None


async def _run(program: Program[Settings], settings: AllSettings[Settings], *, over_http: bool) -> None:
    if over_http:
        from functions.program.over_http import answer_calls  # noqa: PLC0415 - the web's libraries; a worker has none

        await answer_calls(program, settings)
    else:
        from functions.program.from_queue import carry_out_orders  # noqa: PLC0415 - so that wrong settings are told soon

        await carry_out_orders(program, settings)
