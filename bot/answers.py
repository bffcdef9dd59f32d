"""Answers mentions: each goes from state to state in the ledger, whatever fails on the way."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Final

from bot.entry import Colouring, Declining, Obeying, State
from bot.ledger import Overtaken, left
from bot.platforms.protocol import LimitedUntil
from bot.verdicts import Silence
from functions.errors import Postponed
from functions.stopping import end
from functions.telemetry.context import about

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from bot.colouring import Colourist
    from bot.entry import Entry, Task
    from bot.ledger import Kept, Ledger
    from bot.metrics import BotMetrics
    from bot.obeying import Servant
    from bot.replying import Replier

MOST_IN_HAND: Final = 2_000
"""Mentions at once, most of them waiting for something; further ones wait where they are, on the network. Each takes
some ten kilobytes."""

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
"""Between tries while something is out of reach."""

LONGEST_WAIT_SECONDS: Final = 24 * 3600.0
"""That the network's word is taken for, where it says to wait."""

log = logging.getLogger(__name__)


class Answers:
    """Mentions in hand.

    Args:
        ledger: of mentions.
        colourist: gets pictures coloured.
        servant: does what is commanded.
        replier: puts replies together and posts them.
        metrics: of the bot.
        max_age: of a mention that is still answered.
        now: the clock.
    """

    def __init__(  # noqa: PLR0913 - as many as there are states
        self,
        ledger: Ledger,
        colourist: Colourist,
        servant: Servant,
        replier: Replier,
        metrics: BotMetrics,
        *,
        max_age: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._colourist = colourist
        self._servant = servant
        self._replier = replier
        self._metrics = metrics
        self._max_age = max_age
        self._now = now
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(MOST_IN_HAND)

    @property
    def in_hand(self) -> int:
        """Mentions that are being answered."""
        return len(self._in_hand)

    async def take_on(self, kept: Kept) -> None:
        """Answer a mention, beside the others; waits while there are too many."""
        mention = kept.entry.mention
        if mention in self._in_hand:
            return
        await self._room.acquire()
        self._in_hand[mention] = asyncio.create_task(self._carried(kept), name=f"mention {mention}")
        self._in_hand[mention].add_done_callback(lambda _: self._let_go(mention))
        self._metrics.pending(self.in_hand)

    async def resume(self) -> int:
        """Take on what was not finished when the bot last stopped or died; how much that was.

        Raises:
            Postponed: the ledger is out of reach.
        """
        count = 0
        async for kept in self._ledger.unfinished():
            await self.take_on(kept)
            count += 1
        return count

    async def drop(self, mention: str) -> None:
        """Let go of a mention, whatever is being done for it."""
        task = self._in_hand.get(mention)
        if task is not None:
            await end([task])

    async def close(self) -> None:
        """Leave everything as it stands in the ledger."""
        await end(list(self._in_hand.values()))

    def _let_go(self, mention: str) -> None:
        del self._in_hand[mention]
        self._room.release()
        self._metrics.pending(self.in_hand)

    async def _carried(self, kept: Kept) -> None:
        entry = kept.entry
        with about(mention=entry.mention, trace_id=entry.trace_id):
            try:
                await self._carry(kept)
            except Overtaken:
                log.info("somebody else has this mention now")
            except Exception:  # the others go on; a restart takes it up again
                log.exception("a mention stays unanswered for now: a bug")
                self._metrics.ended("left", "bug")

    async def _carry(self, kept: Kept) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not kept.entry.state.is_final:
            try:
                kept = await self._step(kept)
                pause = FIRST_PAUSE_SECONDS
            except Postponed as error:
                log.warning("a mention waits: %s", error.reason, extra={"state": kept.entry.state})
                least = min(error.after_seconds, LONGEST_WAIT_SECONDS)
                spread = random.uniform(0.5, 1.0)  # noqa: S311 - so that not all come at once
                await asyncio.sleep(max(pause * spread, least) if isinstance(error, LimitedUntil) else pause * spread)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                kept = await self._again(kept)
        self._end(kept.entry)

    async def _again(self, kept: Kept) -> Kept:
        """The entry as it stands now: where an answer was lost, it may be further on than we know.

        Raises:
            Overtaken: it is gone.
        """
        try:
            found = await self._ledger.find(kept.entry.mention)
        except Postponed:
            return kept
        if found is None:
            raise Overtaken(kept.entry.mention)
        return found

    async def _step(self, kept: Kept) -> Kept:
        entry, task = kept.entry, kept.entry.task
        if entry.state is not State.POSTING and self._now() - entry.posted_at > self._max_age:
            log.info("no reply: the mention is too old by now")
            return await self._ledger.advance(kept, left(entry, Silence.STALE))
        match entry.state, task:
            case State.SEEN, Colouring():
                return await self._colourist.order(kept, task)
            case State.ORDERED, Colouring():
                return await self._colourist.settle(kept, task)
            case State.SEEN, Obeying():
                await self._servant.obey(entry, task)
                return await self._ledger.advance(kept, entry.model_copy(update={"state": State.COLOURED}))
            case State.SEEN | State.ORDERED, _:
                return await self._ledger.advance(kept, entry.model_copy(update={"state": State.COLOURED}))
        return await self._replier.reply(kept)

    def _end(self, entry: Entry) -> None:
        self._metrics.ended(entry.state.value, entry.left)
        if entry.state is State.ANSWERED:
            seconds = (self._now() - entry.posted_at).total_seconds()
            self._metrics.answered(_named(entry.task), seconds)
            log.info("answered", extra={"seconds": round(seconds, 3), "answer": entry.answer})


def _named(task: Task | None) -> str:
    """Of a task, for metrics: `photo`, `gif`, `video`, `decline` or a command's name."""
    match task:
        case Colouring(pieces=(first, *_)):
            return first.attachment.kind.value
        case Declining():
            return "decline"
        case Obeying(command=command):
            return command.value
        case _:
            return "nothing"
