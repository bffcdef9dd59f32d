"""How quick the bot is: from a mention to its reply, and under a steady stream of mentions that need none."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import psutil  # type: ignore[import-untyped]

from cli.drill_bot_casting import BOT, MAX_AGE, Casting
from cli.drill_bot_scenes import WORDS, Act, Scene
from cli.drill_up import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.drill_bot_play import Play
    from cli.drill_bot_process import BotProcess
    from cli.drill_report import DrillReport

MOST_SECONDS: Final = 1.0
ANCESTOR: Final = "the ancestor of 2017: 5.8 to 10 s"
"""By its own replies, which tell the time taken."""

MOST_MEGABYTES: Final = 150
MOST_JUDGE_SECONDS: Final = 1.0

A_SECOND: Final = 20
"""Mentions that need no reply."""

PEOPLE: Final = 40
"""Who post them."""

LOAD: Final = "steady load"

SETTLING_SECONDS: Final = 1.5
"""After the last of them, until all that was judged is in the log."""


async def measure_latency(report: DrillReport, play: Play, scenes: Sequence[Scene]) -> None:
    """Have photos answered one after the other; the first ones warm everything up and do not count."""
    taken: list[float] = []
    for scene in scenes:
        (mention,) = await play.play(scene)
        if not await play.answered([str(mention)], PATIENCE_SECONDS):
            continue
        reply = play.replies_to(str(mention))[0]
        taken.append((reply.posted_at - play.played[str(mention)].posted_at).total_seconds())
    taken = taken[len(taken) // 4 :]
    if taken:
        seconds = statistics.median(taken)
        report.figure(
            "from a mention to the reply, one photo",
            seconds,
            "s",
            aim=f"at most {MOST_SECONDS:g}; {ANCESTOR}",
            reached=seconds <= MOST_SECONDS,
            values=tuple(taken),
        )


class Load:
    """Mentions that are cheap to judge: all of kinds that get no reply.

    Args:
        casting: that makes people.
        seconds: that it lasts.
    """

    def __init__(self, casting: Casting, seconds: float) -> None:
        self._seconds = seconds
        self._crowd = [casting.person() for _ in range(PEOPLE)]
        self._programs = [casting.person("NewsBot") for _ in range(PEOPLE)]
        self._blocked = [casting.person("spam") for _ in range(PEOPLE)]
        casting.blocked += self._blocked

    async def measure(self, report: DrillReport, play: Play, bot: BotProcess) -> None:
        """Post them at a steady pace, and see what judging them takes on one core."""
        await play.look()
        process = psutil.Process(bot.process.pid)
        on_one_core(process)
        opening = Act(self._crowd[0], f"@{BOT} hello from the crowd", expected=WORDS)
        (opened,) = await play.play(Scene("opening of a talk", (opening,)))
        await play.until(lambda: bool(play.replies_to(str(opened))), PATIENCE_SECONDS)
        used, begun = _used(process), time.monotonic()
        count = round(self._seconds * A_SECOND)
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._post(play, number, str(opened)))
                await asyncio.sleep(max(0.0, begun + (number + 1) / A_SECOND - time.monotonic()))
        lasted = time.monotonic() - begun
        share = (_used(process) - used) / lasted * 100
        memory = process.memory_info().rss / 1e6
        await asyncio.sleep(SETTLING_SECONDS)
        delays = self._delays(play, bot)
        report.figure("steady load: mentions a second", count / lasted)
        report.figure("steady load: share of one core", share, "%")
        report.figure(
            "steady load: memory",
            memory,
            "MB",
            aim=f"at most {MOST_MEGABYTES}",
            reached=memory <= MOST_MEGABYTES,
        )
        slowest = max(delays, default=float("inf"))
        report.figure(
            "steady load: the slowest verdict",
            slowest,
            "s",
            aim=f"at most {MOST_JUDGE_SECONDS:g}, all judged",
            reached=slowest <= MOST_JUDGE_SECONDS and len(delays) == count,
        )
        report.figure("steady load: the median verdict", statistics.median(delays or [float("inf")]), "s")
        report.figure("steady load: judged", len(delays), f"of {count}")

    async def _post(self, play: Play, number: int, opened: str) -> None:
        """One of five kinds, in turn."""
        author, text = self._crowd[number % PEOPLE], f"@{BOT} number {number}"
        acts = (
            Act(author, text, age=MAX_AGE + timedelta(hours=1)),
            Act(self._programs[number % PEOPLE], text),
            Act(author, f"what they say, number {number}", under=0),
            Act(author, f"just looking, number {number}", shows=0),
            Act(self._blocked[number % PEOPLE], text),
        )
        act, now = acts[number % len(acts)], datetime.now(UTC)
        identity = await play.control.post(
            act.author,
            act.text,
            reply_to=None if act.under is None else opened,
            quote_of=None if act.shows is None else opened,
            posted_at=None if act.age is None else now - act.age,
        )
        play.add(Scene(LOAD, (act,)), act, identity, told_at=now)

    @staticmethod
    def _delays(play: Play, bot: BotProcess) -> list[float]:
        """Seconds from each post to the verdict in the bot's log."""
        told = {one.id: one.told_at for one in play.played.values() if one.scene.kind == LOAD}
        judged: dict[str, float] = {}
        for line in bot.lines():
            mention = line.get("mention")
            if line.get("event") == "a mention" and mention in told and mention not in judged:
                at = datetime.fromisoformat(str(line["timestamp"]))
                judged[str(mention)] = (at - told[str(mention)]).total_seconds()
        return list(judged.values())


def on_one_core(process: psutil.Process) -> None:
    """Keep a program, with all its threads, on one core, where the system lets us."""
    if sys.platform == "linux":
        core = max(os.sched_getaffinity(0))
        for thread in process.threads():
            os.sched_setaffinity(thread.id, {core})


def _used(process: psutil.Process) -> float:
    """Seconds of a core so far."""
    times = process.cpu_times()
    return float(times.user + times.system)
