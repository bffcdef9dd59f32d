"""Which mentions deserve what: rules alone, without a clock, a network or a record of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.commands import Asked, asked_in
from bot.names import after_run, is_named, is_program
from bot.platforms.protocol import Missing
from bot.selection import Selection, select
from bot.verdicts import Colorise, Command, Decline, Ignore, Obey, Reason, Shift, Silence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.platforms.protocol import Account, Attachment, Limits, Mention, Post
    from bot.verdicts import Verdict

SKEW: Final = timedelta(minutes=5)
"""How far a post may lie in the future: clocks differ, though hardly by more."""

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)

SHIFT: Final = 1.35
"""What "more" multiplies the saturation by, and "less" divides it by: plainly seen, and twice is not yet garish."""

LEAST_SATURATION: Final = 0.3
"""Below, a picture is taken for a grey one."""

MOST_SATURATION: Final = 2.0
"""The most that an order may ask for."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is remembered of the author of a mention."""

    opted_out: bool = False
    answered_at: tuple[datetime, ...] = ()
    """Of pictures and films in the last hour, oldest first."""
    declined_at: datetime | None = None
    """Of the last time that something was declined in words."""

    def was_declined(self, *, now: datetime) -> bool:
        """Whether that was in the last 24 hours: then it is not done again."""
        return self.declined_at is not None and now - self.declined_at < DAY


@dataclass(frozen=True, slots=True)
class Origin:
    """What one of the bot's own posts was an answer to."""

    asker: str
    """Id of the account that asked for it."""
    source_post: str
    attachments: tuple[Attachment, ...]
    """That were coloured, in the order of the answer; empty where nothing was."""
    saturation: float
    compare: bool


@dataclass(frozen=True, slots=True)
class Known:
    """All that a verdict depends on, beside the mention and the rules."""

    me: Account
    now: datetime
    limits: Limits
    """Of the network."""
    person: Person = Person()
    answered: bool = False
    """Whether this mention was answered, or is being answered."""
    said_here: int = 0
    """Posts of the bot's in this conversation."""
    has_budget: bool = True
    """Whether another answer can be paid for today."""
    origin: Origin | None = None
    """Where the mention replies to a post of the bot's: what that was."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The operator's."""

    max_age: timedelta
    """Older mentions are left alone."""
    per_hour: int
    """Answers with pictures that a person gets in an hour."""
    per_conversation: int
    """Posts of the bot's in one conversation."""
    max_seconds: float
    """Of a film."""
    blocked: frozenset[str] = frozenset()
    """Ids, or user names in lower case."""
    answers_bots: bool = False


def decide(mention: Mention, known: Known, rules: Rules) -> Verdict:
    """What is to be done with a mention.

    The first of these that applies:

    1. Ignored, whatever it says: the bot's own; a retweet; a quote or another post that does not name the bot itself;
       one older than `max_age`, or from the future by more than `SKEW`; one answered before; one by a blocked account;
       one by another program; one by somebody who has opted out, unless it says `start`, `forget me` or `delete`.
    2. Obeyed, over all limits: `stop` and `forget me` wherever they are said, `start` and `delete` where they are
       meant for the bot (4.). `delete` is for whoever asked for the answer that it replies to.
    3. Ignored although it names the bot: one that is not meant for the bot; one where the bot has said enough in the
       conversation; one after the day's budget is spent.
    4. Meant for the bot is what replies to nothing, or names the bot after the names that a network puts before a
       reply. Else a reply to the bot's own post has to be a command or a change of the colours, or to bring pictures;
       and a reply to a post that names the bot is not meant for it.
    5. Coloured: what hangs on the mention; else, for a change of the colours of the bot's own answer, what that was
       made from; else what hangs on the post replied to or, after that, on the one that it shows, unless that is the
       bot's. Where there is nothing, or it is not for everybody's eyes, it is declined.
    6. Declined instead: what would be coloured for somebody who has had as many answers this hour as there are.
    7. Ignored instead: what would be declined for somebody who was told one such thing in the last 24 hours.
    """
    if silence := _overheard(mention, known, rules):
        return Ignore(silence)
    asked = asked_in(mention.post.text, known.me.username)
    if known.person.opted_out and asked.command not in {Command.START, Command.FORGET, Command.DELETE}:
        return Ignore(Silence.OPTED_OUT)
    is_meant = _is_meant(mention, known, asked)
    if asked.command is not None and (is_meant or _fits_anywhere(asked.command, known)):
        return _obeyed(asked.command, mention, known)
    if silence := _left_alone(known, rules, is_meant=is_meant):
        return Ignore(silence)
    return _within_limits(_wanted(mention, known, rules, asked), known, rules)


def _overheard(mention: Mention, known: Known, rules: Rules) -> Silence | None:
    """Why it is ignored whatever it says."""
    post, author = mention.post, mention.post.author
    age = known.now - post.posted_at
    return next(
        (
            silence
            for silence, applies in (
                (Silence.OWN, author.id == known.me.id),
                (Silence.RETWEET, mention.is_retweet),
                (Silence.QUOTE if mention.is_quote else Silence.NOT_NAMED, known.me.id not in post.mentions),
                (Silence.STALE, age > rules.max_age or age < -SKEW),
                (Silence.ANSWERED, known.answered),
                (Silence.BLOCKED, author.id in rules.blocked or author.username.lower() in rules.blocked),
                (Silence.BOT, not rules.answers_bots and is_program(author)),
            )
            if applies
        ),
        None,
    )


