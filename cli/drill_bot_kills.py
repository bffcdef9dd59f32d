"""Kills the bot between the steps of its ledger: the fake holds a request, and whoever made it dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import psutil  # type: ignore[import-untyped]

from cli.drill_up import PATIENCE_SECONDS
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from cli.drill_bot_ledger import Ledger
    from cli.drill_bot_play import Play
    from cli.drill_bot_process import BotProcess
    from cli.drill_bot_scenes import Scene
    from cli.drill_bot_stage import Stage
    from cli.drill_report import DrillReport

ACTIVE: Final = "\ncolorise_bot_active 1"
"""In the metrics of the bot that answers."""

POLL_SECONDS: Final = 0.05
"""Between looks at what has no event."""

DEAD_SECONDS: Final = 0.3
"""After a kill, until the fake has seen all that the dead have sent."""

STATUS_TRIES: Final = 20
"""Requests of an upload that are let go until the one comes that asks how far X is."""

AT_SECONDS: Final = 10.0
"""For a request to kill it at: where none comes, it is killed all the same."""

BACK_SECONDS: Final = 120.0
"""For the next bot to answer mentions; it is there after some twelve."""


class Step(StrEnum):
    """Between what and what the bot was killed."""

    HEARD = "heard of - written down"
    SEEN = "written down - ordered"
    ORDERED = "ordered - coloured"
    COLOURED = "coloured - about to post"
    PROCESSED = "coloured - about to post, while X works on an upload"
    BEFORE = "about to post - posted"
    AFTER = "posted - written down that it is"


Meanwhile: TypeAlias = "Callable[[], Coroutine[Any, Any, None]]"

_STEPS: Final = {"seen": Step.SEEN, "ordered": Step.ORDERED, "coloured": Step.COLOURED}
"""State in the ledger → what the bot was at."""


@dataclass(slots=True)
class Killer:
    """Kills bots, and sees what they were at.

    Args:
        stage: whose bots.
        play: whose mentions.
        ledger: of the bots.
    """

    stage: Stage
    play: Play
    ledger: Ledger
    hit: Counter[Step] = field(default_factory=Counter)
    """How many mentions were at which step when a bot was killed."""
    kills: int = 0
    stops: int = 0
    """Asked to stop, and started again."""
    back: list[float] = field(default_factory=list)
    """Seconds from a kill to the first request of the next bot that was started then."""
    taken_over: list[float] = field(default_factory=list)
    """The same where another stood by."""

    async def kill(
        self, bot: BotProcess, meanwhile: Meanwhile, *, heard: Sequence[str] = (), processed: Sequence[str] = ()
    ) -> None:
        """Kill it, and start another; note what it was at. Returns when the next one answers.

        Args:
            bot: that answers.
            meanwhile: is done while nobody answers.
            heard: mentions that it was told of, and had no time to write down.
            processed: mentions for which it was waiting for X's work.
        """
        has_standby = len(self.stage.living) > 1
        if not bot.is_frozen:
            await self.keep_metrics(bot)
        await bot.kill()
        died = time.monotonic()
        self.kills += 1
        await self.stage.control.release(how="cut")
        await self.stage.start_bot()
        await asyncio.sleep(DEAD_SECONDS)
        before = await self.stage.control.requests_so_far()
        await self._note(heard, processed)
        async with asyncio.TaskGroup() as group:
            group.create_task(meanwhile())
            seconds = await self._first_request(before, died)
        (self.taken_over if has_standby else self.back).append(seconds)

    async def stop(self, bot: BotProcess) -> None:
        """Ask it to stop, and start another."""
        await self.keep_metrics(bot)
        before = time.monotonic()
        await bot.stop()
        self.stops += 1
        requests = await self.stage.control.requests_so_far()
        if not self.stage.living:
            await self.stage.start_bot()
        await self._first_request(requests, before)

    async def kill_at(self, bot: BotProcess, meanwhile: Meanwhile, family: str, when: str) -> None:
        """Kill it once a request of a family is held, if one is before long."""
        hold = await self.stage.control.hold(family, when)
        with contextlib.suppress(TimeoutError):
            await self.stage.control.wait_held(hold, AT_SECONDS)
        await self.kill(bot, meanwhile)

    async def kill_everywhere(
        self, bot: BotProcess, meanwhile: Meanwhile, scenes: Sequence[Scene], *, is_posted: bool
    ) -> None:
        """Kill it while it has a mention at each step.

        Args:
            bot: that answers.
            meanwhile: is done while nobody answers.
            scenes: of one mention each, five of them: to be killed while it is posted, uploaded, coloured, fetched,
                and heard of. The second may be of a GIF.
            is_posted: whether the reply that it is posting is there, and its answer lost.
        """
        control = self.stage.control
        posting, uploading, colouring, fetching, hearing = scenes
        await self.keep_metrics(bot)
        hold = await control.hold("create", "after" if is_posted else "before")
        await self.play.play(posting)
        await control.wait_held(hold)
        held = await control.hold("upload")
        uploaded = await self.play.play(uploading)
        processed = uploaded if uploading.kind == "GIF" and await self._until_status(held) else []
        if uploading.kind != "GIF":
            await control.wait_held(held)
        async with self._still():
            (ordered,) = await self.play.play(colouring)
            await self._until_state(str(ordered), "ordered")
            held = await control.hold("files")
            await self.play.play(fetching)
            await control.wait_held(held)
            heard = await self._heard(bot, hearing, by_stream=is_posted)
        await self.kill(bot, meanwhile, heard=heard, processed=[one for one in processed if one])

    async def answering(self) -> BotProcess:
        """Wait until one of the bots answers mentions; which.

        Raises:
            Rejected: none does ("ended").
        """
        since = time.monotonic()
        while time.monotonic() - since < BACK_SECONDS:
            for bot in self.stage.living:
                with contextlib.suppress(OSError):
                    if ACTIVE in await asyncio.to_thread(scrape, await bot.metrics_address()):
                        return bot
            await asyncio.sleep(POLL_SECONDS)
        raise self._nobody()

    async def stand_by(self) -> None:
        """Have a second bot stand by.

        Raises:
            Rejected: it does not ("ended").
        """
        bot, since = await self.stage.start_bot(), time.monotonic()
        while not any(line.get("event") == "standing by" for line in bot.lines()):
            if time.monotonic() - since > BACK_SECONDS:
                raise self._nobody()
            await asyncio.sleep(POLL_SECONDS)

    def add_to(self, report: DrillReport) -> None:
        """Tell of all kills."""
        never = [step.value for step in Step if not self.hit[step]]
        report.promise(
            "the bot was killed between any two steps", never, right=f"{self.kills:,} kills, {len(Step)} steps"
        )
        for step in Step:
            report.figure(f"killed: {step.value}", self.hit[step], "mentions")
        report.figure("kills of the bot", self.kills)
        report.figure("times that it was asked to stop, and started again", self.stops)

    async def _heard(self, bot: BotProcess, scene: Scene, *, by_stream: bool) -> list[str]:
        """Have the bot told of a mention that it will not live to write down; it stands still then."""
        control = self.stage.control
        if by_stream:
            bot.freeze()
            return [str(one) for one in await self.play.play(scene)]
        await control.hold("stream")  # no other way than by a poll
        asked = await control.hold("mentions")
        await control.drop_stream()
        await control.wait_held(asked)
        told = [str(one) for one in await self.play.play(scene)]
        await asyncio.sleep(DEAD_SECONDS)  # until it is among the mentions
        answered = await control.hold("mentions", "after")
        await control.release(asked)
        await control.wait_held(answered)
        bot.freeze()
        return told

    @contextlib.asynccontextmanager
    async def _still(self) -> AsyncIterator[None]:
        """Have all workers that colour stand still while the block lasts."""
        workers = self.stage.colourists()
        try:
            for worker in workers:
                worker.suspend()
            yield
        finally:
            for worker in workers:
                with contextlib.suppress(psutil.Error):
                    worker.resume()

    async def _until_status(self, held: str) -> bool:
        """Let an upload go on, request by request, to the one that asks how far X is with it."""
        control = self.stage.control
        for _ in range(STATUS_TRIES):
            if await control.wait_held(held) == "GET":
                return True
            following = await control.hold("upload")
            await control.release(held)
            held = following
        return False

    async def _until_state(self, mention: str, state: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.ledger.state(mention) != state:  # noqa: ASYNC110 - records have no event
                await asyncio.sleep(POLL_SECONDS)

    async def _note(self, heard: Sequence[str], processed: Sequence[str]) -> None:
        """See in the ledger, and at the fake, what the dead one was at."""
        await self.play.look()
        states = await self.ledger.unfinished()
        for mention, state in states.items():
            if state == "posting":
                self.hit[Step.AFTER if self.play.replies_to(mention) else Step.BEFORE] += 1
            else:
                self.hit[_STEPS[state]] += 1
        self.hit[Step.HEARD] += sum([not await self.ledger.state(mention) for mention in heard])
        self.hit[Step.PROCESSED] += sum(states.get(mention) == "coloured" for mention in processed)

    async def _first_request(self, before: int, since: float) -> float:
        """Wait until a bot asks for something; seconds since then.

        Raises:
            Rejected: none does ("ended").
        """
        while await self.stage.control.requests_so_far() <= before:
            if time.monotonic() - since > BACK_SECONDS:
                raise self._nobody()
            await asyncio.sleep(POLL_SECONDS)
        return time.monotonic() - since

    def _nobody(self) -> Rejected:
        msg = f"no bot answers or stands by within {BACK_SECONDS:.0f} s: see {self.stage.data / 'bots'}"
        return Rejected(msg, code="ended")

    async def keep_metrics(self, bot: BotProcess) -> None:
        """Keep what the bot counts beside its log, to be looked through; nothing where it does not answer."""
        try:
            text = await asyncio.to_thread(scrape, await bot.metrics_address())
        except OSError:
            return
        (self.stage.data / "bots" / f"metrics-{bot.number}.txt").write_text(text, encoding="utf-8")


def scrape(address: str) -> str:
    """Metrics of a program on loopback.

    Raises:
        OSError: it does not answer.
    """
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=5) as answer:
            return str(answer.read().decode())
    except URLError as error:
        raise OSError(str(error.reason)) from error
