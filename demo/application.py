"""The stand as one application: the routes of all its parts, and what holds for each request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response

from demo.security import REQUESTS_A_MINUTE, Guard, dress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import Request
    from starlette.routing import BaseRoute

NOT_FOUND: Final = 404

LAST_SECONDS: Final = 1.0
"""For a part to end in: then it is told once more. A task that is cancelled at the very moment in which what it waits
for arrives may never hear of it (`asyncio.wait_for` before Python 3.12), and would be waited for without end."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that the stand shows or does."""

    routes: Sequence[BaseRoute] = ()
    """Mounted at the root; of two that fit, the one of the earlier part counts."""
    lifespan: Callable[[], AbstractAsyncContextManager[object]] | None = None
    """Entered when the server starts, part by part, and left when it ends, the last one first."""
    programs: Sequence[str] = ()
    """Beginnings of paths that programs ask with a token of their own: no page of elsewhere has one."""
    missing: Callable[[Request, Exception], Awaitable[Response]] | None = field(default=None, kw_only=True)
    """Answers what no part has a route for; the first one counts."""


def make_application(
    parts: Sequence[Part],
    *,
    say: Callable[[str, str], str] = lambda _code, reason: reason,
    requests_a_minute: int = REQUESTS_A_MINUTE,
) -> Starlette:
    """Put the parts together.

    Args:
        parts: of the stand.
        say: code and reason → a sentence in the stand's language.
        requests_a_minute: that one address may ask.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for part in parts:
                if part.lifespan is not None:
                    await stack.enter_async_context(_bounded(part.lifespan()))
            yield

    missing = next((part.missing for part in parts if part.missing is not None), None)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
        if error.status_code == NOT_FOUND and missing is not None:
            return await missing(request, error)
        return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)

    async def broken(request: Request, _: Exception) -> Response:
        """A bug, told outside of the guard: it dresses nothing there."""
        code = "failed"
        answer = JSONResponse({"code": code, "reason": say(code, "something went wrong on our side")}, 500)
        dress(answer.headers, request)
        return answer

    programs = [path for part in parts for path in part.programs]
    app = Starlette(
        routes=[route for part in parts for route in part.routes],
        middleware=[Middleware(Guard, say=say, programs=programs, requests_a_minute=requests_a_minute)],
        exception_handlers={HTTPException: refused, Exception: broken},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


@contextlib.asynccontextmanager
async def _bounded(lifespan: AbstractAsyncContextManager[object]) -> AsyncIterator[None]:
    await lifespan.__aenter__()
    try:
        yield
    finally:
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await lifespan.__aexit__(None, None, None)
        except TimeoutError:
            log.warning("a part of the stand did not end in time, and was ended")
