"""`python -m bot`, or `colorise bot`: reads the settings, puts the bot together, and runs it until told to stop."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from typer.exceptions import TyperException

from functions.environment import CONFIG, complaints, unknown_settings
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bot.colouring import ContentFilter
    from bot.platforms.protocol import Platform
    from bot.settings import BotSettings, XSettings
    from functions.queues.settings import QueueSettings
    from functions.stores.settings import StoreSettings
    from functions.telemetry.settings import TelemetrySettings

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
"""Exit codes: it was told to stop, it could not go on, its settings or arguments are wrong."""

NAME: Final = "colorise bot"

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


class _Settings:
    """Everything that is said to the bot.

    Raises:
        ValidationError: a setting is wrong or missing.
        SettingsError: a file cannot be read, or has settings that nobody knows.
    """

    def __init__(self) -> None:
        from bot.settings import BotSettings, XSettings  # noqa: PLC0415 - --help does without
        from functions.queues.settings import QueueSettings  # noqa: PLC0415 - as above
        from functions.stores.settings import StoreSettings  # noqa: PLC0415 - as above
        from functions.telemetry.settings import TelemetrySettings  # noqa: PLC0415 - as above

        unknown = unknown_settings((BotSettings, XSettings, QueueSettings, StoreSettings, TelemetrySettings))
        if unknown:
            msg = f"{CONFIG}={os.environ[CONFIG]}: nobody knows the settings {', '.join(unknown)}"
            raise SettingsError(msg)
        self.bot: BotSettings = BotSettings()
        self.telemetry: TelemetrySettings = TelemetrySettings()
        self._x, self._queue, self._store = XSettings, QueueSettings, StoreSettings

    def x(self) -> XSettings:
        """Read when it is needed: a rehearsal has no account."""
        return self._x()

    def queue(self) -> QueueSettings:
        """Read when it is needed: a check needs none."""
        return self._queue()

    def store(self) -> StoreSettings:
        """As above."""
        return self._store()


@app.command(name=NAME)
def bot(  # noqa: PLR0913 - as many parameters as options
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Look at the account and what it may do; post nothing.")
    ] = False,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Play a conversation on a network in memory, and print it.")
    ] = False,
    pictures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="What the people in a rehearsal post.")
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
    """Answer mentions on X with coloured pictures, until Ctrl-C; nothing is lost by stopping.

    Settings are variables, files of secrets, and a TOML file: docs/operations.md has them all.
    """
    if config is not None:
        os.environ[CONFIG] = str(config)
    if sum((check, rehearse, dry_run, forget is not None)) > 1 or rehearse != (pictures is not None):
        modes = "--check, --rehearse, --dry-run and --forget"
        msg = f"{modes} exclude each other; a rehearsal needs --pictures, and nothing else does"
        raise typer.BadParameter(msg)
    settings = _Settings()
    from functions.telemetry import logs  # noqa: PLC0415 - structlog is slow to import, and wrong settings are not

    is_quiet = rehearse and "log_level" not in settings.telemetry.model_fields_set
    logs.configure(level="WARNING" if is_quiet else settings.telemetry.log_level)
    if check:
        return asyncio.run(_check(settings))
    if forget is not None:
        from bot.by_hand import forgotten  # noqa: PLC0415 - nobody else needs it

        count = asyncio.run(forgotten(forget, settings.bot, settings.queue(), settings.store()))
        sys.stdout.write(f"forgotten: {forget}, who had {count} mentions in the ledger\n")
        return DONE
    if pictures is not None:
        from bot.rehearsal import rehearsed  # noqa: PLC0415 - nobody else needs it

        return asyncio.run(rehearsed(pictures, settings.bot, settings.queue(), settings.store()))
    asyncio.run(_answer(settings, settings.x(), dry=dry_run))
    return DONE


async def _check(settings: _Settings) -> int:
    """Say what the account may do."""
    async with _twitter(settings.x()) as platform:
        findings = await platform.check()
    for finding in findings:
        sys.stdout.write(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {finding.said}\n")
    return DONE if all(finding.ok for finding in findings) else FAILED


async def _answer(settings: _Settings, account: XSettings, *, dry: bool) -> None:
    from bot.dry_run import DryRun  # noqa: PLC0415 - --help does without
    from bot.metrics import BotMetrics  # noqa: PLC0415 - as above
    from bot.run import Books, Bot  # noqa: PLC0415 - as above
    from functions.queues.settings import open_queue  # noqa: PLC0415 - as above
    from functions.stopping import told_to_stop  # noqa: PLC0415 - as above
    from functions.stores.settings import open_store  # noqa: PLC0415 - as above
    from functions.stores.upkeep import prepared  # noqa: PLC0415 - as above
    from functions.telemetry.health import health_server  # noqa: PLC0415 - as above

    told, metrics, stop = settings.telemetry, BotMetrics(), told_to_stop()
    content_filter = _content_filter(settings.bot)
    store, running = open_store(settings.store()), None

    def ready() -> bool:
        return running is not None and running.is_ready and not stop.is_set()

    async with (
        health_server(metrics.registry, ready=ready, host=told.health_host, port=told.health_port),
        _twitter(account) as twitter,
    ):
        await _unless_stopped(prepared(store), stop)
        queue = await _unless_stopped(open_queue(settings.queue(), wait_seconds=None), stop)
        if queue is None:
            return
        try:
            books = await Books.open(queue, name="DRY" if dry else "BOT")
            platform = cast("Platform", DryRun(twitter)) if dry else twitter
            running = Bot(
                platform,
                queue,
                store,
                books=books,
                settings=settings.bot,
                metrics=metrics,
                content_filter=content_filter,
            )
            await running.run(stop)
        finally:
            await queue.close()


async def _unless_stopped(waiting: Any, stop: asyncio.Event) -> Any:
    """What is waited for; None where it is told to stop before."""
    task, stopping = asyncio.ensure_future(waiting), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not task.done():
        task.cancel()
        return None
    return task.result()


@asynccontextmanager
async def _twitter(settings: XSettings) -> AsyncIterator[Platform]:
    from bot.platforms.twitter import Twitter  # noqa: PLC0415 - tweepy, which a rehearsal does without
    from bot.platforms.twitter_credentials import Credentials  # noqa: PLC0415 - with it

    def said(name: str) -> str:
        secret = getattr(settings, f"x_{name}")
        return "" if secret is None else str(secret.get_secret_value()).strip()

    credentials = Credentials(
        consumer_key=said("consumer_key"),
        consumer_secret=said("consumer_secret"),
        access_token=said("access_token"),
        access_token_secret=said("access_token_secret"),
        bearer_token=said("bearer_token") or None,
    )
    platform = Twitter(credentials, address=settings.x_address)
    try:
        yield platform
    finally:
        await platform.close()


def _content_filter(settings: BotSettings) -> ContentFilter | None:
    """The operator's own function.

    Raises:
        Rejected: there is no such function ("no-filter").
    """
    if settings.bot_content_filter is None:
        return None
    module, _, name = settings.bot_content_filter.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        msg = f"COLORISE_BOT_CONTENT_FILTER={settings.bot_content_filter}: {error}"
        raise Rejected(msg, code="no-filter") from error
    return cast("ContentFilter", found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program until SIGTERM or SIGINT, and return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return int(app(words, prog_name=NAME, standalone_mode=False) or DONE)
    except TyperException as error:
        _complain(error.format_message())
        return error.exit_code
    except (ValidationError, SettingsError) as error:
        for line in complaints(error):
            _complain(line)
        return USAGE
    except (Rejected, Postponed) as error:
        _complain(error.reason)
    except OSError as error:
        _complain(" ".join(str(error).split()))
    except KeyboardInterrupt:
        _complain("interrupted")
    return FAILED


def _complain(line: str) -> None:
    sys.stderr.write(f"{NAME}: {line}\n")


if __name__ == "__main__":
    sys.exit(main())
