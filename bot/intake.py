"""Takes mentions in: judged, written down, and handed to whoever answers them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.commands import asked_in
from bot.entry import entry_of
from bot.platforms.protocol import Forbidden, Gone, Missing
from bot.policy import Known, Origin, decide
from bot.spending import Charge
from bot.verdicts import Colorise, Decline, Ignore, Silence, why
from functions.errors import Postponed
from functions.telemetry.context import about

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from bot.answers import Answers
    from bot.entry import Colouring
    from bot.ledger import Kept, Ledger
    from bot.metrics import BotMetrics
    from bot.people import People
    from bot.platforms.protocol import Account, Attachment, Mention, Platform
    from bot.policy import Rules
    from bot.spending import Spending
    from bot.verdicts import Verdict

PLAIN: Final = frozenset(
    {
        Silence.OWN,
        Silence.RETWEET,
        Silence.QUOTE,
        Silence.NOT_NAMED,
        Silence.STALE,
        Silence.BLOCKED,
        Silence.BOT,
    }
)
"""Seen from the mention alone: for most mentions the ledger need not be asked."""

log = logging.getLogger(__name__)


class Intake:
    """Judges one mention at a time, so that two of one person are not both the first.

    Args:
        me: the bot's account.
        platform: that the mentions are from.
        ledger: of mentions.
        people: what is remembered of their authors.
        spending: what the day's budget has left.
        answers: what is taken on goes there.
        rules: the operator's.
        metrics: of the bot.
        now: the clock.
        bot: our name among bots, for jobs and objects.
        answered: ids of mentions that are known to be answered, beside those in the ledger.
    """

    def __init__(  # noqa: PLR0913 - a verdict depends on as much
        self,
        me: Account,
        *,
        platform: Platform,
        ledger: Ledger,
        people: People,
        spending: Spending,
        answers: Answers,
        rules: Rules,
        metrics: BotMetrics,
        now: Callable[[], datetime],
        bot: str = "bot",
        answered: Collection[str] = (),
    ) -> None:
        self._me = me
        self._platform = platform
        self._ledger = ledger
        self._people = people
        self._spending = spending
        self._answers = answers
        self._rules = rules
        self._metrics = metrics
        self._now = now
        self._bot = bot
        self._answered = frozenset(answered)
        self._turn = asyncio.Lock()

    async def take(self, mention: Mention) -> None:
        """Judge a mention, and write it down where it deserves an answer.

        Raises:
            Postponed: the ledger is out of reach: it is to be handed over again.
        """
        async with self._turn:
            with about(mention=mention.post.id):
                try:
                    await self._taken(mention)
                except Postponed:
                    raise
                except Exception:  # one mention that a bug trips over must not keep all others waiting
                    log.exception("a mention is skipped: a bug")
                    self._metrics.ended("left", "bug")

    async def _taken(self, mention: Mention) -> None:
        verdict, kept = await self._verdict(mention)
        self._metrics.heard(verdict)
        log.info("a mention", extra={"verdict": type(verdict).__name__.lower(), "why": why(verdict)})
        if isinstance(verdict, Ignore):
            if kept is not None and not kept.entry.state.is_final:
                await self._answers.take_on(kept)  # written down just before an outage, or a death
            return
        now = self._now()
        begun = await self._ledger.begin(entry_of(mention, verdict, now=now, bot=self._bot))
        if begun is None:
            return
        author = mention.post.author.id
        await self._ledger.note_said(mention.post.conversation)
        if isinstance(verdict, Colorise):
            await self._people.note_answer(author, now=now)
        elif isinstance(verdict, Decline):
            await self._people.note_decline(author, now=now)
        await self._answers.take_on(begun)

    async def _verdict(self, mention: Mention) -> tuple[Verdict, Kept | None]:
        """The verdict, and what the ledger holds already."""
        now = self._now()
        has_budget = self._spending.allows(self._answers.in_hand + 1)
        known = Known(me=self._me, now=now, limits=self._platform.limits, has_budget=has_budget)
        verdict = decide(mention, known, self._rules)
        if isinstance(verdict, Ignore) and verdict.why in PLAIN:
            return verdict, None
        if mention.post.id in self._answered:
            return Ignore(Silence.ANSWERED), None
        for post in (mention.post.id, *mention.post.earlier):
            kept = await self._ledger.find(post)
            if kept is not None:
                return Ignore(Silence.ANSWERED), kept
        origin = await self._origin(mention)
        known = Known(
            me=self._me,
            now=now,
            limits=self._platform.limits,
            person=await self._people.find(mention.post.author.id, now=now),
            said_here=await self._ledger.said_in(mention.post.conversation),
            has_budget=has_budget,
            origin=origin,
        )
        return decide(mention, known, self._rules), None

    async def _origin(self, mention: Mention) -> Origin | None:
        """What the post replied to was an answer to, where it is the bot's."""
        parent = mention.replied_to
        if parent is None or (not isinstance(parent, Missing) and parent.author.id != self._me.id):
            return None
        kept = await self._ledger.answered_by(parent.id)
        if kept is None or not kept.entry.author:
            return None
        colouring = kept.entry.colouring
        if colouring is None:
            return Origin(kept.entry.author, source_post="", attachments=(), saturation=1.0, compare=False)
        return Origin(
            asker=kept.entry.author,
            source_post=colouring.source_post,
            attachments=await self._shown(colouring)
            if asked_in(mention.post.text, self._me.username).is_change
            else (),
            saturation=colouring.saturation,
            compare=colouring.compare,
        )

    async def _shown(self, colouring: Colouring) -> tuple[Attachment, ...]:
        """What was coloured, as the network shows it now; nothing where that is not there any more."""
        self._spending.count(Charge.POST)
        try:
            post = (await self._platform.look_up(colouring.source_post)).post
        except (Gone, Forbidden) as error:
            log.info("what was coloured is not shown any more: %s", error.reason)
            return ()
        wanted = {piece.attachment.key for piece in colouring.pieces if piece.done}
        return tuple(attachment for attachment in post.attachments if attachment.key in wanted)
