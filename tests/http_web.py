"""A public web on loopback: names, public addresses, and a way round from those to the tests' own servers."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from functions.web_files import Bounds, Guard, WebFiles

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

PUBLIC = "93.184.215.14"
"""An address that passes for the public web's."""


@dataclass
class Names:
    """A resolver: for each host, the answers in turn; the last one is repeated."""

    answers: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise OSError(-2, "Name or service not known")
        found = self.answers[host]
        return found.pop(0) if len(found) > 1 else found[0]


class Detour(httpx.AsyncBaseTransport):
    """Connects to loopback instead of the public addresses that it is asked for, which it remembers."""

    def __init__(self, port: int, certificates: ssl.SSLContext, dead: Sequence[str], used: list[str]) -> None:
        self._inner = httpx.AsyncHTTPTransport(verify=certificates, trust_env=False)
        self._port, self._dead, self._used = port, dead, used

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._used.append(request.url.host)
        if request.url.host in self._dead:
            msg = "unreachable"
            raise httpx.ConnectError(msg)
        there = request.url.copy_with(host="127.0.0.1", port=self._port)
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method,
                there,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def web_files(  # noqa: PLR0913 - a whole web
    names: Names,
    port: int,
    *,
    certificates: ssl.SSLContext | None = None,
    allow_http: bool = False,
    bounds: Bounds | None = None,
    dead: Sequence[str] = (),
    used: list[str] | None = None,
) -> WebFiles:
    """Files of a web whose public addresses all lead to this port of loopback."""
    used = [] if used is None else used
    return WebFiles(
        Guard(allow_http=allow_http, resolve=names.resolve),
        bounds,
        certificates=certificates,
        open_transport=lambda context: Detour(port, context, dead, used),
    )


@contextlib.asynccontextmanager
async def raw_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve on loopback, byte by byte as the test wants it; gives the port."""

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(answered, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
