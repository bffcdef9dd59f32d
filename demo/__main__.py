"""`python -m demo`: reads the settings, puts the stand together, and serves it until told to stop."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.exceptions import TyperException

from functions.environment import CONFIG, refuse_unknown
from functions.exit_code import DONE, complain, exit_code
from functions.stopping import PATIENCE_SECONDS, leave, leaving_nothing, told_to_stop, unless_stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from demo.settings import DemoSettings
    from functions.queues.settings import QueueSettings
    from functions.stores.settings import StoreSettings
    from functions.telemetry.settings import TelemetrySettings

NAME: Final = "colorise demo"

THREADS: Final = 32
"""They wait for the store, as a rule: one that hangs is not to hold up all the rest. What computes bounds itself."""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


class _Settings:
    """Everything that is said to the stand.

    Raises:
        ValidationError: a setting is wrong or missing.
        SettingsError: a file cannot be read, or has settings that nobody knows.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        from demo.machine_settings import MachineSettings  # noqa: PLC0415 - --help does without
        from demo.settings import DemoSettings  # noqa: PLC0415 - as above
        from functions.queues.settings import QueueSettings  # noqa: PLC0415 - as above
        from functions.stores.settings import StoreSettings  # noqa: PLC0415 - as above
        from functions.telemetry.settings import TelemetrySettings  # noqa: PLC0415 - as above

        refuse_unknown((DemoSettings, MachineSettings, QueueSettings, StoreSettings, TelemetrySettings))
        self.demo: DemoSettings = DemoSettings(**given)
        self.machine: MachineSettings = MachineSettings()
        self.telemetry: TelemetrySettings = TelemetrySettings()
        self.queue: QueueSettings = QueueSettings()
        self.store: StoreSettings = StoreSettings()


@app.command(name=NAME)
def demo(  # noqa: PLR0913 - as many parameters as options
    *,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="To listen on; 0.0.0.0 lets phones in.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 is any free one.")] = None,
    self_signed: Annotated[
        bool, typer.Option("--self-signed", help="Speak https with a certificate made for this machine.")
    ] = False,
    certificate: Annotated[Path | None, typer.Option(metavar="FILE", help="Of TLS, in PEM.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Of the certificate, in PEM.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with settings; variables and secret files win.")
    ] = None,
) -> int:
    """Serve the stand: booth, wall, timeline and machine room, until Ctrl-C; nothing is lost by stopping."""
    if config is not None:
        os.environ[CONFIG] = str(config)
    words = {"demo_host": host, "demo_port": port, "demo_certificate": certificate, "demo_key": key}
    given = {name: word for name, word in words.items() if word is not None}
    settings = _Settings({**given, "demo_self_signed": True} if self_signed else given)
    from functions.telemetry import logs  # noqa: PLC0415 - structlog is slow to import, and wrong settings are not

    logs.configure(level=settings.telemetry.log_level)
    asyncio.run(leaving_nothing(_serve(settings), threads=THREADS))
    return DONE


async def _serve(settings: _Settings) -> None:
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - --help does without

    from demo.addresses import Addresses, machine_addresses  # noqa: PLC0415 - --help does without
    from demo.application import make_application  # noqa: PLC0415 - as above
    from demo.greeting import greeting  # noqa: PLC0415 - as above
    from demo.operator import made_pin  # noqa: PLC0415 - as above
    from demo.parts import parts_of  # noqa: PLC0415 - as above
    from demo.server import listening, serve  # noqa: PLC0415 - as above
    from demo.stand import Stand  # noqa: PLC0415 - as above
    from functions.queues.settings import open_queue  # noqa: PLC0415 - as above
    from functions.stores.settings import open_store  # noqa: PLC0415 - as above
    from functions.stores.upkeep import prepared  # noqa: PLC0415 - as above
    from functions.telemetry.health import health_server  # noqa: PLC0415 - as above

    own, told, stop = settings.demo, settings.telemetry, told_to_stop(within_seconds=PATIENCE_SECONDS)
    listener = listening(own.demo_host, own.demo_port)  # first: whoever waits longer than it takes is served
    machine = machine_addresses()
    pin = own.demo_pin or made_pin()
    with listener, _certificate(own, machine) as certificate:
        addresses = Addresses(
            scheme="http" if certificate is None else "https",
            host=own.demo_host,
            port=int(listener.getsockname()[1]),
            machine=machine,
        )
        store, registry, is_open = open_store(settings.store), CollectorRegistry(), False

        def ready() -> bool:
            return is_open and not stop.is_set()

        async with health_server(registry, ready=ready, host=told.health_host, port=told.health_port):
            await unless_stopped(prepared(store), stop)
            queue = await unless_stopped(open_queue(settings.queue, wait_seconds=None), stop)
            if queue is None:
                return
            try:
                stand = await Stand.open(own, store, queue, pin=pin, addresses=addresses, registry=registry)
                parts = await parts_of(stand, own, settings.machine)
                application, is_open = make_application(parts, say=stand.answers.say), True
                sys.stdout.write(greeting(addresses, None if own.demo_pin else pin, code=sys.stdout.isatty()))
                sys.stdout.flush()
                stopping = asyncio.create_task(_mind(stand, stop), name="stopping")
                try:
                    await serve(application, listener, stop, certificate=certificate)
                finally:
                    stopping.cancel()
            finally:
                await queue.close()


async def _mind(stand: Any, stop: asyncio.Event) -> None:
    """Take nothing on any more once it is told to stop."""
    await stop.wait()
    stand.is_stopping = True


@contextmanager
def _certificate(settings: DemoSettings, machine: Sequence[str]) -> Iterator[tuple[Path, Path] | None]:
    """Files of a certificate and its key; those that are made are kept where the settings say, or not at all."""
    if settings.demo_certificate is not None and settings.demo_key is not None:
        yield settings.demo_certificate, settings.demo_key
    elif not settings.demo_self_signed:
        yield None
    else:
        from demo.certificate import self_signed  # noqa: PLC0415 - a tenth of a second that others spare

        if settings.demo_certificate_folder is not None:
            yield self_signed(settings.demo_certificate_folder, machine)
            return
        with tempfile.TemporaryDirectory(prefix="colorise-stand") as temporary:
            yield self_signed(Path(temporary), machine)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program until SIGTERM or SIGINT, and return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return exit_code(NAME, lambda: app(words, prog_name=NAME, standalone_mode=False))
    except TyperException as error:
        complain(NAME, error.format_message())
        return error.exit_code


if __name__ == "__main__":
    leave(main())
