"""`colorise bot`: the bot as a program, beside the pipeline that runs on this machine or the one in the settings."""

from pathlib import Path
from typing import Annotated

import typer


def bot(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Look at the account and what it may do; post nothing.")
    ] = False,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Play a conversation on a network in memory, and print it.")
    ] = False,
    pictures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="What the people in a rehearsal post; drawn ones by default."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but posting; see it in the log.")] = False,
    forget: Annotated[
        str | None,
        typer.Option(metavar="ACCOUNT", help="Erase what is stored of somebody, by the account's id, and end."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with settings; variables and secret files win.")
    ] = None,
) -> int:
    """Answer mentions on X, or on a stand, with coloured pictures, until Ctrl-C; nothing is lost by stopping.

    Orders go to the `colorise up` of this machine, or where COLORISE_NATS_URL says. The account's keys are
    COLORISE_X_CONSUMER_KEY and so on, or secret files: docs/operations.md has all settings.
    `colorise demo` runs a bot of its own for the stand.
    """
    from cli.bot_run import BotOptions, run_bot  # noqa: PLC0415 - pydantic and asyncio

    return run_bot(
        BotOptions(check=check, rehearse=rehearse, pictures=pictures, dry_run=dry_run, forget=forget, config=config)
    )
