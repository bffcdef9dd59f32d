"""`colorise drill bot`: the great rehearsal. A crowd mentions the bot, which is killed again and again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from cli.drill_bot_cast import cast_of, moving, photos
from cli.drill_bot_casting import BOT, Casting
from cli.drill_bot_checks import add_counts
from cli.drill_bot_faults import add_faults, make_trouble
from cli.drill_bot_kills import Killer
from cli.drill_bot_ledger import reading_ledger
from cli.drill_bot_leftovers import add_leftovers
from cli.drill_bot_measures import Load, measure_latency
from cli.drill_bot_passing import Passing
from cli.drill_bot_play import Play
from cli.drill_bot_scenes import Moment
from cli.drill_bot_secrets import add_secrets
from cli.drill_bot_stage import staged
from cli.drill_bot_views import Views
from cli.drill_flow import beside
from cli.drill_ground import said
from cli.drill_report import DrillReport
from cli.drill_up import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cli.drill_bot_scenes import Scene
    from cli.drill_bot_stage import Stage

MOST_TAKEOVER_SECONDS: Final = 15.0

DEAD_SECONDS: Final = 4.0
"""Over which posts are spread while no bot answers; another is there after some ten."""

POINTS: Final = (
    ("create", "after"),
    None,
    ("upload", "before"),
    ("timeline", "after"),
    None,
    ("files", "after"),
    ("create", "before"),
    None,
    ("mentions", "after"),
    ("metadata", "after"),
)
"""Where the bot is killed, in turn: at a request of that family, or anywhere."""

MOST_OWED: Final = 200
"""Replies at most, when more is posted and the bot is killed again: X shows the newest 800 mentions alone, and a bot
that is hardly ever there cannot know of more."""

STALL_SECONDS: Final = 150.0
"""Without a reply, after which no more is waited for: the bot pauses for a minute at most."""

OTHER_ENDS: Final = 3
"""Of the bot, beside kills at some moment: two kills at which it has a mention at every step, and one order to stop."""

DROPS_SECONDS: Final = 10.0
"""Between two cuts of the stream in the end: the bot looks then what it has missed."""


@dataclass(frozen=True, slots=True)
class BotOptions:
    """How large, and how hard."""

    mentions: int = 2000
    kills: int = 12
    """At some moment or other, beside `OTHER_ENDS`."""
    pace: float = 25.0
    """Scenes that begin in a second, while the bot is there."""
    work_seconds: float = 4.0
    """That the bot has at most before it is killed, once it is back and the crowd has posted."""
    latency_photos: int = 26
    load_seconds: float = 60.0
    quiet_seconds: float = 8.0
    workers: int = 2
    seed: int = 1
    side: int | None = None


async def rehearse(data: Path, options: BotOptions) -> DrillReport:
    """Play everything, and look at what comes of it.

    Raises:
        Rejected: a program of the drill does not start, or ends by itself.
    """
    casting = Casting(Random(options.seed))  # noqa: S311 - the same drill for the same seed
    scenes = cast_of(options.mentions, casting)
    measured = photos(options.latency_photos, casting)
    cut = [[*photos(1, casting), moving(casting), *photos(3, casting)], photos(5, casting)]
    passing = Passing(casting)
    load = Load(casting, options.load_seconds) if options.load_seconds else None
    report = DrillReport("bot")
    async with (
        staged(
            data,
            workers=options.workers,
            side=options.side,
            people=casting.names,
            protected=frozenset(casting.protected),
            blocked=casting.blocked,
            seed=options.seed,
        ) as stage,
        reading_ledger(stage.up.running) as ledger,
    ):
        play = Play(stage.control, BOT)
        killer = Killer(stage, play, ledger)
        async with beside(play.watch()):
            await _open(stage, play, killer, _at(scenes, Moment.EARLY))
            await measure_latency(report, play, measured)
            await passing.play(play)
            async with asyncio.TaskGroup() as crowd:
                main = _Main(stage, play, killer, options, crowd)
                await main.run(scenes, cut)
                await main.finish()
            main.add_to(report)
            if load is not None:
                await _under_load(report, stage, play, killer, load)
            await _quiet(report, play, options.quiet_seconds)
        _add_takeovers(report, killer)
        for bot in stage.living:
            await killer.keep_metrics(bot)
            await bot.stop()
        add_counts(report, play)
        await Views(play, stage.control).add_to(report)
        killer.add_to(report)
        await add_faults(report, stage.control)
        await add_leftovers(report, stage, play, ledger)
        await asyncio.to_thread(add_secrets, report, stage)
    return report


class _Main:
    """The part in which everything happens at once."""

    def __init__(self, stage: Stage, play: Play, killer: Killer, options: BotOptions, crowd: asyncio.TaskGroup) -> None:
        self._stage = stage
        self._play = play
        self._killer = killer
        self._options = options
        self._crowd = crowd
        self._random = Random(options.seed)  # noqa: S311 - as above
        self._begun = time.monotonic()
        self._seconds = 0.0

    async def run(self, scenes: Sequence[Scene], cut: Sequence[Sequence[Scene]]) -> None:
        """Play all scenes but the early ones, with kills between them.

        The bot is killed first when it has nothing else in hand, in the end when it has much.
        """
        calm = _at(scenes, Moment.CALM)
        await self._begin(calm, pace=self._options.pace)
        await self._play.until(lambda: self._play.is_done, PATIENCE_SECONDS)
        rounds = self._options.kills + OTHER_ENDS
        anytime, dead = _at(scenes, Moment.ANY), _at(scenes, Moment.DEAD)
        for number in range(rounds):
            await self._play.until(lambda: self._play.lacking() < MOST_OWED, STALL_SECONDS)
            part = anytime[number::rounds]
            half = len(part) // 2
            gone = [*dead[number::rounds], *part[:half]]
            await self._round(number, rounds, gone, cut)
            said(f"{number + 1} of {rounds}: {self._killer.kills} kills; {len(self._play.seen)} replies so far")
            await make_trouble(self._stage.control, number, may_be_silent=rounds > len(POINTS))
            await self._begin(part[half:], pace=self._options.pace)
            await asyncio.sleep(self._random.uniform(0, self._options.work_seconds))

    async def _round(self, number: int, rounds: int, gone: Sequence[Scene], cut: Sequence[Sequence[Scene]]) -> None:
        """End the bot once, in one way or another, and post while it is gone."""
        stage, killer = self._stage, self._killer
        if number > rounds // 2 and len(stage.living) == 1:
            await killer.stand_by()
        bot = await killer.answering()

        async def meanwhile() -> None:
            await self._begin(gone, pace=len(gone) / DEAD_SECONDS if gone else 1.0)

        if number in {0, rounds - 1}:
            await stage.control.clear_faults()
            await killer.kill_everywhere(bot, meanwhile, cut[int(number > 0)], is_posted=number == 0)
            return
        if number == rounds // 2:
            await killer.stop(bot)
            await meanwhile()
            return
        point = POINTS[(number - 1) % len(POINTS)]
        if point is None:
            await killer.kill(bot, meanwhile)
        else:
            await killer.kill_at(bot, meanwhile, *point)

    async def finish(self) -> None:
        """Let nothing go wrong any more, and wait for all that is owed, as long as there still come replies."""
        await self._stage.control.clear_faults()
        await self._stage.control.release()
        said_last, came_last = 0, time.monotonic()
        while not self._play.is_done and time.monotonic() - came_last < STALL_SECONDS:
            if len(self._play.seen) > said_last:
                said_last, came_last = len(self._play.seen), time.monotonic()
            await self._stage.control.drop_stream()
            await self._play.until(lambda: self._play.is_done, DROPS_SECONDS)
        await self._play.end()
        self._seconds = time.monotonic() - self._begun

    def add_to(self, report: DrillReport) -> None:
        """Tell of its size."""
        report.figure("posts by people", len(self._play.played))
        report.figure("pictures asked for", sum(len(played.act.pictures) for played in self._play.played.values()))
        report.figure("replies", len(self._play.seen))
        report.figure("  a minute, kills and faults included", len(self._play.seen) / self._seconds * 60)
        report.figure("seconds of the main part", self._seconds, "s")

    async def _begin(self, scenes: Sequence[Scene], *, pace: float) -> None:
        if scenes:
            await self._play.begin(scenes, self._crowd, seconds=len(scenes) / pace)


def _at(scenes: Sequence[Scene], moment: Moment) -> list[Scene]:
    return [scene for scene in scenes if scene.moment is moment]


async def _open(stage: Stage, play: Play, killer: Killer, early: Sequence[Scene]) -> None:
    """Post what the bot finds when it runs for the first time, and start it."""
    for scene in early:
        await play.play(scene)
    await stage.start_bot()
    await killer.answering()
    await stage.control.wait_stream(PATIENCE_SECONDS)
    await play.until(lambda: play.is_done, PATIENCE_SECONDS)


async def _under_load(report: DrillReport, stage: Stage, play: Play, killer: Killer, load: Load) -> None:
    """Measure one bot that is started anew, and so has a stream at once."""
    for bot in stage.living:
        await bot.stop()
    await stage.start_bot(log_level="INFO")
    bot = await killer.answering()
    await stage.control.wait_stream(PATIENCE_SECONDS)
    await load.measure(report, play, bot)


async def _quiet(report: DrillReport, play: Play, seconds: float) -> None:
    """See that nothing more comes once all are answered, and nothing goes wrong."""
    await play.look()
    before = len(play.seen)
    await play.control.drop_stream()  # the bot looks for what it has missed
    await asyncio.sleep(seconds)
    await play.look()
    more = [seen.text for seen in list(play.seen.values())[before:]]
    report.promise("nothing more comes when all are answered", more, right=f"{seconds:g} s without a post")


def _add_takeovers(report: DrillReport, killer: Killer) -> None:
    for name, values in (("another stands by", killer.taken_over), ("it is started anew", killer.back)):
        if values:
            worst = max(values)
            report.figure(
                f"from a kill to the next bot's first request, where {name}",
                worst,
                "s",
                aim=f"at most {MOST_TAKEOVER_SECONDS:g}",
                reached=worst <= MOST_TAKEOVER_SECONDS,
                values=tuple(values),
            )
