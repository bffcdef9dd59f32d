"""What happens in a scene of the bot's drill: who posts what, and what the bot owes them for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta  # noqa: TC003 - a field's type
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.drill_bot_pictures import Picture


class Moment(StrEnum):
    """When a scene is played."""

    EARLY = "early"
    """Before the bot runs for the first time."""
    CALM = "calm"
    """While nothing goes wrong: what depends on how many there were before is counted exactly only then."""
    ANY = "any"
    DEAD = "dead"
    """While no bot runs: what is gone again is gone before the bot hears of it."""


class Colour(StrEnum):
    """How colourful a picture is beside that of another answer."""

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a mention must get: nothing else, and nothing twice."""

    replies: int = 1
    pictures: tuple[Picture, ...] = ()
    """That the reply shows in colour, in this order; none is a reply in words alone."""
    beside: bool = False
    """Whether the original is beside each."""
    than: tuple[int, Colour] | None = None
    """Of the colours: an act of the scene whose answer they are compared with, and how."""
    is_deleted: bool = False
    """Whether it is there first, and deleted later by command."""


NOTHING = Expected(replies=0)
WORDS = Expected()


@dataclass(frozen=True, slots=True)
class Act:
    """One post, or the deletion of one. Other acts of the scene are meant by their place in it, from 0."""

    author: str = ""
    text: str = ""
    pictures: tuple[Picture, ...] = ()
    under: int | None = None
    """Replies to that act's post."""
    under_answer: int | None = None
    """Replies to the bot's answer to that act."""
    shows: int | None = None
    """Quotes that act's post."""
    passes_on: int | None = None
    """Retweets that act's post."""
    after: int | None = None
    """Played once that act is answered."""
    age: timedelta | None = None
    """How long ago it was posted."""
    deletes: int | None = None
    """Deletes that act's post, and posts nothing."""
    expected: Expected | None = NOTHING
    """None where only the scene as a whole says what comes."""

    @property
    def waits_for(self) -> int | None:
        """The act whose answer must be there first."""
        return self.after if self.under_answer is None else self.under_answer


@dataclass(frozen=True, slots=True)
class Share:
    """What the acts of a scene get together that have no expectation of their own: which of them is all the same."""

    with_pictures: int = 0
    in_words: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """Acts that belong together, played in order."""

    kind: str
    """Of the cast, such as `photo`."""
    acts: tuple[Act, ...]
    moment: Moment = Moment.ANY
    share: Share | None = None
    forgotten: str | None = None
    """Name of who must be forgotten in the end, of all acts but the last."""
