"""The timeline's page: what is posted, as it is posted, and posts by visitors."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import math
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import network_files
from demo.addresses import is_local, place_of
from demo.answers import in_words, json_of, plainly, refusal
from demo.fan_out import FanOut
from demo.media import object_response
from demo.network_rules import TEXT_LENGTH, plain_text
from demo.network_views import page_told
from demo.pace import Pace
from demo.security import VISITOR, VISITOR_SECONDS, set_cookie, visitor_of
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from demo.answers import Say
    from demo.events import Streams
    from demo.network import Network
    from demo.network_keeping import NetworkKeeping
    from demo.network_posts import Happening
    from demo.network_trouble import Trouble
    from demo.timeline_files import Check
    from functions.stores.protocol import ObjectStore

NEWEST: Final = 100
"""Posts that a page is told of at first."""

FILES: Final = 4
LOOKED_AT_ONCE: Final = 2
"""Files that are decoded at the same time: one of 100 megapixels takes some 400 MB."""

FORM_BYTES: Final = 64 * 1024
"""Of a form beside its files."""

POSTS_A_MINUTE: Final = 6
"""By one visitor."""

POSTS_A_MINUTE_FROM_A_PLACE: Final = 60
"""By all from one address: cookies can be thrown away, and a fair may be one address."""

STATUSES: Final = {
    "bad-request": 400,
    "empty-post": 400,
    "text-too-long": 400,
    "forbidden": 403,
    "gone": 404,
    "too-large": 413,
    "too-long": 413,
    "too-often": 429,
    "busy": 503,
}
"""Code of a refusal → status; all others are about a file."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """Who may do what, and how they are spoken to."""

    check: Check
    most_bytes: Callable[[], int]
    """Of a file; the operator may change it."""
    may_moderate: Callable[[Request], bool] = is_local
    """Whether it is the operator, or somebody at the stand's own machine."""
    say: Say = plainly


