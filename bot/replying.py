"""The reply: put together, posted once, and found again where nobody knows whether it was posted."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.entry import Colouring, Declining, Obeying, State
from bot.ledger import Kept, Overtaken, left
from bot.platforms.protocol import Forbidden, Gone, Unreachable
from bot.spending import Charge
from bot.uploading import ASK_OPERATOR_SECONDS
from bot.verdicts import Command, Reason, Silence
from bot.wording import Failure, Told
from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.entry import Entry
    from bot.gate import Gate
    from bot.ledger import Ledger
    from bot.people import People
    from bot.platforms.protocol import Platform, Posted
    from bot.spending import Spending
    from bot.talk import Talk
    from bot.uploading import Uploader

LOOK_BACK: Final = timedelta(minutes=10)
"""Before the moment written down: clocks of the network and ours differ."""

TEXTS: Final = 8
"""That are tried where the network says it has seen them before."""

LOOKS: Final = 4
"""For a reply that the network says it has, before it is taken for lost; each after a longer pause than the last."""

FINAL_REFUSALS: Final = frozenset({"gone", "not-allowed", "protected"})
"""Codes of refusals that no operator can put right."""

log = logging.getLogger(__name__)


class _TooLate(Exception):  # noqa: N818 - nothing went wrong
    """The mention is older than what is answered."""


@dataclass(slots=True)
class _Draft:
    """A reply on its way."""

    kept: Kept
    media: tuple[str, ...] | None
    """Ids of what is uploaded; None where that is not known any more."""
    unsure: bool
    """Whether it may be posted already, since we have last looked."""
    tried_at: datetime
    """When we last tried to post it, as far as we know."""
    doubted: bool = False
    """Whether it may ever have been posted without our knowing."""
    is_worded: bool = False
    """Whether its text is decided and written down, and it is to be posted with that."""


class Replier:
    """Puts replies together and posts them.

    Args:
        platform: to post on.
        uploader: of coloured pictures.
        ledger: of mentions.
        people: who was told no, and when.
        talk: what to say.
        spending: that a reply adds to.
        posts: gate to posting, one at a time.
        is_ours: whether we are still the one who answers.
        now: the clock.
        sleep: waits for so many seconds.
        max_age: of a mention that is still answered.
        settle: after which a post shows among our own, as a rule; before that, not seeing it tells nothing.
    """

    def __init__(  # noqa: PLR0913 - as many sides as a reply has
        self,
        platform: Platform,
        uploader: Uploader,
        *,
        ledger: Ledger,
        people: People,
        talk: Talk,
        spending: Spending,
        posts: Gate,
        is_ours: Callable[[], bool],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        max_age: timedelta,
        settle: timedelta,
    ) -> None:
        self._platform = platform
        self._uploader = uploader
        self._ledger = ledger
        self._people = people
        self._talk = talk
        self._spending = spending
        self._posts = posts
        self._is_ours = is_ours
        self._now = now
        self._sleep = sleep
        self._max_age = max_age
        self._settle = settle
        self._declining = asyncio.Lock()

    async def reply(self, kept: Kept) -> Kept:
        """Answer a mention whose pictures are settled, or that needs none.

        Raises:
            Postponed: network, store or queue are out of reach.
            Overtaken: somebody else has the mention.
        """
        if kept.entry.state is State.POSTING:
            tried_at = kept.entry.posting_at or self._now()
            return await self._posted(
                _Draft(kept, media=None, unsure=True, tried_at=tried_at, doubted=True, is_worded=True)
            )
        kept, media = await self._prepared(kept)
        if kept.entry.state.is_final:
            return kept
        return await self._posted(_Draft(kept, media=media, unsure=False, tried_at=self._now()))

    async def _prepared(self, kept: Kept) -> tuple[Kept, tuple[str, ...]]:
        """What there is to post: pictures, or that none of them could be coloured; final, where it is given up."""
        colouring = kept.entry.colouring
        if colouring is None:
            return kept, ()
        uploaded, media = await self._uploader.upload(kept.entry, colouring)
        entry = kept.entry.model_copy(update={"task": uploaded})
        if media:
            return (kept if uploaded == colouring else await self._ledger.advance(kept, entry)), media
        reason = next((piece.failed for piece in uploaded.pieces if piece.failed is not None), Reason.BROKEN)
        async with self._declining:
            person = await self._people.find(entry.author, now=self._now())
            if person.was_declined(now=self._now()):
                return await self._ledger.advance(kept, left(entry, f"{Silence.DECLINED_TODAY}: {reason}")), ()
            # First the one, so that a restart does not take the other for a decline of another mention.
            kept = await self._ledger.advance(kept, entry.model_copy(update={"task": Declining(reason=reason)}))
            await self._people.note_decline(entry.author, now=self._now())
        return kept, ()

    async def _posted(self, draft: _Draft) -> Kept:
        try:
            posted = await self._tried(draft)
        except (Gone, Forbidden) as error:
            if error.code not in FINAL_REFUSALS:
                raise Postponed(error.reason, after_seconds=ASK_OPERATOR_SECONDS) from error
            log.info("no reply: %s", error.reason, extra={"code": error.code})
            return await self._ledger.advance(draft.kept, left(draft.kept.entry, error.code))
        except _TooLate:
            log.info("no reply: the mention is too old by now")
            return await self._ledger.advance(draft.kept, left(draft.kept.entry, Silence.STALE))
        self._spending.count(Charge.REPLY)
        entry = draft.kept.entry.model_copy(update={"state": State.ANSWERED, "answer": posted.id})
        if isinstance(entry.task, Obeying) and entry.task.command is Command.FORGET:
            await self._ledger.erase(draft.kept)  # at once: this mention is not to be remembered either
            return Kept(entry, draft.kept.record)
        return await self._ledger.advance(draft.kept, entry)

    async def _tried(self, draft: _Draft) -> Posted:
        """Post it; where the network has seen its words before, with others."""
        for _ in range(TEXTS):
            entry = draft.kept.entry
            if draft.unsure and (found := await self._found(draft)) is not None:
                return found
            draft.unsure = False
            if draft.media is None:
                await self._upload_again(draft)
            place = (entry.posted_at, entry.mention)
            try:
                return await self._posts.through(place, partial(self._attempt, draft), retry_unreachable=True)
            except Forbidden as error:
                if error.code == "bad-media":  # too old by now, perhaps
                    draft.media = None
                    continue
                if error.code != "duplicate":
                    raise
                if draft.doubted and not await self._is_said_elsewhere(draft):
                    return await self._found_late(draft)
                draft.is_worded = False
        reason = "the network refuses every wording of it"
        raise Forbidden(reason, code="forbidden")

    async def _upload_again(self, draft: _Draft) -> None:
        """Upload what the network has not, or not any more; should less be left of it, the text says so."""
        entry, colouring = draft.kept.entry, draft.kept.entry.colouring
        if colouring is None:
            draft.media = ()
            return
        uploaded, draft.media = await self._uploader.upload(entry, colouring)
        if uploaded != colouring:
            draft.kept = await self._ledger.advance(draft.kept, entry.model_copy(update={"task": uploaded}))
            draft.is_worded = False

    async def _attempt(self, draft: _Draft) -> Posted:
        """Post it, unless it is there.

        That it is about to be posted is written down only now, when it is its turn: whoever takes over after a death
        has to look for these replies alone, and each look is charged for.

        Raises:
            Overtaken: somebody else answers now.
            _TooLate: the mention is too old by now.
        """
        if draft.unsure and (found := await self._found(draft)) is not None:
            return found
        if self._now() - draft.kept.entry.posted_at > self._max_age:
            raise _TooLate
        if not draft.is_worded:
            await self._word(draft)
        entry = draft.kept.entry
        if not self._is_ours():
            raise Overtaken(entry.mention)
        draft.unsure, draft.tried_at = False, self._now()
        try:
            return await self._platform.reply(entry.text, to=entry.mention, media=draft.media or ())
        except Unreachable:
            draft.unsure = draft.doubted = True
            raise

    async def _word(self, draft: _Draft) -> None:
        """Decide what to say, and write it down."""
        entry = draft.kept.entry
        about = {"state": State.POSTING, "text": self._text(entry), "posting_at": self._now()}
        draft.kept = await self._ledger.advance(draft.kept, entry.model_copy(update=about))
        await self._talk.remember()
        draft.is_worded = True

    async def _found(self, draft: _Draft) -> Posted | None:
        """Our reply to this mention, where it is posted already."""
        mention = draft.kept.entry.mention
        return next((post for post in await self._own_posts(draft) if post.reply_to == mention), None)

    async def _is_said_elsewhere(self, draft: _Draft) -> bool:
        """Whether it is another reply that has these words: then ours was refused each time, and is not there."""
        entry = draft.kept.entry
        said = [post for post in await self._own_posts(draft) if post.text.endswith(entry.text)]
        return bool(said) and all(post.reply_to != entry.mention for post in said)

    async def _own_posts(self, draft: _Draft) -> list[Posted]:
        """Our posts, from well before we first tried, once the last try would be among them."""
        settled = (draft.tried_at + self._settle - self._now()).total_seconds()
        if settled > 0:
            await self._sleep(settled)
        posts = await self._platform.own_posts(since=(draft.kept.entry.posting_at or draft.tried_at) - LOOK_BACK)
        self._spending.count(Charge.OWN_POST, len(posts))
        return posts

    async def _found_late(self, draft: _Draft) -> Posted:
        """Our reply, which the network says it has, once it shows it.

        Raises:
            Forbidden: it does not show it: better none than two ("not-allowed").
        """
        for look in range(LOOKS):
            if look:
                await self._sleep(self._settle.total_seconds() * 3**look)
            if (found := await self._found(draft)) is not None:
                return found
        mention = draft.kept.entry.mention
        reason = f"the network says that it has the reply to {mention} already, and does not show it"
        raise Forbidden(reason, code="not-allowed")

    def _text(self, entry: Entry) -> str:
        match entry.task:
            case Obeying(command=command):
                return self._talk.confirm(command)
            case Declining(reason=reason):
                return self._talk.decline(reason)
            case Colouring(pieces=pieces) as colouring if any(piece.done for piece in pieces):
                return self._talk.answer(self._told(entry, colouring))
            case Colouring():  # its pictures went while it waited
                return self._talk.decline(Reason.GONE)
        msg = f"an erased mention is not answered: {entry.mention}"
        raise TypeError(msg)

    def _told(self, entry: Entry, colouring: Colouring) -> Told:
        done = [piece for piece in colouring.pieces if piece.done]
        failed = [Failure(piece.position, piece.failed) for piece in colouring.pieces if piece.failed is not None]
        return Told(
            kind=done[0].attachment.kind,
            count=len(done),
            seconds=(self._now() - entry.seen_at).total_seconds(),
            saturation=colouring.saturation,
            shift=colouring.shift,
            compare=colouring.compare,
            failures=tuple(failed),
            left_out=colouring.left_out,
            withheld=colouring.withheld,
            tint=next((piece.tint for piece in done if piece.tint is not None), None),
        )
