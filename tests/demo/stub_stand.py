"""A stand without queue and workers: the real pages behind the real headers, and answers from memory.

It runs in a thread of its own, for browsers are driven by tests that wait. A picture that arrives is "coloured" at
once where `automatic` says so; otherwise the test tells each stage.
"""

from __future__ import annotations

import asyncio
import io
import json
import secrets
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import segno
import uvicorn
from sse_starlette.sse import AppStatus
from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import demo
from tests.demo import stub_goods
from tests.demo.stub_events import Channel
from tests.demo.stub_guard import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

NETWORK: Final = "http://192.168.1.7:8000"
HOME: Final = Path(demo.__file__).parent
PIN: Final = "4711"

STAGES: Final = (("received", 0), ("stored", 60), ("ordered", 110), ("colouring", 180), ("done", 760))
"""With the milliseconds at which a real stand reaches them."""


@dataclass
class Kept:
    """A visit."""

    id: str
    token: str
    kind: str
    before: bytes
    after: bytes
    channel: Channel = field(default_factory=Channel)
    wall: dict[str, Any] | None = None


class StubStand:
    """What the stand holds, and how a test moves it; its public methods may be called from any thread."""

    def __init__(self) -> None:
        self.port = 0
        self.visits: dict[str, Kept] = {}
        self.asked: list[tuple[str, str, Any]] = []
        """Method, path and JSON of all that changed something."""
        self.automatic = True
        self.refuse_with: tuple[int, str, str] | None = None
        """Status, code and reason that the next visit is refused with."""
        self.is_away = False
        """Everything of the API is answered with 503 and no word."""
        self.film: tuple[bytes, bytes] | None = None
        """Grey and coloured, of a clip."""
        self.pin_tries = 0
        self.settings: dict[str, Any] = {
            "name": "colorisebot", "language": "en", "idle_seconds": 60, "max_bytes": 25_000_000, "keep_minutes": 60,
            "wall_hours": 12.0, "max_clip_seconds": 30.0, "per_visitor_per_minute": 20,
            "samples": list(stub_goods.NAMES[:5]),
        }  # fmt: skip
        self.is_operator = False
        self.traces: dict[str, list[dict[str, Any]]] = {}
        self.streams = {name: Channel() for name in ("wall", "timeline", "machine")}
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def do(self, what: Callable[[], Any]) -> Any:
        """Do it in the server's thread, and wait for it."""
        assert self.loop is not None

        async def done() -> Any:
            return what()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(10)

    def tell(self, channel: str, event: str, data: Any, *, remembered: bool = True) -> None:
        """Tell all who follow "wall", "timeline", "machine" or a visit's id."""
        self.do(lambda: self.channel(channel).tell(event, data, remembered=remembered))

    def channel(self, name: str) -> Channel:
        return self.visits[name].channel if name in self.visits else self.streams[name]

    def finish(self, visit: str, **more: Any) -> None:
        """Say that a visit is done."""
        kept = self.visits[visit]
        self.tell(visit, "stage", {"stage": "done", "at_ms": 760})
        self.tell(visit, "done", self.done(kept) | more)

    def picture_on_wall(self, name: str, number: int = 0, **more: Any) -> str:
        """Put a photograph on the wall, as another visitor would."""
        visit = f"{name}-{number}"
        kept = Kept(visit, "t", "photo", stub_goods.file_of(name, grey=True), stub_goods.file_of(name, grey=False))
        self.visits[visit] = kept
        self.tell("wall", "added", self.on_wall(kept, {"saturation": 1, "caption": "", **more}))
        return visit

    def on_wall(self, kept: Kept, wishes: dict[str, Any]) -> dict[str, Any]:
        height, width = self.size(kept)
        address = f"/api/visits/{kept.id}"
        return {
            "id": kept.id, "before": f"{address}/before?token={kept.token}",
            "after": f"{address}/after?token={kept.token}", "width": width, "height": height,
            "kind": kept.kind, **wishes,
        }  # fmt: skip

    def size(self, kept: Kept) -> tuple[int, int]:
        """Height and width."""
        pixels = None if kept.kind == "clip" else stub_goods.read(kept.after)
        return stub_goods.FILM_SIZE if pixels is None else pixels.shape[:2]

    def done(self, kept: Kept, *, may_post: bool = True) -> dict[str, Any]:
        """What is told of a visit that is done; a link for looking, such as a phone's, lets nobody post."""
        height, width = self.size(kept)
        own = f"/api/visits/{kept.id}"
        return {
            "kind": kept.kind, "before": f"{own}/before?token={kept.token}", "after": f"{own}/after?token={kept.token}",
            "width": width, "height": height, "seconds": 0.58, "tint": None, "notes": [], "caption": "",
            "page": f"{self.url}/p/{kept.token}", "qr": f"{own}/qr.svg?token={kept.token}",
            "may_post": may_post, "on_wall": kept.wall is not None,
        }  # fmt: skip

    # The pages and their API.

    def application(self) -> ASGIApp:
        pages = {"/": "booth", "/wall": "wall", "/timeline": "timeline", "/machine": "machine", "/operator": "operator"}
        routes = [
            *(Route(path, self._page(name)) for path, name in pages.items()),
            Route("/p/{token}", self._page("phone")),
            Mount("/static", StaticFiles(directory=HOME / "static")),
            Route("/api/words", self._words),
            Route("/api/stand", self._stand),
            Route("/api/visits", self._visit, methods=["POST"]),
            Route("/api/visits/{id}", self._delete, methods=["DELETE"]),
            Route("/api/visits/{id}/events", self._events),
            Route("/api/visits/{id}/wall", self._wall, methods=["PUT", "DELETE"]),
            Route("/api/visits/{id}/qr.svg", self._qr),
            Route("/api/stand/qr.svg", self._code),
            Route("/api/visits/{id}/preview/{n}", self._bytes),
            Route("/api/visits/{id}/{part}", self._bytes),
            *(Route(f"/api/{name}/events", self._stream(name)) for name in ("wall", "timeline", "machine")),
            Route("/api/samples/{name}", self._sample),
            Route("/api/timeline/posts", self._post, methods=["POST"]),
            Route("/api/timeline/posts/{id}", self._unpost, methods=["DELETE"]),
            Route("/api/machine/traces/{id}", self._trace),
            Route("/api/machine/workers", self._noted, methods=["POST"]),
            Route("/api/machine/workers/{name}", self._noted, methods=["DELETE"]),
            Route("/api/machine/workers/{name}/kill", self._noted, methods=["POST"]),
            Route("/api/operator/session", self._session, methods=["POST"]),
            Route("/api/operator/settings", self._settings, methods=["GET", "PUT"]),
            Route("/api/operator/wall", self._clear, methods=["DELETE"]),
            Route("/api/operator/visits/{id}", self._delete, methods=["DELETE"]),
        ]
        missing = {404: self._missing}
        return guarded(Starlette(routes=routes, exception_handlers=missing), lambda: self.is_away)

    def _page(self, name: str) -> Callable[[Request], Any]:
        async def page(_: Request) -> Response:
            return FileResponse(HOME / "pages" / f"{name}.html")

        return page

    async def _missing(self, request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"code": "gone", "reason": "It is not here any more."}, 404)
        return FileResponse(HOME / "pages" / "error.html", status_code=404)

    async def _words(self, request: Request) -> Response:
        language = request.query_params.get("lang", self.settings["language"])
        return FileResponse(HOME / "words" / f"{language}.json")

    async def _stand(self, _: Request) -> Response:
        return JSONResponse({
            "name": self.settings["name"], "language": self.settings["language"], "languages": ["en", "de"],
            "idle_seconds": self.settings["idle_seconds"], "max_bytes": self.settings["max_bytes"],
            "max_clip_seconds": 30, "accept": ["image/jpeg", "image/png", "video/mp4"],
            "address": NETWORK,
            "samples": [
                {"id": name, "title": name.title(), "thumbnail": f"/api/samples/{name}"}
                for name in (stub_goods.NAMES if self.is_operator else self.settings["samples"])
            ],
            "is_operator": self.is_operator, "is_local": True,
        })  # fmt: skip

    async def _sample(self, request: Request) -> Response:
        return Response(stub_goods.file_of(request.path_params["name"], grey=True), media_type="image/jpeg")

    async def _visit(self, request: Request) -> Response:
        if self.refuse_with:
            status, code, reason = self.refuse_with
            self.refuse_with = None
            return JSONResponse({"code": code, "reason": reason}, status)
        data = await request.body()
        if request.headers.get("content-type") == "application/json":
            data = stub_goods.file_of(json.loads(data)["sample"], grey=True)
        visit = secrets.token_urlsafe(16)
        token = f"{visit}.{secrets.token_hex(8)}"
        if data[4:8] == b"ftyp":
            assert self.film
            kept = Kept(visit, token, "clip", *self.film)
        else:
            pixels = stub_goods.read(data)
            if pixels is None:
                return JSONResponse({"code": "not-a-picture", "reason": "This is no picture that we can read."}, 415)
            kept = Kept(visit, token, "photo", data, stub_goods.jpeg(stub_goods.coloured(pixels)))
            if stub_goods.is_in_colour(pixels):
                kept.channel.tell("failed", {"code": "already-colour", "reason": "This picture is in colour already."})
        self.visits[visit] = kept
        if self.automatic and not kept.channel.told:
            kept.channel.tell("stage", {"stage": "received", "at_ms": 0})
            self._later = asyncio.get_running_loop().create_task(self._run(kept))
        events = f"/api/visits/{visit}/events?token={token}"
        return JSONResponse({"id": visit, "token": token, "events": events, "kind": kept.kind}, 201)

    async def _run(self, kept: Kept) -> None:
        for (stage, at), (_, before) in zip(STAGES[1:], STAGES, strict=False):
            await asyncio.sleep((at - before) / 1000)
            kept.channel.tell("stage", {"stage": stage, "at_ms": at})
        kept.channel.tell("done", self.done(kept))

    async def _events(self, request: Request) -> Response:
        kept = self.visits.get(request.path_params["id"])
        if kept is None or kept.token != request.query_params.get("token"):
            return JSONResponse({"code": "gone", "reason": "It is not here any more."}, 404)
        return kept.channel.response()

    async def _bytes(self, request: Request) -> Response:
        kept = self.visits.get(request.path_params["id"])
        if kept is None:
            return Response(status_code=404)
        part = request.path_params.get("part", "after")
        data = kept.before if part == "before" else kept.after
        if "n" in request.path_params:
            return Response(stub_goods.file_of("coffee", grey=False), media_type="image/jpeg")
        kind = "video/mp4" if kept.kind == "clip" else "image/jpeg"
        headers = {"Accept-Ranges": "bytes"}
        if "download" in request.query_params:
            headers["Content-Disposition"] = 'attachment; filename="coloured-2026-11-28.jpg"'
        wanted = request.headers.get("range", "")
        if wanted.startswith("bytes="):
            start, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last = int(start), int(end or len(data) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            return Response(data[first : last + 1], 206, headers, kind)
        return Response(data, media_type=kind, headers=headers)

    async def _code(self, _: Request) -> Response:
        picture = io.BytesIO()
        segno.make(NETWORK, error="m").save(picture, kind="svg", scale=4, border=4)
        return Response(picture.getvalue(), media_type="image/svg+xml")

    async def _qr(self, request: Request) -> Response:
        kept = self.visits[request.path_params["id"]]
        picture = io.BytesIO()
        segno.make(self.done(kept)["page"], error="m").save(picture, kind="svg", scale=4, border=2)
        return Response(picture.getvalue(), media_type="image/svg+xml")

    async def _wall(self, request: Request) -> Response:
        kept = self.visits[request.path_params["id"]]
        if request.method == "PUT":
            kept.wall = await request.json()
            assert kept.wall is not None
            self.asked.append(("PUT", request.url.path, kept.wall))
            self.streams["wall"].tell("added", self.on_wall(kept, kept.wall))
        else:
            self.asked.append(("DELETE", request.url.path, None))
            self._off_wall(kept)
        return Response(status_code=204)

    def _off_wall(self, kept: Kept) -> None:
        kept.wall = None
        self.streams["wall"].forget("added", id=kept.id)
        self.streams["wall"].tell("removed", {"id": kept.id}, remembered=False)

    async def _delete(self, request: Request) -> Response:
        self.asked.append(("DELETE", request.url.path, None))
        kept = self.visits.pop(request.path_params["id"], None)
        if kept is not None:
            self._off_wall(kept)
        return Response(status_code=204)

    def _stream(self, name: str) -> Callable[[Request], Any]:
        async def stream(_: Request) -> Response:
            return self.streams[name].response()

        return stream

    async def _post(self, request: Request) -> Response:
        async with request.form() as form:
            files = [await one.read() for one in form.getlist("files") if not isinstance(one, str)]
            words = {name: str(form[name]) for name in ("text", "name", "reply_to") if name in form}
        self.asked.append(("POST", request.url.path, words | {"files": files}))
        post = secrets.token_urlsafe(8)
        media = [{"url": "/api/samples/coffee", "kind": "photo", "alt": ""} for _ in files]
        said = {
            "id": post, "author": words["name"], "is_bot": False, "text": words["text"], "at": "2026-11-28T15:00:00Z",
            "reply_to": words.get("reply_to"), "media": media,
        }  # fmt: skip
        self.streams["timeline"].tell("post", said)
        return JSONResponse({"id": post}, 201)

    async def _unpost(self, request: Request) -> Response:
        self.asked.append(("DELETE", request.url.path, None))
        self.streams["timeline"].tell("deleted", {"id": request.path_params["id"]})
        return Response(status_code=204)

    async def _noted(self, request: Request) -> Response:
        self.asked.append((request.method, request.url.path, None))
        return JSONResponse({}, 202)

    async def _trace(self, request: Request) -> Response:
        trace = self.traces.get(request.path_params["id"])
        return JSONResponse({"code": "gone", "reason": "no trace"}, 404) if trace is None else JSONResponse(trace)

    async def _session(self, request: Request) -> Response:
        self.pin_tries += 1
        if self.pin_tries > 5:
            return JSONResponse({"code": "too-often", "reason": "Too many tries. Wait a minute."}, 429)
        if (await request.json())["pin"] != PIN:
            return JSONResponse({"code": "wrong-pin", "reason": "That is not the number. Please look again."}, 403)
        self.is_operator = True
        return Response(status_code=204)

    async def _settings(self, request: Request) -> Response:
        if not self.is_operator:
            return JSONResponse({"code": "forbidden", "reason": "no"}, 403)
        if request.method == "PUT":
            self.settings |= await request.json()
            self.asked.append(("PUT", request.url.path, dict(self.settings)))
        return JSONResponse(self.settings)

    async def _clear(self, request: Request) -> Response:
        self.asked.append(("DELETE", request.url.path, None))
        for kept in self.visits.values():
            self._off_wall(kept)
        return Response(status_code=204)


@contextmanager
def stub_stand() -> Iterator[StubStand]:
    """A stub that listens on a port of this machine."""
    stand = StubStand()
    server = uvicorn.Server(
        uvicorn.Config(stand.application(), log_level="error", lifespan="off", timeout_graceful_shutdown=0)
    )
    listening = socket.create_server(("127.0.0.1", 0))
    stand.port = listening.getsockname()[1]
    begun = threading.Event()

    async def serve() -> None:
        AppStatus.should_exit = False  # a flag of the whole process, which an earlier server's end has set
        stand.loop = asyncio.get_running_loop()
        begun.set()
        await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert begun.wait(10)
    try:
        yield stand
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
        listening.close()
