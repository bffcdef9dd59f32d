"""What the bot needs of a social network, and in which words: no network's own are used anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

from pydantic import AwareDatetime  # noqa: TC002 - whoever writes down an attachment reads the annotations

from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime


class Gone(Rejected):
    """What was asked for is not there any more: a post deleted, an account closed ("gone")."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="gone")


class Forbidden(Rejected):
    """The network will never let us do this.

    Args:
        reason: a line for the operator.
        code: "protected" (its author shows it to few), "not-allowed" (to reply there, for instance), "duplicate" (the
            very same text was posted before), "bad-credentials", "bad-media" (it does not take the file, or has no
            such upload any more), or "forbidden".
    """


class LimitedUntil(Postponed):
    """We have done this too often.

    Args:
        reason: a line for the operator.
        until: when it may be tried again, as the network says.
        after_seconds: until then.
    """

    def __init__(self, reason: str, *, until: datetime, after_seconds: float) -> None:
        super().__init__(reason, after_seconds=after_seconds)
        self.until = until


class Unreachable(Postponed):
    """No answer, or one of trouble on the network's side. Whether what was asked for was done is not known."""


class AttachmentKind(StrEnum):
    """What hangs on a post."""

    PHOTO = "photo"
    GIF = "gif"
    """An animation without sound, which runs for ever; networks often keep it as a film."""
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody, as the network knows them."""

    id: str
    username: str
    """Without @."""
    protected: bool = False
    """Shows posts to few."""
    automated: bool = False
    """Says itself that it is a program."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or film on a post."""

    key: str
    """The network's own name for it."""
    kind: AttachmentKind
    url: str | None = None
    """Of the best there is to download; None where the network shows none."""
    content_type: str | None = None
    """As the network says; None where it does not."""
    alt_text: str | None = None
    """Its author's own."""
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    """How long it runs."""


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody wrote."""

    id: str
    author: Account
    text: str
    posted_at: AwareDatetime
    conversation: str
    """The id of the post that the conversation began with; that of the post itself where it begins one."""
    attachments: tuple[Attachment, ...] = ()
    """In the order given."""
    mentions: frozenset[str] = frozenset()
    """Ids of the accounts that its own text names; a quoted post's are not among them."""
    earlier: tuple[str, ...] = ()
    """Ids under which it was posted before it was edited, where the network gives an edited post another one."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A post that is not to be seen."""

    id: str
    why: Literal["gone", "protected"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A post that names the bot, or comes to its ears otherwise."""

    post: Post
    replied_to: Post | Missing | None = None
    """What it is a reply to; its own attachments come with it, those above it do not."""
    is_retweet: bool = False
    """Somebody else's post, passed on without a word."""
    is_quote: bool = False
    """It shows another post inside it; that the bot is named in the one shown is no mention."""
    quoted: Post | Missing | None = None
    """The post that it shows."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A post of the bot's own."""

    id: str
    reply_to: str | None
    text: str
    posted_at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Limits:
    """What the network takes."""

    text_length: int
    """Characters of a post."""
    alt_text_length: int
    photos: int
    """On one post."""
    photo_bytes: int
    photo_side: int
    """Pixels."""
    gif_bytes: int
    gif_width: int
    gif_height: int
    gif_frames: int
    video_bytes: int
    video_seconds: float
    video_width: int
    video_height: int
    """Either may be the longer side."""
    video_frame_rate: int

    def most_bytes(self, kind: AttachmentKind) -> int:
        """Of one file of that kind."""
        if kind is AttachmentKind.PHOTO:
            return self.photo_bytes
        return self.gif_bytes if kind is AttachmentKind.GIF else self.video_bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at the account found."""

    name: str
    """Such as `credentials`, `mentions`, `filtered stream`."""
    ok: bool
    said: str
    """One line: what works, or what does not, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A stream has begun, or begun again: what was posted before it is not in it."""


class Platform(Protocol):
    """A social network, and our account on it. Used from one event loop.

    Every method raises `Unreachable` where the network does not answer or has trouble of its own, `LimitedUntil` where
    we have asked too often, `Forbidden` where it will never let us, and `Gone` where what is asked for is not there.
    No error's text holds a token or a key.
    """

    @property
    def name(self) -> str:
        """Such as `twitter`."""

    @property
    def limits(self) -> Limits:
        """What it takes."""

    @property
    def has_stream(self) -> bool:
        """Whether `stream` is worth a try."""

    async def identify(self) -> Account:
        """Who we are; asks once and remembers."""

    async def mentions(self, *, after: str | None) -> list[Mention]:
        """Mentions since the one with the id `after`, oldest first; None asks for the newest few hundred.

        Paging is done here: all pages are read before this returns.
        """

    def stream(self) -> AbstractAsyncContextManager[AsyncIterator[Mention | Connected]]:
        """One connection over which mentions come as they are posted: `Connected` first.

        When it breaks, or is silent for longer than the network's keep-alive allows, the iterator raises `Unreachable`
        (or `LimitedUntil`, or `Forbidden`); whoever wants more opens another. Duplicates and any order are to be
        expected.
        """

    async def look_up(self, post_id: str) -> Mention:
        """A post by its id, with what it is a reply to."""

    async def download(self, attachment: Attachment, into: BinaryIO, *, max_bytes: int) -> str:
        """Write an attachment's bytes, and return its content type.

        Raises:
            Rejected: it is larger than `max_bytes` ("too-large"), or its address is not one of the network's own
                ("bad-address").
        """

    async def upload(self, media: BinaryIO, *, kind: AttachmentKind, content_type: str, alt_text: str) -> str:
        """Upload a picture or film, wait until the network has worked on it, and return its id, good for a day.

        Args:
            media: seekable, from its first byte to its end.
            kind: as what it is to be shown.
            content_type: such as `image/jpeg`.
            alt_text: what those are told who do not see it.

        Raises:
            Forbidden: the network does not take it ("bad-media").
        """

    async def reply(self, text: str, *, to: str, media: Sequence[str] = ()) -> Posted:
        """Reply to the post with the id `to`, with uploaded media in that order.

        Where this raises `Unreachable` the reply may be there all the same: look at `own_posts` before trying again.
        """

    async def own_posts(self, *, since: datetime) -> list[Posted]:
        """What we have posted since then, newest first."""

    async def delete(self, post_id: str) -> None:
        """Delete a post of our own; one that is not there any more is no error."""

    async def check(self) -> list[Finding]:
        """Look at credentials and at what the account may do, without posting."""

    async def close(self) -> None:
        """Let go of all connections."""
