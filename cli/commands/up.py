"""`colorise up`: the whole pipeline on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.shared_options import Model


def up(
    context: typer.Context,
    workers: Annotated[
        str, typer.Option("--workers", "-w", metavar="auto|N", help="Processes that colour; auto is one a core.")
    ] = "auto",
    data: Annotated[
        Path | None,
        typer.Option(envvar="COLORISE_DATA", help="Folder where everything is kept; your own data folder by default."),
    ] = None,
    model: Model = "small",
    nats_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the queue; by default a free one, the same every time.")
    ] = None,
    s3_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Of the store, likewise.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="A line of JSON on standard output for all that happens.")
    ] = False,
) -> int:
    """Run queue, store and workers on this machine, until Ctrl-C; nothing is lost by stopping."""
    from cli.cores import usable_cores  # noqa: PLC0415 - with the others
    from cli.sources import Usage  # noqa: PLC0415 - as above
    from cli.up_run import UpOptions, run_up  # noqa: PLC0415 - asyncio and psutil

    if workers != "auto" and not (workers.isdecimal() and int(workers)):
        msg = f"--workers {workers}: give auto, or a number from 1 on"
        raise Usage(msg)
    ports = {name: port for name, port in (("nats", nats_port), ("s3", s3_port)) if port is not None}
    options = UpOptions(
        data=data,
        workers=usable_cores() if workers == "auto" else int(workers),
        model=model,
        ports=ports,
        as_json=as_json,
        quiet=bool((context.obj or {}).get("quiet")),
    )
    return run_up(options)
