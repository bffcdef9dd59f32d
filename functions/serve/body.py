"""Reading a call's body: not more than fits, not longer than is decent."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from functions.serve.answers import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

LINGER_SECONDS: Final = 2.0
"""How long what a refused caller still sends is thrown away: closing at once would reset the connection, and many
callers would never see the answer (RFC 9112, 9.6)."""

LINGER_BYTES: Final = 4 * 1024 * 1024


async def read_body(request: Request, *, max_bytes: int, seconds: float) -> bytes:
    """Read a body, with a Content-Length or chunked without.

    Raises:
        Refusal: 413 for one that is too large, 408 for one that takes too long.
        ClientDisconnect: the caller has gone.
    """
    promised = request.headers.get("Content-Length", "")
    body = bytearray()
    if not promised.isdecimal() or int(promised) <= max_bytes:
        try:
            async with asyncio.timeout(seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > max_bytes:
                        break
                else:
                    return bytes(body)
        except TimeoutError as error:
            raise Refusal(408, f"the body took longer than {seconds:g} s to arrive", code="too-slow") from error
    raise Refusal(413, f"the body is larger than {max_bytes / 1e6:,.2f} MB", code="too-large")


class EarlyResponse(Response):
    """An answer that is given before the whole body was read; the connection is closed after it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and throw away what still comes for a while."""
        self.headers["Connection"] = "close"

        async def unfinished(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "more_body": True}
            await send(message)

        await super().__call__(scope, receive, unfinished)
        thrown_away = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while thrown_away < LINGER_BYTES:
                    message = await receive()
                    thrown_away += len(message.get("body", b""))
                    if not message.get("more_body"):
                        break
        await send({"type": "http.response.body", "body": b""})
