"""The pretend network as the bot's program sees it: HTTP under `/network/`, for who has the token."""

from __future__ import annotations

import asyncio
import hmac
import json
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from sse_starlette import EventSourceResponse
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import network_files
from demo.answers import refusal
from demo.media import object_response
from demo.network_posts import MediaKind
from demo.network_rules import MOST_BYTES, Limited
from demo.network_views import mention_told, person_told, posted_told
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from demo.network import Network
    from demo.network_keeping import NetworkKeeping
    from demo.network_posts import Happening
    from demo.network_trouble import Call, Trouble
    from functions.stores.protocol import ObjectStore

MENTIONS: Final = 800
"""How far back mentions are shown, as on X."""

KEEP_ALIVE_SECONDS: Final = 10.0
"""Between blank lines on a stream without news; it is noticed within that, that nobody listens any more."""

SECOND_STREAM_SECONDS: Final = 5.0
"""After which a stream may be tried again where there is one already."""

STATUSES: Final = {"gone": 404, "missing-object": 404, "bad-credentials": 401}
"""Codes of refusals that are not 403."""

LONGEST_ID: Final = 40
"""Digits; ours have 16."""

SPOOL_BYTES: Final = 1_000_000
"""Of an upload, before it goes to a temporary file."""


class BotSide:
    """Routes for the bot.

    Args:
        network: posts.
        keeping: writes down what happens on it.
        store: files.
        token: that the bot shows; with an empty one nobody is let in.
        trouble: what goes wrong.
        fetched: hears the key of each file that the bot asks for.
    """

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        network: Network,
        keeping: NetworkKeeping,
        store: ObjectStore,
        token: str,
        trouble: Trouble,
        *,
        fetched: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._network = network
        self._keeping = keeping
        self._store = store
        self._token = token.encode()
        self._trouble = trouble
        self._fetched = fetched
        self._stream: asyncio.Queue[Happening | None] | None = None

    @property
    def routes(self) -> list[BaseRoute]:
        """To be mounted at the root."""
        of = self._of
        return [
            Route("/network/me", of("identify", self._me)),
            Route("/network/mentions", of("mentions", self._mentions)),
            Route("/network/stream", of("stream", self._open_stream)),
            Route("/network/own", of("own_posts", self._own)),
            Route("/network/posts", of("reply", self._reply), methods=["POST"]),
            Route("/network/posts/{id}", of("look_up", self._look_up)),
            Route("/network/posts/{id}", of("delete", self._delete), methods=["DELETE"]),
            Route("/network/media", of("upload", self._upload), methods=["POST"]),
            Route("/network/media/{key}", of("download", self._download)),
        ]

    @property
    def is_listening(self) -> bool:
        """Whether the bot has a stream open."""
        return self._stream is not None

    def cut_stream(self) -> None:
        """Break the open stream, as a network does now and then."""
        if self._stream is not None:
            self._stream.put_nowait(None)
            self._stream = None

    def _of(
        self, call: Call, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Let in who has the token, and say in JSON what goes wrong."""

        async def answered(request: Request) -> Response:
            try:
                self._check_token(request)
                with self._trouble.around(call):
                    return await answer(request)
            except Rejected as error:
                return refusal(STATUSES.get(error.code, 403), error.code, error.reason)
            except Limited as error:
                return refusal(429, "limited", error.reason, until=error.until.isoformat())
            except Postponed as error:
                return refusal(503, "unavailable", error.reason)

        return answered

    def _check_token(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if (
            not self._token
            or scheme.lower() != "bearer"
            or not hmac.compare_digest(token.strip().encode(), self._token)
        ):
            msg = "the token is another one: give the bot COLORISE_STAND_TOKEN as the stand has it"
            raise Rejected(msg, code="bad-credentials")

    async def _me(self, _: Request) -> Response:
        return JSONResponse(person_told(self._network.bot))

    async def _mentions(self, request: Request) -> Response:
        network, bot = self._network, self._network.bot.id
        after = _number(request.query_params.get("after", "0"))
        named = [entry for entry in network.newest_first() if bot in entry.mentions and int(entry.id) > after]
        seen = [entry for entry in reversed(named[:MENTIONS]) if network.is_visible(entry, bot)]
        return JSONResponse([mention_told(network, entry, bot) for entry in seen])

    async def _look_up(self, request: Request) -> Response:
        entry = self._network.entry(request.path_params["id"])
        if not self._network.is_visible(entry, self._network.bot.id):
            msg = f"the author of the post {entry.id} shows posts to few"
            raise Rejected(msg, code="protected")
        return JSONResponse(mention_told(self._network, entry, self._network.bot.id))

    async def _own(self, request: Request) -> Response:
        since = _moment(request.query_params.get("since", ""))
        ours = [entry for entry in self._network.newest_first(self._network.bot.id) if entry.posted_at >= since]
        return JSONResponse([posted_told(entry) for entry in ours])

    async def _reply(self, request: Request) -> Response:
        text, to, media = _reply_of(await request.body())
        entry = self._network.reply_as_bot(text, to=to, media=media)
        await self._keeping.written()
        return JSONResponse(posted_told(entry), 201)

    async def _delete(self, request: Request) -> Response:
        entry = self._network.posts.get(request.path_params["id"])
        if entry is not None and entry.author != self._network.bot.id:
            msg = f"the post {entry.id} is somebody else's: it is not the bot's to delete"
            raise Rejected(msg, code="forbidden")
        if entry is not None:
            self._network.delete(entry.id)
            await self._keeping.written()
        return Response(status_code=204)

    async def _upload(self, request: Request) -> Response:
        given = request.query_params
        if given.get("kind") not in set(MediaKind):
            msg = f"`kind` is one of {', '.join(MediaKind)}"
            raise Rejected(msg, code="bad-media")
        kind = MediaKind(given["kind"])
        async with _body(request, MOST_BYTES[kind]) as (file, size):
            key = await network_files.kept(
                self._network,
                self._store,
                cast("Any", file),
                size=size,
                kind=kind,
                content_type=given.get("content_type", ""),
                alt_text=given.get("alt_text") or None,
                by_bot=True,
            )
        await self._keeping.written()
        return JSONResponse({"id": key}, 201)

    async def _download(self, request: Request) -> Response:
        media = network_files.found(self._network, request.path_params["key"])
        self._fetched(media.key)
        return await object_response(request, self._store, media.object_name, media.content_type)

    async def _open_stream(self, _: Request) -> Response:
        if self._stream is not None:
            until = self._network.now() + timedelta(seconds=SECOND_STREAM_SECONDS)
            msg = "there is a stream already, and no second is allowed"
            raise Limited(msg, until=until, after_seconds=SECOND_STREAM_SECONDS)
        heard: asyncio.Queue[Happening | None] = asyncio.Queue()
        self._stream = heard
        stop_listening = self._network.listen(heard.put_nowait)

        def let_go() -> None:
            stop_listening()
            if self._stream is heard:
                self._stream = None

        return _Stream(self._lines(heard), let_go)

    async def _lines(self, heard: asyncio.Queue[Happening | None]) -> AsyncIterator[bytes]:
        yield _line({"connected": True})
        bot = self._network.bot.id
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    happening = await heard.get()
            except TimeoutError:
                yield b"\n"
                continue
            if happening is None:
                return
            entry = happening.entry
            is_mention = happening.what == "posted" and entry and bot in entry.mentions and not entry.retweets
            if entry and is_mention and self._network.is_visible(entry, bot):
                yield _line(mention_told(self._network, entry, bot))


class _Stream(EventSourceResponse):
    """Lines without end; they end when the program is told to stop, and what they held is let go of, come what may."""

    def __init__(self, lines: AsyncIterator[bytes], let_go: Callable[[], None]) -> None:
        super().__init__(lines, media_type="application/x-ndjson", ping=0)
        self._let_go = let_go

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._let_go()


@asynccontextmanager
async def _body(request: Request, most: int) -> AsyncIterator[tuple[tempfile.SpooledTemporaryFile[bytes], int]]:
    """A request's body as a file, with its size; all of it is read, so that whoever sends it hears the answer."""
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size <= most:
                file.write(piece)
        file.seek(0)
        yield file, size


def _reply_of(body: bytes) -> tuple[str, str, list[str]]:
    try:
        fields = json.loads(body)
        text, to, media = fields["text"], fields["reply_to"], fields.get("media", [])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        text = to = media = None
    if not (isinstance(text, str) and isinstance(to, str) and isinstance(media, list)):
        msg = "a reply has `text`, `reply_to` and `media`, in JSON"
        raise Rejected(msg, code="forbidden")
    return text, to, [str(key) for key in media]


def _number(given: str) -> int:
    if not given.isdecimal() or len(given) > LONGEST_ID:
        msg = "`after` is the id of a post"
        raise Rejected(msg, code="forbidden")
    return int(given)


def _moment(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        msg = "`since` is a time such as 2026-11-28T12:00:00+00:00"
        raise Rejected(msg, code="forbidden") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"
