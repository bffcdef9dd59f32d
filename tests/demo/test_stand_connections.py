"""Who connects to the stand and does not ask, or asks without end, holds its place for a while only."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx
import pytest

from demo import connections, uploads, visit_api
from demo.application import make_application
from demo.front import front_of
from tests.demo.stand_world import OURS, World, grey_jpeg, standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOON_SECONDS = 0.2
"""Instead of minutes, for the sake of the test's time."""

LONG_SECONDS = 60

UPLOAD = b"POST /api/visits HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Stand: 1\r\nContent-Length: 1000\r\n\r\nx"


@contextlib.asynccontextmanager
async def sending(world: World, sent: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """What is answered to this."""
    url = httpx.URL(world.address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        writer.write(sent)
        async with asyncio.timeout(LONG_SECONDS):
            yield reader
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def closed_after(world: World, sent: bytes) -> bytes:
    """All that is answered to this until the connection is closed."""
    try:
        async with sending(world, sent) as reader:
            return await reader.read()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b", UPLOAD])
async def test_a_request_that_does_not_come_to_its_end_is_hung_up_on(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ASK_SECONDS", SOON_SECONDS)
    async with standing() as world:
        assert await closed_after(world, sent) == b""
        assert (await world.client.get("/api/words")).status_code == 200


async def test_who_has_asked_is_not_hung_up_on_however_long_the_answer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ASK_SECONDS", SOON_SECONDS)
    async with standing() as world, world.following("/api/wall/events") as wall:
        await wall.next("count")
        for _ in range(2):
            await closed_after(world, b"GET / HT")
        await world.coloured()
        await wall.next("count")


async def test_what_does_not_stop_coming_after_it_was_refused_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ASK_SECONDS", SOON_SECONDS)
    monkeypatch.setattr(uploads, "SPARE_BYTES", 1000)
    head = b"POST /api/visits HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Stand: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with standing(demo_max_mb=0.001) as world:
        answer = await closed_after(world, head + b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 413 ")


async def test_an_upload_that_takes_too_long_is_refused_in_words_and_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "BODY_SECONDS", SOON_SECONDS)
    async with standing() as world:
        async with sending(world, UPLOAD) as reader:
            answer = await reader.readuntil(b'"too-slow"')
        assert answer.startswith(b"HTTP/1.1 408 ")
        await world.coloured()


async def test_who_uploads_without_end_keeps_nobody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_api, "WAITING_FROM_A_PLACE", 1)
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        began.set()
        yield b"\xff\xd8"
        await may_end.wait()

    async with standing() as world:
        application = make_application([front_of(world.stand)])

        async def brought(host: str, content: bytes | AsyncIterator[bytes]) -> int:
            transport = httpx.ASGITransport(application, client=(host, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://stand", headers=OURS) as client:
                return (await client.post("/api/visits", content=content)).status_code

        sending = asyncio.create_task(brought("192.168.1.9", slow()))
        await began.wait()
        assert await brought("192.168.1.9", grey_jpeg()) == 503
        assert await brought("192.168.1.10", grey_jpeg()) == 201
        may_end.set()
        assert await sending == 415
        assert await brought("192.168.1.9", grey_jpeg()) == 201


async def test_the_booth_is_let_in_however_many_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_api, "WAITING", 0)
    async with standing() as world:
        await world.coloured()


async def test_a_picture_that_waits_is_kept_in_memory_only_where_it_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    data = grey_jpeg()
    monkeypatch.setattr(uploads, "IN_MEMORY_BYTES", len(data) - 1)
    async with standing() as world:
        _, done = await world.coloured(data)
        assert (await world.client.get(done["before"])).status_code == 200
