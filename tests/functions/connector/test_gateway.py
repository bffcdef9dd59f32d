"""Claims about the door to the gateway, on real sockets: how a call is made, and how it can end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from functions.connector.gateway import ANSWER_BYTES, BrokenOff, Gateway, TookTooLong, TooMuch, Unreached
from tests.http_web import raw_server
from tests.infra.gateway_stand_in import Said, gateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from functions.connector.gateway import Reply
    from tests.infra.gateway_stand_in import StandIn

LONG = 120.0


async def called(url: str, *, seconds: float = LONG, **access: str) -> Reply:
    async with Gateway.open(url, seconds=seconds, **access) as opened:
        return await opened.call("colorise", b'{"a": 1}', call_id="0af7651916cd43dd8448eb211c80319c")


def answering(said: Said, **settings: Any) -> contextlib.AbstractContextManager[StandIn]:
    return gateway({}, always=said, **settings)


async def test_a_call_is_a_post_of_json_with_an_id_and_its_answer_comes_back() -> None:
    with answering(Said(200, b"[1]", {"Retry-After": "7"})) as stand_in:
        reply = await called(f"{stand_in.url}/")
        (call,) = stand_in.posted()
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (200, b"[1]", "7")
    assert (call.method, call.path, call.body) == ("POST", "/function/colorise", b'{"a": 1}')
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-call-id"] == "0af7651916cd43dd8448eb211c80319c"
    assert call.headers["accept-encoding"] == "identity"
    assert "authorization" not in call.headers


async def test_the_gateway_may_stand_below_a_path_of_its_own() -> None:
    with answering(Said(200)) as stand_in:
        await called(f"{stand_in.url}/openfaas/")
        (call,) = stand_in.posted()
    assert call.path == "/openfaas/function/colorise"


async def test_user_and_password_are_sent_where_there_are_any() -> None:
    credentials = "Basic " + b64encode("me:pässword".encode()).decode()
    with answering(Said(200), credentials=credentials) as stand_in:
        assert (await called(stand_in.url, user="me", password="pässword")).status == 200  # noqa: S106 - nobody's
        assert (await called(stand_in.url)).status == 401


async def test_nobody_is_followed_and_nothing_of_theirs_is_kept() -> None:
    with answering(Said(200)) as elsewhere:
        leading = Said(302, b"", {"Location": f"{elsewhere.url}/function/colorise", "Set-Cookie": "a=b"})
        with answering(leading) as stand_in:
            async with Gateway.open(stand_in.url, seconds=LONG) as opened:
                for _ in range(2):
                    assert (await opened.call("colorise", b"{}", call_id="1")).status == 302
            assert not [call for call in stand_in.posted() if "cookie" in call.headers]
        assert elsewhere.calls.empty()


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(Said(200)) as proxy, answering(Said(204)) as stand_in:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert (await called(stand_in.url)).status == 204
        assert proxy.calls.empty()


async def test_a_gateway_that_is_not_there_was_not_called() -> None:
    with gateway({}) as gone:
        url = gone.url
    with pytest.raises(Unreached):
        await called(url)


@pytest.mark.parametrize("fault", ["hang up", "half"])
async def test_an_answer_that_is_not_whole_is_none(fault: str) -> None:
    with gateway({}, always=fault) as stand_in:
        with pytest.raises(BrokenOff, match=r"after \d+\.\d s"):
            await called(stand_in.url)
        assert len(stand_in.posted()) == 1


async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever() -> None:
    with gateway({}, always="silence") as stand_in, pytest.raises(TookTooLong, match=r"0\.2 s"):
        await called(stand_in.url, seconds=0.2)


async def test_an_answer_that_comes_a_byte_at_a_time_is_bounded_as_a_whole() -> None:
    async def dribble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with raw_server(dribble) as port:
        with pytest.raises(TookTooLong):
            await called(f"http://127.0.0.1:{port}", seconds=0.3)


async def test_an_answer_without_end_fills_no_memory() -> None:
    sent = 0

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"a" * 65536)
            sent += 65536
            await writer.drain()

    async with raw_server(flood) as port:
        with pytest.raises(TooMuch):
            await called(f"http://127.0.0.1:{port}")
    assert sent < 2 * ANSWER_BYTES


@pytest.mark.parametrize(
    ("said", "ready"),
    [
        (Said(200), True),
        (Said(404), True),  # somebody who does not know the question
        (Said(401), True),
        (Said(503), False),
        (Said(502), False),
        (Said(500), False),
        (Said(429), False),
        ("hang up", False),
    ],
)
async def test_whether_a_function_is_ready_is_asked_of_itself(said: Said, *, ready: bool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])
        if isinstance(said, Said):
            writer.write(f"HTTP/1.1 {said.status} A\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()

    asked: list[str] = []
    async with raw_server(answer) as port, Gateway.open(f"http://127.0.0.1:{port}", seconds=LONG) as opened:
        assert await opened.ready("colorise") is ready
    assert asked == ["GET /function/colorise/_/ready HTTP/1.1"]


@pytest.fixture
async def over_tls(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """Address of a gateway that speaks TLS, and the certificate of whoever signed its own."""
    authority = trustme.CA()
    signed = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(signed))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", signed


async def test_over_tls_the_gateway_is_known_by_an_authority_of_this_system(
    over_tls: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, signed = over_tls
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(Unreached, match="CERTIFICATE_VERIFY_FAILED"):
        await called(url)
    monkeypatch.setitem(os.environ, "SSL_CERT_FILE", str(signed))
    assert (await called(url)).status == 200
