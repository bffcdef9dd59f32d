"""The pages, their files and their texts: read once, told apart by their content, and nothing else is served."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.addresses import is_local
from demo.links import qr_svg
from demo.security import greet
from demo.uploads import accepted_types
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from demo.stand import Stand

PAGES: Final = {
    "/": "booth",
    "/wall": "wall",
    "/timeline": "timeline",
    "/machine": "machine",
    "/operator": "operator",
}
"""Path → file."""

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Ending → type; a machine's own table may say otherwise, and with nosniff a script of another type does not run."""

FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
"""For addresses without the content's own mark: a browser asks whether its copy is still right."""

_LINKED: Final = re.compile(r'(?P<before>\b(?:src|href)=")(?P<path>/static/[^"?#]+)(?=")')


@dataclass(frozen=True, slots=True)
class File:
    """A file that is served."""

    data: bytes
    content_type: str

    @property
    def mark(self) -> str:
        """Of its content."""
        return hashlib.sha256(self.data).hexdigest()[:16]


class Pages:
    """Routes of the pages.

    Args:
        stand: that they are of; its home has the folders `pages` and `static`.
    """

    def __init__(self, stand: Stand) -> None:
        home = stand.home
        self._stand = stand
        self._static = {
            f"/static/{path.relative_to(home / 'static').as_posix()}": File(path.read_bytes(), _type(path))
            for path in sorted((home / "static").rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        self._pages = {path.stem: self._marked(path) for path in sorted((home / "pages").glob("*.html"))}

    @property
    def routes(self) -> list[BaseRoute]:
        """To be mounted at the root."""
        of = self._stand.answers.of
        return [
            *(Route(path, self._page(name)) for path, name in PAGES.items()),
            Route("/p/{token}", self._phone),
            Route("/static/{path:path}", self._file),
            Route("/api/words", self._words),
            Route("/api/stand", of(self._about)),
            Route("/api/stand/qr.svg", of(self._code)),
            Route("/api/samples/{id}", of(self._sample)),
        ]

    async def missing(self, request: Request, _: Exception) -> Response:
        """Answer what there is nothing for."""
        if request.url.path.startswith(("/api/", "/network/", "/static/")):
            why = self._stand.answers.sentences.why(self._stand.answers.language(request), "gone", "it is not here")
            return JSONResponse({"code": "gone", "reason": why}, 404)
        return self._error(404)

    def _error(self, status: int) -> Response:
        page = self._pages.get("error", File(b"not here\n", TYPES[".txt"]))
        return Response(page.data, status, {"Cache-Control": "no-store"}, page.content_type)

    def _page(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            found = self._pages.get(name)
            if found is None:
                return self._error(404)
            response = _shown(request, found, ASK_AGAIN)
            greet(request, response)
            return response

        return page

    async def _phone(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            self._stand.opened(token, token.partition(".")[0])
        except Rejected:
            return self._error(404)
        page = self._pages.get("phone")
        return self._error(404) if page is None else _shown(request, page, "no-store")

    async def _file(self, request: Request) -> Response:
        found = self._static.get(f"/static/{request.path_params['path']}")
        if found is None:
            return await self.missing(request, LookupError())
        is_marked = request.query_params.get("v") == found.mark
        return _shown(request, found, FOR_EVER if is_marked else ASK_AGAIN)

    async def _words(self, request: Request) -> Response:
        language = request.query_params.get("lang") or self._stand.rules.now.language
        return JSONResponse(dict(self._stand.answers.sentences.of(language)), headers={"Cache-Control": ASK_AGAIN})

    async def _about(self, request: Request) -> Response:
        stand, rules = self._stand, self._stand.rules.now
        texts = stand.answers.sentences.of(stand.answers.language(request))
        is_operator = stand.doorkeeper.is_operator(request)
        # The operator chooses among all there are; visitors see those that were chosen.
        there = stand.samples.there()
        offered = there if is_operator else [name for name in rules.samples if name in there]
        samples = [
            {"id": name, "title": stand.samples.title(name, texts), "thumbnail": f"/api/samples/{name}"}
            for name in offered
        ]
        about: dict[str, Any] = {
            "name": rules.name,
            "language": rules.language,
            "languages": list(stand.answers.sentences.languages),
            "idle_seconds": rules.idle_seconds,
            "max_bytes": rules.max_bytes,
            "max_clip_seconds": rules.max_clip_seconds,
            "accept": accepted_types(),
            "samples": samples,
            "address": stand.addresses.network,
            "is_operator": is_operator,
            "is_local": is_local(request),
        }
        response = JSONResponse(about)
        greet(request, response)
        return response

    async def _code(self, request: Request) -> Response:
        """The QR code of the stand's address, for phones."""
        address = self._stand.addresses.network
        if address is None:
            msg = "this stand is for its own machine alone"
            raise Rejected(msg, code="gone")
        return _shown(request, File(qr_svg(address), TYPES[".svg"]), ASK_AGAIN)

    async def _sample(self, request: Request) -> Response:
        data = await asyncio.to_thread(self._stand.samples.file, request.path_params["id"], thumbnail=True)
        return _shown(request, File(data, "image/jpeg"), "public, max-age=3600")

    def _marked(self, path: Path) -> File:
        """A page whose files are named with their content's mark, so that browsers need not ask for them again."""

        def marked(found: re.Match[str]) -> str:
            file = self._static.get(found["path"])
            return found[0] if file is None else f"{found[0]}?v={file.mark}"

        return File(_LINKED.sub(marked, path.read_text(encoding="utf-8")).encode(), _type(path))


def _shown(request: Request, file: File, keep: str) -> Response:
    """A file, or that a browser's copy is still right."""
    headers = {"ETag": f'"{file.mark}"', "Cache-Control": keep}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {headers["ETag"], "*"}:
        return Response(status_code=304, headers=headers)
    return Response(file.data, headers=headers, media_type=file.content_type)


def _type(path: Path) -> str:
    return TYPES.get(path.suffix.lower(), "application/octet-stream")
