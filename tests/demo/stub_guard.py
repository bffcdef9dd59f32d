"""What stands before the stub of the stand: the headers that the real one sends, and its check of who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}


def guarded(inner: ASGIApp, is_away: Callable[[], bool]) -> ASGIApp:
    """The application behind the headers; its API answers 503 without a word while it is away."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                named = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] += [header for header in named if header[0] not in own]
            await send(message)

        changes = scope["method"] in {"POST", "PUT", "DELETE"} and (b"x-stand", b"1") not in scope["headers"]
        if is_away() and scope["path"].startswith("/api/"):
            await Response(status_code=503)(scope, receive, dressed)
        elif changes:
            await JSONResponse({"code": "forbidden", "reason": "no X-Stand"}, 403)(scope, receive, dressed)
        else:
            await inner(scope, receive, dressed)

    return guard
