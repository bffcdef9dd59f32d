"""What is to be done with a mention."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bot.platforms.protocol import Attachment


class Silence(StrEnum):
    """Why a mention is left without an answer."""

    OWN = "own"
    """The bot's own post."""
    RETWEET = "retweet"
    QUOTE = "quote"
    """It shows a post that names the bot, and does not name it itself."""
    NOT_NAMED = "not-named"
    """Its own text does not name the bot."""
    CARRIED_ALONG = "carried-along"
    """Named only because the network puts everybody in a conversation before a reply."""
    STALE = "stale"
    """Older than the bot answers."""
    ANSWERED = "answered"
    """Or being answered: it came to our ears before."""
    BLOCKED = "blocked"
    """Its author is on the operator's list."""
    OPTED_OUT = "opted-out"
    BOT = "bot"
    """Its author is another program."""
    LOOP = "loop"
    """The bot has spoken in this conversation often enough."""
    LIMITED = "limited"
    """Its author has had as many answers this hour as there are, and was told so."""
    DECLINED_TODAY = "declined-today"
    """It would be declined, and its author was told one such thing today."""
    NO_BUDGET = "no-budget"
    """The day's budget is spent."""
    NOT_THEIRS = "not-theirs"
    """A command that is for somebody else to give."""


class Reason(StrEnum):
    """Why something is declined in words."""

    NO_PICTURE = "no-picture"
    ALREADY_COLOUR = "already-colour"
    PROTECTED = "protected"
    TOO_LARGE = "too-large"
    TOO_LONG = "too-long"
    BROKEN = "broken"
    """It cannot be read."""
    NOTHING_TO_COLOUR = "nothing-to-colour"
    """Blank, or black."""
    GONE = "gone"
    """What was to be coloured is not there any more."""
    LIMITED = "limited"
    """Enough for this hour."""
    FILTERED = "filtered"
    """The operator's content filter said no."""
    SAME_AGAIN = "same-again"
    """More colour than the most, less than the least, or a comparison of a comparison."""


class Shift(StrEnum):
    """Which way the colours are to go."""

    MORE = "more"
    LESS = "less"


class Command(StrEnum):
    """What is asked for in a word or two."""

    STOP = "stop"
    START = "start"
    FORGET = "forget"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Ignore:
    """Do nothing."""

    why: Silence


@dataclass(frozen=True, slots=True)
class Decline:
    """Say no, and why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Obey:
    """Do what was commanded, and say so."""

    command: Command
    answer: str | None = None
    """Of `DELETE`: the id of the bot's post that is meant."""


@dataclass(frozen=True, slots=True)
class Colorise:
    """Colour these, and answer with them in one reply."""

    attachments: tuple[Attachment, ...]
    """Photos, as many as one reply holds; or one GIF; or one film."""
    source_post: str
    """The id of the post that they hang on."""
    saturation: float = 1.0
    compare: bool = False
    left_out: int = 0
    """Attachments that do not fit into one reply with these: films beside photos, for instance."""
    withheld: int = 0
    """Attachments that the network shows no address of."""
    shift: Shift | None = None
    """What was asked of the colours, so that the answer can say so; `saturation` has it already."""


Verdict: TypeAlias = Ignore | Decline | Obey | Colorise


def why(verdict: Verdict) -> str:
    """What a verdict is about, in a word for logs and metrics: a silence, a reason or a command; else empty."""
    return next((str(part) for name in ("why", "reason", "command") if (part := getattr(verdict, name, None))), "")
