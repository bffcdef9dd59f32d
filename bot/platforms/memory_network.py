"""A small social network in memory: people, what they post, and the rules that a large one has."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from bot.platforms.protocol import (
    Account,
    Attachment,
    AttachmentKind,
    Forbidden,
    Gone,
    Mention,
    Missing,
    Post,
    Posted,
)
from bot.platforms.twitter_limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

URL: Final = "memory://media/"
"""What the addresses of attachments begin with."""

UPLOAD_LIFE: Final = timedelta(days=1)
"""An upload that hangs on no post is forgotten after it, as the protocol says."""

SAME_TEXT: Final = timedelta(days=1)
"""For which an app may not say the same again; how long it is on X is not documented."""

_NAME: Final = re.compile(r"@(\w{1,15})")
_FIRST_ID: Final = 1_000_001
"""Ids of one length: those who compare them as text are found out later than they should be."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file that hangs on a post, or that will."""

    data: bytes
    kind: AttachmentKind
    content_type: str
    alt_text: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that the network has."""

    key: str
    media: Media
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A post as the network keeps it."""

    id: str
    author: str
    """Id of an account."""
    words: str
    """What was written, without the names that were put before it."""
    text: str
    """What is shown."""
    posted_at: datetime
    conversation: str
    media: tuple[str, ...] = ()
    reply_to: str | None = None
    quotes: str | None = None
    retweets: str | None = None
    mentions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a listener is told of."""

    what: Literal["posted", "deleted", "protected", "unprotected"]
    who: Account
    at: datetime
    entry: Entry | None = None
    media: tuple[Media, ...] = ()

    def line(self) -> str:
        """One line, such as `alice: @bot colour this  [photo]`."""
        if self.entry is None:
            return f"{self.who.username} is {self.what}"
        if self.what == "deleted":
            return f"{self.who.username} deletes: {self.entry.text}"
        hung = "".join(f"  [{_shown(media)}]" for media in self.media)
        return f"{self.who.username}: {self.entry.text}{hung}"


@dataclass(slots=True)
class MemoryNetwork:
    """Who there is, what they posted, and what may be done with it. Use it from one thread.

    Args:
        now: the clock.
        tell: called for each thing that happens, after it has.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[Happening], None] = lambda _: None
    people: dict[str, Account] = field(default_factory=dict)
    """By id."""
    posts: dict[str, Entry] = field(default_factory=dict)
    """By id, oldest first; deleted ones are not among them."""
    files: dict[str, Stored] = field(default_factory=dict)
    """By key."""
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(_FIRST_ID))
    _said: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _listeners: list[Callable[[Happening], None]] = field(default_factory=list)

    def person(self, username: str, *, automated: bool = False) -> Account:
        """Somebody of that name, who joins if they are not here yet."""
        if found := self._named(username):
            return found
        account = Account(self._next_id(), username, automated=automated)
        self.people[account.id] = account
        return account

    def protect(self, username: str, *, protected: bool = True) -> None:
        """Show somebody's posts to few, or to all again."""
        account = replace(self.person(username), protected=protected)
        self.people[account.id] = account
        self._happened(Happening("protected" if protected else "unprotected", account, self.now()))

    def post(
        self,
        username: str,
        text: str,
        *,
        media: Sequence[Media] = (),
        reply_to: str | None = None,
        quotes: str | None = None,
    ) -> Entry:
        """Post as a person, with files.

        Raises:
            Gone: what is replied to or quoted is not there.
            Forbidden: a rule is against it.
        """
        author = self.person(username)
        keys = [self.upload(each) for each in media]
        return self.publish(author.id, text, keys, reply_to=reply_to, quotes=quotes)

    def retweet(self, username: str, post_id: str) -> Entry:
        """Pass on somebody's post without a word."""
        author, original = self.person(username), self.entry(post_id)
        text = f"RT @{self.people[original.author].username}: {original.text}"
        new_id = self._next_id()
        return self._keep(
            Entry(
                new_id,
                author.id,
                "",
                text,
                self.now(),
                conversation=new_id,
                media=original.media,
                retweets=post_id,
                mentions=original.mentions | {original.author},
            )
        )

    def upload(self, media: Media) -> str:
        """Keep a file, and return its key.

        Raises:
            Forbidden: its description is too long ("bad-media").
        """
        if media.alt_text and len(media.alt_text) > LIMITS.alt_text_length:
            msg = f"the alt text has {len(media.alt_text)} characters, and may have {LIMITS.alt_text_length}"
            raise Forbidden(msg, code="bad-media")
        key = self._next_id()
        self.files[key] = Stored(key, media, self.now())
        return key

    def publish(
        self,
        author: str,
        text: str,
        media: Sequence[str] = (),
        *,
        reply_to: str | None = None,
        quotes: str | None = None,
    ) -> Entry:
        """Post as the account with the id `author`, with files that were uploaded.

        Raises:
            Gone: what is replied to or quoted is not there.
            Forbidden: a rule is against it.
        """
        target = self.entry(reply_to) if reply_to else None
        if quotes:
            self.entry(quotes)
        if len(text) > LIMITS.text_length:
            msg = f"the text has {len(text)} characters, and may have {LIMITS.text_length}"
            raise Forbidden(msg, code="forbidden")
        self._check_media(media)
        shown = self._with_names(author, text, target)
        self._said[author, text.strip()] = self.now()
        new_id = self._next_id()
        return self._keep(
            Entry(
                new_id,
                author,
                text,
                shown,
                self.now(),
                conversation=target.conversation if target else new_id,
                media=tuple(media),
                reply_to=reply_to,
                quotes=quotes,
                mentions=frozenset(self._ids_named(shown)),
            )
        )

    def said_before(self, author: str, text: str) -> bool:
        """Whether an account said the same not long ago; that it was deleted does not help."""
        when = self._said.get((author, text.strip()))
        return bool(text.strip()) and when is not None and self.now() - when < SAME_TEXT

    def delete(self, post_id: str) -> None:
        """Delete a post, and with it what others passed on of it; one that is not there is no error."""
        if entry := self.posts.pop(post_id, None):
            self._happened(Happening("deleted", self.people[entry.author], self.now(), entry))
            for retweet in [each.id for each in self.posts.values() if each.retweets == post_id]:
                self.delete(retweet)

    def entry(self, post_id: str) -> Entry:
        """A post that is there; `Gone` where it is not."""
        if post_id not in self.posts:
            msg = f"the post {post_id} is not there any more"
            raise Gone(msg)
        return self.posts[post_id]

    def seen_by(self, viewer: str, post_id: str) -> Post | Missing:
        """A post as the account with the id `viewer` sees it."""
        if post_id not in self.posts:
            return Missing(post_id, "gone")
        entry = self.posts[post_id]
        author = self.people[entry.author]
        if author.protected and author.id != viewer:
            return Missing(post_id, "protected")
        return Post(
            entry.id,
            author,
            entry.text,
            entry.posted_at,
            entry.conversation,
            tuple(self._attachment(key) for key in entry.media),
            entry.mentions,
        )

    def mention(self, viewer: str, entry: Entry) -> Mention | None:
        """A post with what it is a reply to, as the account `viewer` sees it; None where it does not."""
        post = self.seen_by(viewer, entry.id)
        if isinstance(post, Missing):
            return None
        return Mention(
            post,
            replied_to=self.seen_by(viewer, entry.reply_to) if entry.reply_to else None,
            is_retweet=entry.retweets is not None,
            is_quote=entry.quotes is not None,
            quoted=self.seen_by(viewer, entry.quotes) if entry.quotes else None,
        )

    def posted(self, entry: Entry) -> Posted:
        """What an author is told of a post of their own."""
        return Posted(entry.id, entry.reply_to, entry.text, entry.posted_at)

    def listen(self, hear: Callable[[Happening], None]) -> Callable[[], None]:
        """Have `hear` called for each thing that happens, until what is returned is called."""
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear)

    def _keep(self, entry: Entry) -> Entry:
        self.posts[entry.id] = entry
        media = tuple(self.files[key].media for key in entry.media)
        self._happened(Happening("posted", self.people[entry.author], entry.posted_at, entry, media))
        return entry

    def _happened(self, happening: Happening) -> None:
        self.tell(happening)
        for hear in tuple(self._listeners):
            hear(happening)

    def _check_media(self, keys: Sequence[str]) -> None:
        for key in keys:
            stored = self.files.get(key)
            if stored is None or self.now() - stored.uploaded_at > UPLOAD_LIFE:
                msg = f"there is no upload {key}, or it has expired: upload it again"
                raise Forbidden(msg, code="bad-media")
        kinds = [self.files[key].media.kind for key in keys]
        photos = kinds.count(AttachmentKind.PHOTO)
        if photos > LIMITS.photos or (photos < len(kinds) and len(kinds) > 1):
            msg = f"a post takes {LIMITS.photos} photos, or one GIF, or one video"
            raise Forbidden(msg, code="bad-media")

    def _with_names(self, author: str, text: str, target: Entry | None) -> str:
        """Put before a reply the names of all whom it is to: that is what the network does, not its author."""
        if target is None:
            return text
        named = self._ids_named(text)
        carried = [target.author, *self._ids_named(target.text)]
        names = [
            f"@{self.people[who].username}" for who in dict.fromkeys(carried) if who != author and who not in named
        ]
        return " ".join([*names, text])

    def _ids_named(self, text: str) -> list[str]:
        found = (self._named(name) for name in _NAME.findall(text))
        return [account.id for account in found if account]

    def _named(self, username: str) -> Account | None:
        return next((each for each in self.people.values() if each.username.lower() == username.lower()), None)

    def _attachment(self, key: str) -> Attachment:
        media = self.files[key].media
        return Attachment(
            key,
            media.kind,
            URL + key,
            media.content_type,
            media.alt_text,
            media.width,
            media.height,
            media.seconds,
        )

    def _next_id(self) -> str:
        return str(next(self._ids))


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Entries by their ids, which grow."""
    return sorted(entries, key=lambda entry: int(entry.id), reverse=True)


def _shown(media: Media) -> str:
    return f"{media.kind}: {media.alt_text}" if media.alt_text else str(media.kind)
