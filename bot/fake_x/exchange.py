"""One request and its answer on the wire, with all that can be done to a connection."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request

from bot.fake_x.oauth import Signed
from bot.fake_x.request_log import LoggedRequest

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from bot.fake_x.calls import Answer
    from bot.fake_x.holds import When
    from bot.fake_x.network import Network

TRANSPORT: Final = "fake-x-transport"
"""Where a request's state has its connection."""


class Exchange:
    """A request that came, until it is answered or its connection is cut."""

    def __init__(self, network: Network, scope: Scope, receive: Receive, send: Send, family: str) -> None:
        self._network = network
        self._receive, self._send = receive, send
        self._transport: asyncio.WriteTransport = scope["state"][TRANSPORT]
        self.request = Request(scope, receive)
        self.path: dict[str, str] = {name: unquote(str(value)) for name, value in self.request.path_params.items()}
        self.query: str = scope["query_string"].decode("latin-1")
        self.body = b""
        self.family = family
        self._began = time.perf_counter()
        self._over = False
        self.entry = LoggedRequest(network.clock.now(), scope["method"], scope["path"], self.query, family)
        with network.lock:
            network.log.begin(self.entry)

    async def read(self) -> bool:
        """Read the body, and say whether all of it came."""
        try:
            self.body = await self.request.body()
        except ClientDisconnect:
            return False
        return True

    def signed(self) -> Signed:
        """Give what a signature covers."""
        scope, headers = self.request.scope, self.request.headers
        path = scope.get("raw_path") or scope["path"].encode()
        return Signed(
            scope["method"],
            headers.get("host", ""),
            path.partition(b"?")[0].decode("latin-1"),
            self.query,
            headers.get("content-type", ""),
            self.body,
            headers.get("authorization", ""),
        )

    async def gone(self) -> None:
        """Wait until the client is gone."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def hold(self, when: When) -> Literal["go-on", "cut", "gone"]:
        """Wait, if somebody wants this request to be held, until it is let go or its client is gone."""
        caught = self._network.holds.catch(self.family, when, self.entry.method, self.entry.path)
        if caught is None:
            return "go-on"
        name, released = caught
        waiting = asyncio.wrap_future(released)
        gone = asyncio.ensure_future(self.gone())
        self.entry.fault = f"held-{when}"
        try:
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            return waiting.result() if waiting.done() else "gone"
        finally:
            gone.cancel()
            waiting.cancel()
            self._network.holds.forget(name)

    async def answer(self, answer: Answer, headers: dict[str, str], *, truncated: bool = False) -> None:
        """Answer; truncated, half of the body, and then the connection is cut."""
        everything = {"content-type": answer.content_type, "content-length": str(len(answer.body))}
        everything |= {**answer.headers, **headers}
        self.end(answer.status)
        await self.start(answer.status, everything)
        body = answer.body[: len(answer.body) // 2] if truncated else answer.body
        await self._send({"type": "http.response.body", "body": body, "more_body": truncated})
        if truncated:
            await self.cut()

    async def start(self, status: int, headers: dict[str, str]) -> None:
        """Send the head of an answer."""
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def send(self, data: bytes, *, more: bool = True) -> None:
        """Send some of an answer's body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def cut(self) -> None:
        """End the connection without another word."""
        self.end(0)
        self._transport.abort()
        await self.gone()

    def end(self, status: int) -> None:
        """Note in the log that this is over."""
        if self._over:
            return
        self._over = True
        with self._network.lock:
            self._network.log.end(self.entry, status, time.perf_counter() - self._began)
            self._network.changed.notify_all()
