"""All endpoints on one server: who asks, how often, and what is to go wrong, before and after each is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.routing import Route

from bot.fake_x.calls import Answer, Call, Endpoint, refusal
from bot.fake_x.control_endpoint import ControlEndpoint
from bot.fake_x.endpoints_media import MEDIA
from bot.fake_x.endpoints_posting import POSTING
from bot.fake_x.endpoints_reading import READING
from bot.fake_x.endpoints_rules import RULES
from bot.fake_x.exchange import Exchange
from bot.fake_x.faults import FaultKind
from bot.fake_x.files import file
from bot.fake_x.parameters import FIELD_PARAMETERS, Query
from bot.fake_x.problems import (
    Problem,
    blank,
    forbidden,
    no_credits,
    too_many_requests,
    unauthorized,
    wrong_authentication,
)
from bot.fake_x.streams import Connection, Ending

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from bot.fake_x.accounts import Account
    from bot.fake_x.fake import FakeX
    from bot.fake_x.network import Network

_HTML: Final = (
    b"<!DOCTYPE html>\n<html><head><title>Twitter / Error</title></head>"
    b"<body><h1>Something is technically wrong.</h1></body></html>"
)
_USER: Final = "OAuth 1.0a User Context"
_APP: Final = "OAuth 2.0 Application-Only"
_BROKEN: Final = {
    FaultKind.UNAVAILABLE: Answer(503, refusal(blank(503, "Service Unavailable")).body),
    FaultKind.HTML: Answer(500, _HTML, "text/html; charset=utf-8"),
    FaultKind.TOO_MANY: refusal(too_many_requests()),
    FaultKind.REVOKED: refusal(unauthorized()),
    FaultKind.NO_CREDITS: refusal(no_credits()),
    FaultKind.LOCKED: refusal(forbidden("Your account is temporarily locked.")),
}


def application(fake: FakeX) -> Starlette:
    """Make the application."""
    network = fake.network
    routes = [
        Route("/2/tweets/search/stream", StreamEndpoint(network), methods=["GET"]),
        *(
            Route(endpoint.path, ApiEndpoint(network, endpoint), methods=[endpoint.method])
            for endpoint in (*RULES, *READING, *POSTING, *MEDIA)
        ),
        Route("/_control/{method}", ControlEndpoint(fake), methods=["POST"]),
        Route("/{path:path}", ApiEndpoint(network, Endpoint("GET", "", "files", "anybody", file)), methods=["GET"]),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app


class ApiEndpoint:
    """An endpoint with its guards around it."""

    def __init__(self, network: Network, endpoint: Endpoint) -> None:
        self._network = network
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        exchange = Exchange(self._network, scope, receive, send, self._endpoint.family)
        if not await exchange.read():
            await exchange.cut()
            return
        passed = await pass_guards(self._network, exchange, self._endpoint.by)
        if passed is None:
            return
        account, headers = passed
        signed = exchange.signed()
        path = exchange.path | {"host": signed.host}
        call = Call(path, exchange.query, signed.content_type, exchange.body, account)
        with self._network.lock:
            try:
                answered = self._endpoint.handle(self._network, call)
            except Problem as problem:
                answered = refusal(problem)
        if await exchange.hold("after") != "go-on":
            await exchange.cut()
            return
        fault = self._draw(exchange)
        if fault is FaultKind.CUT_AFTER:
            await exchange.cut()
        else:
            await exchange.answer(answered, headers, truncated=fault is FaultKind.TRUNCATED)

    def _draw(self, exchange: Exchange) -> FaultKind | None:
        with self._network.lock:
            drawn = self._network.faults.draw(exchange.family, FaultKind.CUT_AFTER, FaultKind.TRUNCATED)
        if drawn is None:
            return None
        exchange.entry.fault = drawn.kind
        return drawn.kind


class StreamEndpoint:
    """The filtered stream."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is posted, until the client is gone or the stream is ended."""
        exchange = Exchange(self._network, scope, receive, send, "stream")
        if not await exchange.read():
            await exchange.cut()
            return
        passed = await pass_guards(self._network, exchange, "app")
        if passed is None:
            return
        _, headers = passed
        try:
            wanted = Query(exchange.query, "backfill_minutes", "start_time", "end_time", *FIELD_PARAMETERS).wanted()
            with self._network.lock:
                connection = self._network.streams.open(wanted)
        except Problem as problem:
            await exchange.answer(refusal(problem), headers)
            return
        gone = asyncio.ensure_future(exchange.gone())
        try:
            await exchange.start(200, {"content-type": "application/json; charset=utf-8", **headers})
            await self._send(exchange, connection, gone)
        finally:
            gone.cancel()
            with self._network.lock:
                self._network.streams.close(connection)
            exchange.end(200)

    async def _send(self, exchange: Exchange, connection: Connection, gone: asyncio.Future[None]) -> None:
        keep_alive = self._network.settings.keep_alive_seconds
        while True:
            next_line = asyncio.ensure_future(connection.outgoing.get())
            await asyncio.wait((next_line, gone), timeout=keep_alive, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                next_line.cancel()
                return
            if not next_line.done():
                next_line.cancel()
                if not connection.silent:
                    await exchange.send(b"\r\n")
                continue
            line = next_line.result()
            if line is Ending.CUT:
                await exchange.cut()
                return
            if isinstance(line, Ending):
                await exchange.send(b"", more=False)
                return
            await exchange.send(line)


async def pass_guards(network: Network, exchange: Exchange, by: str) -> tuple[Account | None, dict[str, str]] | None:
    """Let a request through to its endpoint: who asks, and the headers of its answer.

    None where it is answered already, or its connection cut.
    """
    headers: dict[str, str] = {}
    account: Account | None = None
    try:
        if by != "anybody":
            with network.lock:
                account = network.doorkeeper.identify(exchange.signed())
            exchange.entry.account = account.username if account else None
            if account is None and by == "user":
                raise wrong_authentication(_APP, f"{_USER}, OAuth 2.0 User Context")
            if account is not None and by == "app":
                raise wrong_authentication(_USER, _APP)
        with network.lock:
            allowed, headers = network.limits.take(exchange.family, account.id if account else "app")
        if not allowed:
            raise too_many_requests()
    except Problem as problem:
        await exchange.answer(refusal(problem), headers)
        return None
    if not await _misbehave(network, exchange, account, headers):
        return None
    if await exchange.hold("before") != "go-on":
        await exchange.cut()
        return None
    return account, headers


async def _misbehave(network: Network, exchange: Exchange, account: Account | None, headers: dict[str, str]) -> bool:
    """Do what is to go wrong before the effect, and say whether it may come about."""
    with network.lock:
        slow = network.faults.draw(exchange.family, FaultKind.SLOW)
        drawn = network.faults.draw(exchange.family, FaultKind.CUT_BEFORE, *_BROKEN)
        if drawn and drawn.kind is FaultKind.TOO_MANY:
            headers |= network.limits.exhaust(exchange.family, account.id if account else "app")
    if slow:
        exchange.entry.fault = slow.kind
        await asyncio.sleep(slow.seconds)
    if drawn is None:
        return True
    exchange.entry.fault = drawn.kind
    if drawn.kind is FaultKind.CUT_BEFORE:
        await exchange.cut()
    else:
        await exchange.answer(_BROKEN[drawn.kind], headers)
    return False
