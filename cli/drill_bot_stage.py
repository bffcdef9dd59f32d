"""The stage of the bot's drill: a fake X, a `colorise up` and bots, each a program of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cli.bot_run import way_to
from cli.drill_bot_casting import BOT, MAX_AGE, PER_CONVERSATION, PER_HOUR
from cli.drill_bot_control import FakeControl
from cli.drill_bot_process import STOP_SECONDS, BotProcess, started
from cli.drill_up import PATIENCE_SECONDS, drill_up
from cli.up_data import write_private
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from pathlib import Path

    import psutil  # type: ignore[import-untyped]

    from cli.drill_up import DrillUp

WINDOW_SECONDS: Final = 1.0
"""Of the fake's limits: as short as that, so that a 429 does not close a door for a quarter of an hour."""

LIMITED: Final = (
    "users-me",
    "mentions",
    "lookup",
    "timeline",
    "create",
    "delete",
    "upload",
    "metadata",
    "stream",
    "rules",
)
"""Families of endpoints; see `bot.fake_x.settings`."""

SETTLE_SECONDS: Final = 2.0
"""After which the bot takes a post that it does not see for one that is not there."""

TIMELINE_DELAY_SECONDS: Final = 1.0
"""Until a post of the bot's shows among its own: it must not be fooled by that."""

MENTIONS_DELAY_SECONDS: Final = 0.3

DUPLICATE_SECONDS: Final = 30.0
"""For which the fake refuses words that were said before. X has a day, in which a real bot has fewer mentions of a kind
than the drill has in a minute: the bot has some ten wordings for each."""

BOT_ID: Final = "1900000000000000001"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the bot is let in with at X; none of them may be seen anywhere."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str
    bearer_token: str

    @classmethod
    def made(cls) -> Keys:
        """New ones, that are easily recognised."""

        def key(name: str) -> str:
            return f"drill{name}{secrets.token_hex(16)}"

        return cls(
            key("ConsumerKey"),
            key("ConsumerSecret"),
            f"{BOT_ID}-{key('AccessToken')}",
            key("AccessTokenSecret"),
            key("BearerToken"),
        )


@dataclass(slots=True)
class Stage:
    """All programs of the drill."""

    data: Path
    up: DrillUp
    control: FakeControl
    keys: Keys
    told: Mapping[str, str]
    """Variables of a bot."""
    ids: Mapping[str, str]
    """Name → id, of all who are on the fake."""
    bots: list[BotProcess] = field(default_factory=list)
    """All that ever ran."""

    @property
    def living(self) -> list[BotProcess]:
        """Bots that run."""
        return [bot for bot in self.bots if bot.lives]

    async def start_bot(self, *, log_level: str | None = None) -> BotProcess:
        """Start one more.

        Args:
            log_level: of its log; None has every other one tell more than it would in its daily work, since no token
                must be in that either.
        """
        number = len(self.bots) + 1
        log = self.data / "bots" / f"bot-{number}.log"
        told = {**self.told, "COLORISE_LOG_LEVEL": log_level or ("INFO" if number % 2 else "DEBUG")}
        command = [sys.executable, "-P", "-m", "bot"]
        process = await started(command, log, told, stdout=None)
        self.bots.append(BotProcess(number, process, log))
        return self.bots[-1]

    def colourists(self) -> list[psutil.Process]:
        """The pipeline's workers that colour."""
        programs = [program.find() for program in self.up.running.programs if program.name in self.up.workers]
        return [program for program in programs if program is not None]


