"""A social network inside one process, for tests and rehearsals: it has the rules of a large one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final

from bot.platforms.memory_faults import Faults
from bot.platforms.memory_network import URL, Media, MemoryNetwork, newest_first
from bot.platforms.protocol import (
    Account,
    Attachment,
    AttachmentKind,
    Connected,
    Finding,
    Forbidden,
    Gone,
    LimitedUntil,
    Mention,
    Missing,
    Posted,
    Unreachable,
)
from bot.platforms.twitter_limits import LIMITS
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

    from bot.platforms.memory_network import Entry, Happening
    from bot.platforms.protocol import Limits

MOST_MENTIONS: Final = 800
"""How far back X shows mentions."""

STREAM_PAUSE_SECONDS: Final = 60.0
"""After which a second stream may be tried again: there is one connection, as on X."""

_RETRY_SECONDS: Final = 5.0


class MemoryPlatform:
    """A `Platform` on a network in memory. Use it from one event loop only.

    `network` is where people post; what the bot posts and uploads is found there, too. `faults` makes trouble.

    Args:
        network: who there is and what they posted; a new one where none is given.
        username: the bot's own name there.
        has_stream: whether the network offers one.
        now: the clock; the network's, where a network is given.
    """

    def __init__(
        self,
        network: MemoryNetwork | None = None,
        *,
        username: str = "colorisebot",
        has_stream: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.network = network or MemoryNetwork(now=now)
        self.faults = Faults(self.network.now)
        self._me = self.network.person(username, automated=True)
        self._has_stream = has_stream
        self._stream: asyncio.Queue[Entry | Unreachable] | None = None

    @property
    def name(self) -> str:
        """The network's name."""
        return "memory"

    @property
    def limits(self) -> Limits:
        """Those of X, for which this stands in."""
        return LIMITS

    @property
    def has_stream(self) -> bool:
        """As was asked for."""
        return self._has_stream

    async def identify(self) -> Account:
        """Who we are."""
        with self.faults.around("identify"):
            return self.network.people[self._me.id]

    async def mentions(self, *, after: str | None) -> list[Mention]:
        """Those that can be seen, oldest first."""
        with self.faults.around("mentions"):
            named = [
                entry
                for entry in self.network.posts.values()
                if self._names_us(entry) and (after is None or int(entry.id) > int(after))
            ]
            newest = newest_first(named)[:MOST_MENTIONS]
            seen = (self.network.mention(self._me.id, entry) for entry in reversed(newest))
            return [mention for mention in seen if mention]

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[Mention | Connected]]:
        """Open the one connection."""
        heard: asyncio.Queue[Entry | Unreachable] = asyncio.Queue()

        def hear(happening: Happening) -> None:
            entry = happening.entry
            if happening.what == "posted" and entry and self._names_us(entry) and not entry.retweets:
                heard.put_nowait(entry)

        stop = self.network.listen(hear)
        events = self._events(heard)
        try:
            yield events
        finally:
            stop()
            await events.aclose()
            if self._stream is heard:
                self._stream = None

    def break_stream(self) -> None:
        """Cut the open stream, as a network does now and then."""
        if self._stream:
            self._stream.put_nowait(Unreachable("the stream was cut off", after_seconds=_RETRY_SECONDS))

    async def look_up(self, post_id: str) -> Mention:
        """A post by its id."""
        with self.faults.around("look_up"):
            entry = self.network.entry(post_id)
            mention = self.network.mention(self._me.id, entry)
            if mention is None:
                msg = f"the author of the post {post_id} shows posts to few"
                raise Forbidden(msg, code="protected")
            return mention

    async def download(self, attachment: Attachment, into: BinaryIO, *, max_bytes: int) -> str:
        """Hand out an attachment's bytes."""
        with self.faults.around("download"):
            if attachment.url is None:
                msg = f"the network shows no file for the attachment {attachment.key}"
                raise Gone(msg)
            if not attachment.url.startswith(URL):
                msg = f"the attachment {attachment.key} is not on this network: it is not fetched"
                raise Rejected(msg, code="bad-address")
            stored = self.network.files.get(attachment.url.removeprefix(URL))
            if stored is None:
                msg = f"the attachment {attachment.key} is not there any more"
                raise Gone(msg)
            size = len(stored.media.data)
            if size > max_bytes:
                msg = f"the attachment has {size} bytes, and may have {max_bytes}"
                raise Rejected(msg, code="too-large")
            into.write(stored.media.data)
            return stored.media.content_type

    async def upload(self, media: BinaryIO, *, kind: AttachmentKind, content_type: str, alt_text: str) -> str:
        """Keep a file."""
        media.seek(0)
        data = media.read()
        with self.faults.around("upload"):
            most = LIMITS.most_bytes(kind)
            if not 0 < len(data) <= most:
                msg = f"a {kind} has 1 to {most} bytes, and this has {len(data)}"
                raise Forbidden(msg, code="bad-media")
            return self.network.upload(Media(data, kind, content_type, alt_text))

    async def reply(self, text: str, *, to: str, media: Sequence[str] = ()) -> Posted:
        """Reply, where the rules allow it."""
        with self.faults.around("reply"):
            target = self.network.seen_by(self._me.id, to)
            if isinstance(target, Missing):
                msg = f"the post {to} is deleted, or not to be seen"
                raise Gone(msg)
            if target.author.id != self._me.id and not self._engages_us(self.network.entry(to)):
                msg = f"the author of the post {to} did not mention us: no reply is allowed there"
                raise Forbidden(msg, code="not-allowed")
            if self.network.said_before(self._me.id, text):
                msg = "the very same text was posted before: word it differently"
                raise Forbidden(msg, code="duplicate")
            return self.network.posted(self.network.publish(self._me.id, text, media, reply_to=to))

    async def own_posts(self, *, since: datetime) -> list[Posted]:
        """Our own, newest first."""
        with self.faults.around("own_posts"):
            ours = (
                entry
                for entry in self.network.posts.values()
                if entry.author == self._me.id and entry.posted_at >= since
            )
            return [self.network.posted(entry) for entry in newest_first(ours)]

    async def delete(self, post_id: str) -> None:
        """Delete one of our own."""
        with self.faults.around("delete"):
            entry = self.network.posts.get(post_id)
            if entry and entry.author != self._me.id:
                msg = f"the post {post_id} is somebody else's: it is not ours to delete"
                raise Forbidden(msg, code="forbidden")
            self.network.delete(post_id)

    async def check(self) -> list[Finding]:
        """Look at what there is."""
        with self.faults.around("check"):
            me = self.network.people[self._me.id]
            return [
                Finding("credentials", ok=True, said=f"we are @{me.username}; this network asks for no credentials"),
                Finding("mentions", ok=True, said="readable"),
                Finding(
                    "filtered stream",
                    ok=self._has_stream,
                    said="available" if self._has_stream else "switched off: mentions are polled for",
                ),
            ]

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _events(self, heard: asyncio.Queue[Entry | Unreachable]) -> AsyncGenerator[Mention | Connected]:
        with self.faults.around("stream"):
            if self._stream:
                until = self.network.now() + timedelta(seconds=STREAM_PAUSE_SECONDS)
                msg = "there is a stream already, and no second is allowed"
                raise LimitedUntil(msg, until=until, after_seconds=STREAM_PAUSE_SECONDS)
            self._stream = heard
            yield Connected()
        while True:
            event = await heard.get()
            if isinstance(event, Unreachable):
                raise event
            if mention := self.network.mention(self._me.id, event):
                yield mention

    def _names_us(self, entry: Entry) -> bool:
        return self._me.id in entry.mentions

    def _engages_us(self, entry: Entry) -> bool:
        """Whether X would allow a reply: its author named us, or quotes us."""
        quoted = self.network.posts.get(entry.quotes or "")
        return self._names_us(entry) or bool(quoted and quoted.author == self._me.id)
