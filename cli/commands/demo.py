"""`colorise demo`: the stand for a talk or a fair, with all that it needs, on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.shared_options import Model, UpAsJson, UpData, UpWorkers


def demo(
    context: typer.Context,
    *,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="To listen on; 0.0.0.0 lets phones and other screens in.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="By default 8000, or the next free one; 0 is any free one.")
    ] = None,
    self_signed: Annotated[
        bool,
        typer.Option(
            "--self-signed", help="Speak https with a certificate made here: other machines' cameras need it."
        ),
    ] = False,
    certificate: Annotated[Path | None, typer.Option(metavar="FILE", help="Of TLS, in PEM.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Of the certificate, in PEM.")] = None,
    pin: Annotated[str | None, typer.Option(metavar="DIGITS", help="Of the operator; made once by default.")] = None,
    samples: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Of photographs that are offered to who has none at hand.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with settings of the stand: docs/stand.md.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the stand where there is one.")] = True,
    headless: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Colour each sample once, write pictures and a summary there, and end."),
    ] = None,
    workers: UpWorkers = "auto",
    data: UpData = None,
    model: Model = "small",
    as_json: UpAsJson = False,
) -> int:
    """Run a stand with a photo booth, a wall, a timeline and a machine room, until Ctrl-C; nothing is lost by stopping.

    Queue, store, workers and the bot are started with it; a `colorise up` that runs already is used.
    """
    from cli.cores import workers_of  # noqa: PLC0415 - with the others
    from cli.demo_run import DemoOptions, run_demo  # noqa: PLC0415 - asyncio, pydantic and psutil
    from cli.up_run import UpOptions  # noqa: PLC0415 - as above

    typed = {
        "demo_host": host,
        "demo_port": port,
        "demo_pin": pin,
        "demo_certificate": certificate,
        "demo_key": key,
        "demo_self_signed": self_signed or None,
        "demo_samples": samples,
    }
    up = UpOptions(
        data=data,
        workers=workers_of(workers),
        model=model,
        ports={},
        as_json=as_json,
        quiet=bool((context.obj or {}).get("quiet")),
    )
    options = DemoOptions(
        up=up,
        stand={name: value for name, value in typed.items() if value is not None},
        config=config,
        opens_browser=browser,
        headless=headless,
    )
    return run_demo(options)
