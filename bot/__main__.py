"""`python -m bot`, or `colorise bot`: reads the settings, puts the bot together, and runs it until told to stop."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final, cast

import typer
from typer.exceptions import TyperException

from functions.environment import CONFIG, refuse_unknown
from functions.errors import Rejected
from functions.exit_code import DONE, FAILED, complain, exit_code
from functions.stopping import PATIENCE_SECONDS, leave, leaving_nothing, told_to_stop, unless_stopped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bot.colouring import ContentFilter
    from bot.platforms.protocol import Platform
    from bot.settings import BotSettings, StandSettings, XSettings
    from functions.queues.settings import QueueSettings
    from functions.stores.settings import StoreSettings
    from functions.telemetry.settings import TelemetrySettings

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
        from bot.settings import BotSettings, StandSettings, XSettings  # noqa: PLC0415 - --help does without
        from functions.queues.settings import QueueSettings  # noqa: PLC0415 - as above
        from functions.stores.settings import StoreSettings  # noqa: PLC0415 - as above
        from functions.telemetry.settings import TelemetrySettings  # noqa: PLC0415 - as above

        refuse_unknown((BotSettings, XSettings, StandSettings, QueueSettings, StoreSettings, TelemetrySettings))
        self.bot: BotSettings = BotSettings()
        self.telemetry: TelemetrySettings = TelemetrySettings()
        self._x, self._stand, self._queue, self._store = XSettings, StandSettings, QueueSettings, StoreSettings

    def account(self) -> XSettings | StandSettings:
        """On the platform that was chosen. Read when it is needed: a rehearsal has no account."""
        return self._stand() if self.bot.bot_platform == "stand" else self._x()

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
    """Answer mentions on X, or on a stand, with coloured pictures, until Ctrl-C; nothing is lost by stopping.

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
        return asyncio.run(leaving_nothing(_check(settings)))
    if forget is not None:
        from bot.by_hand import forgotten  # noqa: PLC0415 - nobody else needs it

        count = asyncio.run(leaving_nothing(forgotten(forget, settings.bot, settings.queue(), settings.store())))
        sys.stdout.write(f"forgotten: {forget}, who had {count} mentions in the ledger\n")
        return DONE
    if pictures is not None:
        from bot.rehearsal import rehearsed  # noqa: PLC0415 - nobody else needs it

        return asyncio.run(leaving_nothing(rehearsed(pictures, settings.bot, settings.queue(), settings.store())))
    asyncio.run(leaving_nothing(_answer(settings, settings.account(), dry=dry_run)))
    return DONE


async def _check(settings: _Settings) -> int:
    """Say what the account may do."""
    async with _platform(settings.account()) as platform:
        findings = await platform.check()
    for finding in findings:
        sys.stdout.write(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {finding.said}\n")
    return DONE if all(finding.ok for finding in findings) else FAILED


async def _answer(settings: _Settings, account: XSettings | StandSettings, *, dry: bool) -> None:
    from bot.dry_run import DryRun  # noqa: PLC0415 - --help does without
    from bot.metrics import BotMetrics  # noqa: PLC0415 - as above
    from bot.run import Books, Bot  # noqa: PLC0415 - as above
    from functions.queues.settings import open_queue  # noqa: PLC0415 - as above
    from functions.stores.settings import open_store  # noqa: PLC0415 - as above
    from functions.stores.upkeep import prepared  # noqa: PLC0415 - as above
    from functions.telemetry.health import health_server  # noqa: PLC0415 - as above

    told, metrics, stop = settings.telemetry, BotMetrics(), told_to_stop(within_seconds=PATIENCE_SECONDS)
    content_filter = _content_filter(settings.bot)
    store, running = open_store(settings.store()), None

    def ready() -> bool:
        return running is not None and running.is_ready and not stop.is_set()

    async with (
        health_server(metrics.registry, ready=ready, host=told.health_host, port=told.health_port),
        _platform(account) as network,
    ):
        await unless_stopped(prepared(store), stop)
        queue = await unless_stopped(open_queue(settings.queue(), wait_seconds=None), stop)
        if queue is None:
            return
        try:
            books = await Books.open(queue, name="DRY" if dry else settings.bot.books)
            platform = cast("Platform", DryRun(network)) if dry else network
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


@asynccontextmanager
async def _platform(settings: XSettings | StandSettings) -> AsyncIterator[Platform]:
    from bot.settings import XSettings  # noqa: PLC0415 - read already

    platform = _twitter(settings) if isinstance(settings, XSettings) else _stand(settings)
    try:
        yield platform
    finally:
        await platform.close()


def _stand(settings: StandSettings) -> Platform:
    from bot.platforms.stand import Stand  # noqa: PLC0415 - whoever answers on X does without

    token = settings.stand_token.get_secret_value().strip() if settings.stand_token else ""
    return Stand(settings.stand_address, token, certificate=settings.stand_certificate)


def _twitter(settings: XSettings) -> Platform:
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
    return Twitter(credentials, address=settings.x_address)


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
        return exit_code(NAME, lambda: app(words, prog_name=NAME, standalone_mode=False))
    except TyperException as error:
        complain(NAME, error.format_message())
        return error.exit_code


if __name__ == "__main__":
    leave(main())