class Timeline:
    """Routes of the page.

    Args:
        network: posts.
        keeping: writes down what happens on it.
        store: files.
        trouble: what goes wrong for the bot; limits can be switched on here.
        door: who may do what.
        streams: all that the stand has open.
    """

    def __init__(  # noqa: PLR0913 - each has its own work
        self,
        network: Network,
        keeping: NetworkKeeping,
        store: ObjectStore,
        trouble: Trouble,
        *,
        door: Door,
        streams: Streams,
    ) -> None:
        self._network = network
        self._keeping = keeping
        self._store = store
        self._trouble = trouble
        self._door = door
        self._streams = streams
        self._news: FanOut[tuple[str, dict[str, Any]]] = FanOut()
        self._by_visitor = Pace(POSTS_A_MINUTE, 60.0)
        self._by_place = Pace(POSTS_A_MINUTE_FROM_A_PLACE, 60.0)
        self._looking = asyncio.Semaphore(LOOKED_AT_ONCE)
        network.listen(self._hear)

    @property
    def routes(self) -> list[BaseRoute]:
        """To be mounted at the root."""
        of = self._of
        return [
            Route("/api/timeline/events", of(self._events)),
            Route("/api/timeline/posts", of(self._post), methods=["POST"]),
            Route("/api/timeline/posts/{id}", of(self._delete), methods=["DELETE"]),
            Route("/api/timeline/limits", of(self._limits), methods=["GET"]),
            Route("/api/timeline/limits", of(self._set_limits), methods=["PUT"]),
            Route("/timeline/media/{key}", of(self._file)),
        ]

    def _of(self, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        return in_words(answer, self._say, STATUSES)

    def _hear(self, happening: Happening) -> None:
        entry = happening.entry
        if entry is None:
            return
        if happening.what == "posted" and self._network.is_visible(entry, ""):
            self._news.tell(("post", page_told(self._network, entry)))
        elif happening.what in {"deleted", "forgotten"}:
            self._news.tell(("deleted", {"id": entry.id}))

    async def _events(self, request: Request) -> Response:
        return self._streams.answer(request, self._told())

    async def _told(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        with self._news.listening() as news:
            visible = [entry for entry in self._network.newest_first() if self._network.is_visible(entry, "")]
            for entry in reversed(visible[:NEWEST]):
                yield "post", page_told(self._network, entry)
            async for happened in news:
                yield happened

    async def _post(self, request: Request) -> Response:
        known = visitor_of(request)
        who = known or secrets.token_urlsafe(16)
        wait = self._by_visitor.wait_seconds(who) or self._by_place.wait_seconds(place_of(request))
        if wait:
            reason = self._say(request, "too-often", f"that was often: again in {math.ceil(wait)} s")
            answer = refusal(429, "too-often", reason)
            answer.headers["Retry-After"] = str(math.ceil(wait))
            return answer
        most = FILES * self._door.most_bytes() + FORM_BYTES
        size = request.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > most:
            msg = f"a post with its files has at most {most} bytes, and says beforehand how many"
            raise Rejected(msg, code="too-large")
        try:
            # Starlette makes an HTTPException of it where it runs inside an application.
            async with request.form(max_files=FILES, max_fields=8, max_part_size=FORM_BYTES) as form:
                entry = await self._published(form, who)
        except (MultiPartException, HTTPException) as error:
            msg = f"this is no form with text and at most {FILES} files"
            raise Rejected(msg, code="bad-request") from error
        await self._keeping.written()
        answer = JSONResponse({"id": entry}, 201)
        if known is None:
            set_cookie(request, answer, VISITOR, who, seconds=VISITOR_SECONDS)
        return answer

    async def _published(self, form: FormData, who: str) -> str:
        text, name, reply_to = (_field(form, key) for key in ("text", "name", "reply_to"))
        text = plain_text(text)
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.size]
        if not text and not files:
            msg = "a post has words, or a picture"
            raise Rejected(msg, code="empty-post")
        if len(text) > TEXT_LENGTH:
            msg = f"a post has at most {TEXT_LENGTH} characters, and this has {len(text)}"
            raise Rejected(msg, code="text-too-long")
        if reply_to:
            self._network.entry(reply_to)
        author = self._network.account(_name_of(who), name)
        keys = await self._kept(files)
        return self._network.publish(author.id, text, keys, reply_to=reply_to or None).id

    async def _kept(self, files: Sequence[UploadFile]) -> list[str]:
        most, checked = self._door.most_bytes(), []
        for file in files:
            if (file.size or 0) > most:
                msg = f"a file has at most {most} bytes, and this has {file.size}"
                raise Rejected(msg, code="too-large")
            async with self._looking:
                checked.append(await asyncio.to_thread(self._door.check, await file.read()))
        return [
            await network_files.kept(
                self._network,
                self._store,
                io.BytesIO(one.data),
                size=len(one.data),
                kind=one.kind,
                content_type=one.content_type,
                alt_text=None,
                by_bot=False,
                most=most,
                shape=one.shape,
            )
            for one in checked
        ]

    async def _delete(self, request: Request) -> Response:
        entry = self._network.entry(request.path_params["id"])
        known = visitor_of(request)
        if known is None or self._network.people[entry.author].visitor != _name_of(known):
            self._only_operator(request)
        self._network.delete(entry.id)
        await self._keeping.written()
        return Response(status_code=204)

    async def _limits(self, _: Request) -> Response:
        return JSONResponse({"on": self._trouble.limits_on})

    async def _set_limits(self, request: Request) -> Response:
        self._only_operator(request)
        wanted = (await json_of(request)).get("on")
        if not isinstance(wanted, bool):
            msg = 'say {"on": true} or {"on": false}'
            raise Rejected(msg, code="bad-request")
        self._trouble.limits_on = wanted
        return await self._limits(request)

    async def _file(self, request: Request) -> Response:
        key = request.path_params["key"]
        # What is uploaded and not posted yet is nobody's to see.
        if not any(each.key == key for entry in self._network.newest_first() for each in entry.media):
            msg = "this file is not there any more"
            raise Rejected(msg, code="gone")
        media = network_files.found(self._network, key)
        return await object_response(request, self._store, media.object_name, media.content_type)

    def _say(self, request: Request, code: str, reason: str) -> str:
        return self._door.say(request, code, reason)

    def _only_operator(self, request: Request) -> None:
        if not self._door.may_moderate(request):
            msg = "this can be done at the stand's own machine, or by its operator"
            raise Rejected(msg, code="forbidden")


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _name_of(visitor: str) -> str:
    """A name for a cookie, from which nobody can tell the cookie."""
    return hashlib.sha256(visitor.encode()).hexdigest()[:24]
