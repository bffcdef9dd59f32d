"""`colorise jobs`: what is in a queue, for whoever runs it."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from functions.queues.protocol import Queue

    _Value = TypeVar("_Value")

app = typer.Typer(help="Look into a queue: jobs, and orders that died.", no_args_is_help=True, rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Via = Annotated[
    str, typer.Option(metavar="ADDRESS|up", help="The queue, such as nats://host:4222, or that of `colorise up`.")
]
Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's name, as the list and the logs show it.")]


@app.command("list")
def list_jobs(*, via: Via = "up", as_json: AsJson = False) -> int:
    """List the jobs whose orders are in the queue, and how deep it is."""
    from cli.jobs_listing import listing  # noqa: PLC0415 - pydantic, which --help does without
    from cli.jobs_telling import tell_listing  # noqa: PLC0415 - as above

    tell_listing(_asked(via, listing), as_json=as_json)
    return ExitCode.DONE


@app.command()
def show(job: Job, *, via: Via = "up", as_json: AsJson = False) -> int:
    """Show what is known of a job: its orders, its results so far, its dead letters."""
    from cli.jobs_listing import known_job  # noqa: PLC0415 - pydantic, which --help does without
    from cli.jobs_telling import tell_job  # noqa: PLC0415 - as above

    known = _asked(via, lambda queue: known_job(queue, job))
    if not known.is_known:
        typer.echo(f"colorise: {job}: nothing is known of it: results are kept for a day", err=True)
        return ExitCode.FAILED
    tell_job(known, as_json=as_json)
    return ExitCode.DONE


@app.command()
def dead(*, via: Via = "up", as_json: AsJson = False) -> int:
    """List the orders that nobody could carry out."""
    from cli.jobs_listing import dead_letters  # noqa: PLC0415 - pydantic, which --help does without
    from cli.jobs_telling import tell_dead  # noqa: PLC0415 - as above

    tell_dead(_asked(via, dead_letters), as_json=as_json)
    return ExitCode.DONE


@app.command()
def retry(
    number: Annotated[int, typer.Argument(metavar="N", help="The dead letter's number.")], *, via: Via = "up"
) -> int:
    """Put a dead letter's order into the queue again."""
    if not _asked(via, lambda queue: queue.retry(number)):
        typer.echo(f"colorise: there is no dead letter {number}: `colorise jobs dead` lists them", err=True)
        return ExitCode.FAILED
    typer.echo(f"{number}: in the queue again")
    return ExitCode.DONE


@app.command()
def purge(
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="The dead letter's number.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    via: Via = "up",
) -> int:
    """Delete a dead letter, or all of them; their orders are lost."""
    if (number is None) != every:
        msg = "give either the number of a dead letter, or --all"
        raise typer.BadParameter(msg)
    what = "all dead letters" if every else f"dead letter {number}"
    if not yes:
        if not sys.stdin.isatty():
            msg = f"deleting {what} needs a yes: add -y"
            raise typer.BadParameter(msg)
        typer.confirm(f"Delete {what}?", abort=True, err=True)
    deleted = _asked(via, lambda queue: queue.purge_dead(number))
    if not deleted and not every:
        typer.echo(f"colorise: there is no dead letter {number}: `colorise jobs dead` lists them", err=True)
        return ExitCode.FAILED
    typer.echo(f"dead letters deleted: {deleted}")
    return ExitCode.DONE


def _asked(via: str, question: "Callable[[Queue], Awaitable[_Value]]") -> "_Value":
    """Open the queue, ask it something, and close it."""
    import asyncio  # noqa: PLC0415 - a tenth of --help

    from cli.via_address import queue_at  # noqa: PLC0415 - pydantic, and the queue's client

    async def asked() -> "_Value":
        async with queue_at(via)() as queue:
            return await question(queue)

    return asyncio.run(asked())
