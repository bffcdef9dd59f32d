from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx
import pytest

from functions.serve import Limits
from tests.http_function import Stub, failed, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

JPEG = b"\xff\xd8\xff\xe0 grey"
SMALL = Limits(max_body_bytes=1000, max_json_bytes=500, body_seconds=60)


@pytest.fixture
def stub() -> Stub:
    return Stub()


async def in_chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 100):
        yield data[start : start + 100]


async def ask(client: httpx.AsyncClient, head: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin a call by hand."""
    port = client.base_url.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST / HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode())
    return reader, writer


async def answered(reader: asyncio.StreamReader) -> bytes:
    """A failure, to the end of its JSON."""
    return await asyncio.wait_for(reader.readuntil(b"}"), 60)


async def test_a_body_may_be_chunked(stub: Stub) -> None:
    async with served(stub.pictures(limits=SMALL)) as client:
        data = JPEG + b"x" * 900
        answer = await client.post("/", content=in_chunks(data))
        assert answer.content == data[::-1]


@pytest.mark.parametrize(("media_type", "most"), [("image/jpeg", 1000), ("application/json", 500), ("", 1000)])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(
    chunked: bool,  # noqa: FBT001 - a parameter of the test
    media_type: str,
    most: int,
    stub: Stub,
) -> None:
    async with served(stub.pictures(limits=SMALL)) as client:
        headers = {"Content-Type": media_type} if media_type else {}
        fits, large = b" " * most, b" " * (most + 1)
        answer = await client.post("/", content=in_chunks(fits) if chunked else fits, headers=headers)
        assert answer.status_code != 413
        answer = await client.post("/", content=in_chunks(large) if chunked else large, headers=headers)
        assert failed(answer) == (413, "too-large")
        assert answer.headers["Connection"] == "close"


async def test_undeclared_json_is_held_to_the_limit_of_json(stub: Stub) -> None:
    async with served(stub.pictures(limits=SMALL)) as client:
        assert failed(await client.post("/", content=b"{" + b" " * 600)) == (413, "too-large")


async def test_a_large_body_is_refused_before_it_is_sent(stub: Stub) -> None:
    async with served(stub.pictures(limits=SMALL)) as client:
        reader, writer = await ask(client, "Content-Length: 99999999\r\nExpect: 100-continue")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 413 ")
        writer.close()


async def test_a_caller_who_goes_on_sending_still_reads_the_answer(stub: Stub) -> None:
    """Closing at once would reset the connection under the answer."""
    async with served(stub.pictures(limits=SMALL)) as client:
        for _ in range(5):
            reader, writer = await ask(client, "Content-Length: 3000000")
            writer.write(b"x" * 3_000_000)
            await writer.drain()
            assert (await answered(reader)).startswith(b"HTTP/1.1 413 ")
            writer.close()


async def test_an_endless_body_is_not_read_for_ever(stub: Stub) -> None:
    async with served(stub.pictures(limits=SMALL)) as client:
        _, writer = await ask(client, "Transfer-Encoding: chunked")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 200_000_000:
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                sent += 0x10000
                await asyncio.wait_for(writer.drain(), 60)
        assert sent < 200_000_000
        writer.close()
        assert (await client.post("/", content=JPEG)).status_code == 200


async def test_a_body_that_drips_is_not_waited_for(stub: Stub) -> None:
    async with served(stub.pictures(limits=Limits(max_inflight=1, body_seconds=0.3))) as client:
        reader, writer = await ask(client, "Content-Length: 1000")

        async def drip() -> None:
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        answer = await answered(reader)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code": "too-slow"' in answer
        dripping.cancel()
        writer.close()
        assert (await client.post("/", content=JPEG)).status_code == 200


async def test_a_caller_who_hangs_up_leaves_nothing_behind(stub: Stub) -> None:
    async with served(stub.pictures(limits=Limits(max_inflight=1))) as client:
        _, writer = await ask(client, "Content-Length: 1000")
        writer.write(b"x" * 10)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(60):
            while (await client.post("/", content=JPEG)).status_code == 429:  # noqa: ASYNC110 - it is far away
                await asyncio.sleep(0.01)
        assert (await client.post("/", content=JPEG)).status_code == 200


async def test_more_calls_than_fit_are_told_to_come_again(stub: Stub) -> None:
    async with served(stub.pictures(limits=Limits(max_inflight=2))) as client:
        stub.held.clear()
        inside = [asyncio.create_task(client.post("/", content=JPEG)) for _ in range(2)]
        for _ in inside:
            assert await asyncio.to_thread(stub.entered.acquire, timeout=60)
        answer = await client.post("/", content=JPEG)
        assert failed(answer) == (429, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        assert (await client.get("/_/ready")).status_code == 200
        stub.held.set()
        assert [(await call).status_code for call in inside] == [200, 200]
        assert (await client.post("/", content=JPEG)).status_code == 200


async def test_as_many_calls_as_fit_are_carried_out_at_once(stub: Stub) -> None:
    async with served(stub.pictures(limits=Limits(max_inflight=50))) as client:
        stub.held.clear()
        async with httpx.AsyncClient(base_url=client.base_url, timeout=60, trust_env=False) as many:
            inside = [asyncio.create_task(many.post("/", content=JPEG)) for _ in range(50)]
            for _ in inside:
                assert await asyncio.to_thread(stub.entered.acquire, timeout=60)
            stub.held.set()
            assert {(await call).status_code for call in inside} == {200}
