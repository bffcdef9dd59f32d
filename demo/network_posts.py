"""What there is on the pretend network: people, what they post, and the files that hang on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations, as it does below
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from pydantic import TypeAdapter


class MediaKind(StrEnum):
    """What hangs on a post."""

    PHOTO = "photo"
    GIF = "gif"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: str
    username: str
    """Without @; letters, digits and low lines, 15 at most."""
    protected: bool = False
    """Shows posts to nobody."""
    automated: bool = False
    visitor: str | None = None
    """Whose account it is: a name for the visitor's cookie, from which the cookie cannot be told."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file, whose bytes are in the store."""

    key: str
    """Unguessable: who has it may see the file."""
    kind: MediaKind
    content_type: str
    object_name: str
    size: int
    """Bytes."""
    uploaded_at: datetime
    alt_text: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A post."""

    id: str
    author: str
    """Id of an account."""
    words: str
    """What was written, without the names that were put before it."""
    text: str
    """What is shown."""
    posted_at: datetime
    conversation: str
    """Id of the post that it began with."""
    media: tuple[Media, ...] = ()
    reply_to: str | None = None
    quotes: str | None = None
    retweets: str | None = None
    mentions: frozenset[str] = frozenset()
    """Ids of the accounts that its text names."""


What: TypeAlias = Literal["posted", "deleted", "forgotten", "joined", "uploaded", "expired"]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a listener is told of, after it has happened."""

    what: What
    """`forgotten` is a post that has grown too old, `expired` an upload that was never hung on one."""
    entry: Entry | None = None
    person: Person | None = None
    media: Media | None = None


ENTRIES: Final[TypeAdapter[Entry]] = TypeAdapter(Entry)
PEOPLE: Final[TypeAdapter[Person]] = TypeAdapter(Person)
UPLOADS: Final[TypeAdapter[Media]] = TypeAdapter(Media)
"""How they are written down."""