@contextlib.asynccontextmanager
async def staged(  # noqa: PLR0913 - as much as there is on a stage
    data: Path,
    *,
    workers: int,
    side: int | None,
    people: Sequence[str],
    protected: Collection[str],
    blocked: Sequence[str],
    seed: int,
) -> AsyncIterator[Stage]:
    """Set everything up but the bots, while the block lasts.

    Args:
        data: folder for all that is written, in a folder each.
        workers: of the pipeline.
        side: pixels that the network sees; None is its own.
        people: names of those who post.
        protected: of those, who show it to few.
        blocked: whom the bot is told to leave alone.
        seed: of the fake's draws.

    Raises:
        Rejected: a program does not start.
    """
    (data / "bots").mkdir(parents=True)
    (data / "fake").mkdir()
    keys = Keys.made()
    ids = {name: str(int(BOT_ID) + place) for place, name in enumerate((BOT, *people))}
    told_up = {} if side is None else {"COLORISE_SIDE": str(side)}
    async with (
        drill_up(data / "up", workers=workers, told=told_up) as up,
        _fake(data / "fake" / "fake.log", _world(keys, ids, protected, seed)) as (url, token),
    ):
        control = FakeControl(url, token)
        stage = Stage(data, up, control, keys, _told(data, up, keys, url, blocked), ids)
        try:
            yield stage
        finally:
            for bot in stage.living:
                await bot.stop()
            control.close()


@contextlib.asynccontextmanager
async def _fake(log: Path, world: Mapping[str, Any]) -> AsyncIterator[tuple[str, str]]:
    """Run a fake X while the block lasts; its address, and what opens its controls."""
    process = await started([sys.executable, "-P", "-m", "bot.fake_x"], log, {}, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        assert process.stdout is not None  # noqa: S101 - likewise
        process.stdin.write(json.dumps(world).encode())
        process.stdin.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = await process.stdout.readline()
        if not line:
            msg = f"the drill's fake X does not start: see {log}"
            raise Rejected(msg, code="ended")
        said = json.loads(line)
        yield said["url"], said["control_token"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        if process.returncode is None:
            process.kill()
        await process.wait()


def _world(keys: Keys, ids: Mapping[str, str], protected: Collection[str], seed: int) -> dict[str, Any]:
    """Start configuration of the fake: see `bot.fake_x.settings`."""
    accounts = [{"username": name, "id": identity, "protected": name in protected} for name, identity in ids.items()]
    accounts[0] |= {"access_token": keys.access_token, "access_token_secret": keys.access_token_secret}
    return {
        "seed": seed,
        "app": {
            "consumer_key": keys.consumer_key,
            "consumer_secret": keys.consumer_secret,
            "bearer_token": keys.bearer_token,
        },
        "accounts": accounts,
        "limits": dict.fromkeys(LIMITED, (100_000, WINDOW_SECONDS)),
        "posts_a_day": 10_000_000,
        "keep_alive_seconds": 5.0,
        "stream_linger_seconds": 0.3,
        "timeline_delay_seconds": TIMELINE_DELAY_SECONDS,
        "mentions_delay_seconds": MENTIONS_DELAY_SECONDS,
        "duplicate_window_seconds": DUPLICATE_SECONDS,
        "log_length": 1000,
    }


def _told(data: Path, up: DrillUp, keys: Keys, url: str, blocked: Sequence[str]) -> dict[str, str]:
    """Settings of a bot; its keys are in files."""
    folder = data / "keys"
    folder.mkdir(mode=0o700)
    for name in Keys.__slots__:
        write_private(folder / f"colorise_x_{name}", f"{getattr(keys, name)}\n")
    return {
        **way_to(up.running),
        "COLORISE_SECRETS": str(folder),
        "COLORISE_X_ADDRESS": url,
        "COLORISE_HEALTH_PORT": "0",
        "COLORISE_BOT_STREAM": "true",
        "COLORISE_BOT_POLL_SECONDS": "1",
        "COLORISE_BOT_SETTLE_SECONDS": str(SETTLE_SECONDS),
        "COLORISE_BOT_MAX_AGE_HOURS": str(MAX_AGE.total_seconds() / 3600),
        "COLORISE_BOT_PER_HOUR": str(PER_HOUR),
        "COLORISE_BOT_PER_CONVERSATION": str(PER_CONVERSATION),
        "COLORISE_BOT_MAX_CLIP_MB": "1",
        "COLORISE_BOT_BLOCKED": ",".join(blocked),
    }