def _left_alone(known: Known, rules: Rules, *, is_meant: bool) -> Silence | None:
    """Why it is ignored although it names the bot, and is no command."""
    if not is_meant:
        return Silence.CARRIED_ALONG
    if known.said_here >= rules.per_conversation:
        return Silence.LOOP
    return None if known.has_budget else Silence.NO_BUDGET


def _replies_to_us(mention: Mention, known: Known) -> bool:
    """Whether it replies to a post of the bot's, which may be deleted by now."""
    parent = mention.replied_to
    if parent is None:
        return False
    return known.origin is not None or (not isinstance(parent, Missing) and parent.author.id == known.me.id)


def _is_meant(mention: Mention, known: Known, asked: Asked) -> bool:
    post, parent = mention.post, mention.replied_to
    if parent is None or is_named(after_run(post.text, known.me.username), known.me.username):
        return True
    if _replies_to_us(mention, known):
        return bool(post.attachments) or asked.is_change or asked.command is not None
    return isinstance(parent, Missing) or known.me.id not in parent.mentions


def _fits_anywhere(command: Command, known: Known) -> bool:
    """Whether to obey a command that may have been meant for somebody else: better once too often than not at all."""
    return command in {Command.STOP, Command.FORGET} or (command is Command.START and known.person.opted_out)


def _obeyed(command: Command, mention: Mention, known: Known) -> Obey | Ignore:
    if command is not Command.DELETE:
        return Obey(command)
    answer = mention.replied_to
    if answer is None or known.origin is None or known.origin.asker != mention.post.author.id:
        return Ignore(Silence.NOT_THEIRS)
    return Obey(command, answer=answer.id)


def _wanted(mention: Mention, known: Known, rules: Rules, asked: Asked) -> Colorise | Decline:
    """What is coloured, the person's limits aside."""
    post, parent = mention.post, mention.replied_to
    if post.attachments:
        return _first_time(post.attachments, post, known, rules, asked)
    if _replies_to_us(mention, known):
        return _again(known, rules, asked) if asked.is_change else Decline(Reason.NO_PICTURE)
    for other in (parent, mention.quoted):
        if isinstance(other, Missing):
            return Decline(Reason.PROTECTED if other.why == "protected" else Reason.GONE)
        if other is not None and other.attachments and other.author.id != known.me.id:
            return _first_time(other.attachments, other, known, rules, asked)
    return Decline(Reason.NO_PICTURE)


def _first_time(
    attachments: Sequence[Attachment], source: Post, known: Known, rules: Rules, asked: Asked
) -> Colorise | Decline:
    if attachments and source.author.protected:
        return Decline(Reason.PROTECTED)  # the answer would show it to everybody
    selection = _selected(attachments, known, rules)
    if isinstance(selection, Reason):
        return Decline(selection)
    return _colorised(
        selection, source.id, saturation=_shifted(1.0, asked.shift), compare=asked.compare, shift=asked.shift
    )


def _again(known: Known, rules: Rules, asked: Asked) -> Colorise | Decline:
    """The pictures of an answer once more, in other colours."""
    origin = known.origin
    if origin is None or not origin.attachments:
        return Decline(Reason.GONE)
    saturation = _shifted(origin.saturation, asked.shift)
    further = saturation > origin.saturation if asked.shift is Shift.MORE else saturation < origin.saturation
    shift, saturation = (asked.shift, saturation) if further else (None, origin.saturation)
    compare = asked.compare or origin.compare
    if shift is None and compare == origin.compare:
        return Decline(Reason.SAME_AGAIN)
    selection = _selected(origin.attachments, known, rules)
    if isinstance(selection, Reason):
        return Decline(selection)
    return _colorised(selection, origin.source_post, saturation=saturation, compare=compare, shift=shift)


def _selected(attachments: Sequence[Attachment], known: Known, rules: Rules) -> Selection | Reason:
    limits = known.limits
    return select(attachments, photos=limits.photos, seconds=min(rules.max_seconds, limits.video_seconds))


def _shifted(saturation: float, shift: Shift | None) -> float:
    if shift is None:
        return saturation
    moved = saturation * SHIFT if shift is Shift.MORE else saturation / SHIFT
    return min(max(moved, LEAST_SATURATION), MOST_SATURATION)


def _colorised(
    selection: Selection, source_post: str, *, saturation: float, compare: bool, shift: Shift | None
) -> Colorise:
    return Colorise(
        selection.attachments,
        source_post=source_post,
        saturation=saturation,
        compare=compare,
        left_out=selection.left_out,
        withheld=selection.withheld,
        shift=shift,
    )


def _within_limits(verdict: Colorise | Decline, known: Known, rules: Rules) -> Verdict:
    """The same, or less where its author has had enough for now."""
    person, now = known.person, known.now
    if isinstance(verdict, Colorise):
        if sum(now - at < HOUR for at in person.answered_at) < rules.per_hour:
            return verdict
        verdict = Decline(Reason.LIMITED)
    if not person.was_declined(now=now):
        return verdict
    return Ignore(Silence.LIMITED if verdict.reason is Reason.LIMITED else Silence.DECLINED_TODAY)
