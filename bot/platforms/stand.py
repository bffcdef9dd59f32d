"""The pretend network of a stand at a talk or a fair: `demo/network_http.py` is its other side."""

from __future__ import annotations

import asyncio
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

from bot.platforms.protocol import Connected, Finding, Forbidden, Gone
from bot.platforms.stand_http import OUTSIDE, THREADS, StandHttp, unreachable
from bot.platforms.stand_reading import account, mention, posted, understood
from bot.platforms.stand_stream import DOING, StandStream
from bot.platforms.twitter_limits import LIMITS as LIMITS_OF_X
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
    from pathlib import Path

    import requests

    from bot.platforms.protocol import Account, Attachment, AttachmentKind, Limits, Mention, Posted

LIMITS: Final = replace(LIMITS_OF_X, video_bytes=128_000_000)
"""Those of X, for which the stand stands in, but for films: all of them are on one laptop."""

SILENCE_SECONDS: Final = 25.0
"""Of a stream that is taken for dead: two and a half times the stand's keep-alive."""

PIECE_BYTES: Final = 256 * 1024

FILES: Final = "/network/media/"

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_T = TypeVar("_T")


class Stand:
    """A `Platform`: a stand, and the bot's account on it.

    Args:
        address: of the stand, such as `http://127.0.0.1:8000`.
        token: that it asks of its bot.
        certificate: file with the one that it shows, where no authority has signed it.
        silence_seconds: of a stream that is taken for dead.
        now: our clock.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        certificate: Path | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._http = StandHttp(address, token, certificate=certificate, now=now)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="stand")
        self._silence_seconds = silence_seconds
        self._me: Account | None = None

    @property
    def name(self) -> str:
        """As the ledger and the metrics know it."""
        return "stand"

    @property
    def limits(self) -> Limits:
        """What the stand takes."""
        return LIMITS

    @property
    def has_stream(self) -> bool:
        """Every stand has one."""
        return True

    async def identify(self) -> Account:
        """Who we are there."""
        if self._me is None:
            told = await self._ask("GET", "/network/me")
            self._me = understood(lambda: account(told), doing="GET /network/me")
        return self._me

    async def mentions(self, *, after: str | None) -> list[Mention]:
        """All that the stand remembers, oldest first."""
        told = await self._ask("GET", "/network/mentions", params=None if after is None else {"after": after})
        return understood(lambda: [self._mention(each) for each in told], doing="GET /network/mentions")

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[Mention | Connected]]:
        """The one connection, in a thread of its own."""
        reader = StandStream(self._open_stream)
        events = self._events(reader)
        reader.start()
        try:
            yield events
        finally:
            await reader.stop()
            await events.aclose()

    async def look_up(self, post_id: str) -> Mention:
        """A post by its id, with what it is a reply to."""
        path = f"/network/posts/{_plain(post_id, 'post')}"
        told = await self._ask("GET", path)
        return understood(lambda: self._mention(told), doing=f"GET {path}")

    async def download(self, attachment: Attachment, into: BinaryIO, *, max_bytes: int) -> str:
        """Fetch from the stand alone: the token goes nowhere else."""
        if attachment.url is None:
            msg = f"the stand shows no file for the attachment {attachment.key}"
            raise Gone(msg)
        before, files, key = attachment.url.rpartition(FILES)
        if not files or before != self._http.address or not _KEY.fullmatch(key):
            msg = f"the attachment {attachment.key} is not on this stand: it is not fetched"
            raise Rejected(msg, code="bad-address")
        return await self._off_loop(lambda: self._fetch(FILES + key, into, max_bytes))

    async def upload(self, media: BinaryIO, *, kind: AttachmentKind, content_type: str, alt_text: str) -> str:
        """Upload in one piece."""
        size, most = media.seek(0, os.SEEK_END), LIMITS.most_bytes(kind)
        if not 0 < size <= most:
            msg = f"a {kind} has 1 to {most} bytes, and this has {size}"
            raise Forbidden(msg, code="bad-media")
        media.seek(0)
        params = {"kind": str(kind), "content_type": content_type, "alt_text": alt_text}
        told = await self._ask("POST", "/network/media", params=params, data=media)
        return understood(lambda: str(told["id"]), doing="POST /network/media")

    async def reply(self, text: str, *, to: str, media: Sequence[str] = ()) -> Posted:
        """Reply."""
        fields = {"text": text, "reply_to": to, "media": list(media)}
        told = await self._ask("POST", "/network/posts", json=fields)
        return understood(lambda: posted(told), doing="POST /network/posts")

    async def own_posts(self, *, since: datetime) -> list[Posted]:
        """Our own, newest first."""
        told = await self._ask("GET", "/network/own", params={"since": since.isoformat()})
        return understood(lambda: [posted(each) for each in told], doing="GET /network/own")

    async def delete(self, post_id: str) -> None:
        """Delete one of our own."""
        await self._ask("DELETE", f"/network/posts/{_plain(post_id, 'post')}")

    async def check(self) -> list[Finding]:
        """Look at the token, and at what can be read with it."""
        try:
            me = await self.identify()
            found = len(await self.mentions(after=None))
        except (Rejected, Postponed) as error:
            return [Finding("credentials", ok=False, said=error.reason)]
        return [
            Finding("credentials", ok=True, said=f"we are @{me.username} on the stand at {self._http.address}"),
            Finding("mentions", ok=True, said=f"readable: {found}"),
            Finding("filtered stream", ok=True, said="available: set COLORISE_BOT_STREAM=true to answer at once"),
        ]

    async def close(self) -> None:
        """Let go of all connections; what is being asked ends on its own."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    async def _off_loop(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _ask(self, method: str, path: str, **given: Any) -> Any:
        return await self._off_loop(lambda: self._http.ask(method, path, **given))

    def _mention(self, told: Any) -> Mention:
        return mention(told, self._http.address)

    def _fetch(self, path: str, into: BinaryIO, max_bytes: int) -> str:
        with self._http.open("GET", path, headers={"Accept-Encoding": "identity"}) as response:
            size = int(response.headers.get("Content-Length") or 0)
            if size > max_bytes:
                raise _too_large(size, max_bytes)
            written = 0
            try:
                for piece in response.iter_content(PIECE_BYTES):
                    written += len(piece)
                    if written > max_bytes:
                        raise _too_large(written, max_bytes)
                    into.write(piece)
            except OUTSIDE as error:
                raise unreachable(error, doing=f"GET {path}") from None
            return response.headers.get("Content-Type", "").partition(";")[0].strip()

    def _open_stream(self) -> requests.Response:
        return self._http.open(
            "GET",
            "/network/stream",
            silence_seconds=self._silence_seconds,
            headers={"Accept-Encoding": "identity"},
        )

    async def _events(self, reader: StandStream) -> AsyncGenerator[Mention | Connected]:
        async for line in reader.lines():
            if line.get("connected"):
                yield Connected()
            else:
                yield understood(partial(self._mention, line), doing=DOING)


def _plain(given: str, what: str) -> str:
    if not _KEY.fullmatch(given):
        msg = f"{given[:60]!r} names no {what} on a stand"
        raise Gone(msg)
    return given


def _too_large(size: int, max_bytes: int) -> Rejected:
    return Rejected(f"the attachment has {size} bytes, and may have {max_bytes}", code="too-large")
