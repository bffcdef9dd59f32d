"""What holds for every request and every answer: who may change something, how often, and what a browser may do."""

from __future__ import annotations

import math
import re
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse

from demo.addresses import is_at_machine, is_local, place_of
from demo.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer. Links hold tokens: no referrer tells them on."""

APART: Final = ("Cross-Origin-Opener-Policy", "same-origin")
"""Of answers where browsers heed it: over https, and on the machine itself. Elsewhere they complain on the console."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

OURS: Final = "x-stand"
"""A header that pages of elsewhere cannot send without asking, and they are told no."""

VISITOR: Final = "visitor"
"""Name of the cookie that tells visitors apart, and says nothing of them."""

VISITOR_SECONDS: Final = 24 * 3600

REQUESTS_A_MINUTE: Final = 6000
"""From one address other than the machine's own. A fair is one address: a phone asks 40 times for its page."""

_VISITOR: Final = re.compile(r"[A-Za-z0-9_-]{22}")


class Guard:
    """An ASGI application around the stand.

    Args:
        app: the stand.
        say: code and reason → a sentence in the stand's language.
        programs: beginnings of paths that programs ask with a token of their own, and no browser.
        requests_a_minute: from one address.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        say: Callable[[str, str], str],
        programs: Sequence[str] = (),
        requests_a_minute: int = REQUESTS_A_MINUTE,
    ) -> None:
        self._app = app
        self._say = say
        self._programs = tuple(programs)
        self._pace = Pace(requests_a_minute, 60.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it; dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                dress(MutableHeaders(scope=message), Request(scope))
            await send(message)

        refusal = self._too_often(scope) or self._foreign(scope)
        await (refusal or self._app)(scope, receive, dressed)

    def _too_often(self, scope: Scope) -> Response | None:
        request = Request(scope)
        seconds = 0.0 if is_at_machine(request) else self._pace.wait_seconds(place_of(request))
        if not seconds:
            return None
        answer = self._refusal(429, "too-often", "that was often: wait a moment")
        answer.headers["Retry-After"] = str(math.ceil(seconds))
        return answer

    def _foreign(self, scope: Scope) -> Response | None:
        """A refusal for a request that changes something and does not come from our own pages."""
        if scope["method"] in SAFE_METHODS or scope["path"].startswith(self._programs or "\0"):
            return None
        headers = Headers(scope=scope)
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        is_ours = origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
        if headers.get(OURS) == "1" and is_ours and site in {None, "same-origin", "none"}:
            return None
        return self._refusal(403, "forbidden", "only the stand's own pages may ask for this")

    def _refusal(self, status: int, code: str, reason: str) -> Response:
        return JSONResponse({"code": code, "reason": self._say(code, reason)}, status)


def dress(headers: MutableHeaders, request: Request) -> None:
    """Add what every answer has; what an answer says itself stays."""
    if request.url.scheme == "https" or is_local(request):
        headers.setdefault(*APART)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")


def visitor_of(request: Request) -> str | None:
    """Who somebody is, by the cookie that they were given; None where they have none."""
    found = request.cookies.get(VISITOR, "")
    return found if _VISITOR.fullmatch(found) else None


def greet(request: Request, response: Response) -> str:
    """Who somebody is; who is new gets a cookie with the answer."""
    known = visitor_of(request)
    if known is not None:
        return known
    new = secrets.token_urlsafe(16)
    set_cookie(request, response, VISITOR, new, seconds=VISITOR_SECONDS)
    return new


def set_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int) -> None:
    """Give a cookie that no script reads, and no page of elsewhere sends."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
