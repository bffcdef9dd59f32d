"""`colorise up`: the whole pipeline on this machine."""

from typing import Annotated

import typer

from cli.commands.shared_options import Model, UpAsJson, UpData, UpWorkers


def up(
    context: typer.Context,
    workers: UpWorkers = "auto",
    data: UpData = None,
    model: Model = "small",
    nats_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the queue; by default a free one, the same every time.")
    ] = None,
    s3_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Of the store, likewise.")] = None,
    as_json: UpAsJson = False,
) -> int:
    """Run queue, store and workers on this machine, until Ctrl-C; nothing is lost by stopping."""
    from cli.cores import workers_of  # noqa: PLC0415 - with the others
    from cli.up_run import UpOptions, run_up  # noqa: PLC0415 - asyncio and psutil

    ports = {name: port for name, port in (("nats", nats_port), ("s3", s3_port)) if port is not None}
    options = UpOptions(
        data=data,
        workers=workers_of(workers),
        model=model,
        ports=ports,
        as_json=as_json,
        quiet=bool((context.obj or {}).get("quiet")),
    )
    return run_up(options)
