"""Claims about the line to a stand; what holds for every platform is in test_platforms.py."""

from __future__ import annotations

import asyncio
import io
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import trustme
from pydantic import ValidationError

from bot.platforms.protocol import Attachment, AttachmentKind, Connected, Forbidden, Gone, Unreachable
from bot.platforms.stand import Stand
from bot.settings import StandSettings
from functions.environment import complaints
from functions.errors import Postponed, Rejected
from tests.bot.platform_worlds import BOT, TOKEN, film, stand_world
from tests.http_web import raw_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.platforms.stand import Stand as AnyStand


@asynccontextmanager
async def answering(said: bytes, asked: list[bytes] | None = None) -> AsyncIterator[AnyStand]:
    """A platform whose stand says this to whatever it is asked, and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if asked is not None:
            asked.append(head)
        writer.write(said)
        await writer.drain()

    async with raw_server(answer) as port:
        platform = Stand(f"http://127.0.0.1:{port}", TOKEN, silence_seconds=0.2)
        try:
            yield platform
        finally:
            await platform.close()


def response(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def test_a_wrong_token_is_told_of_in_a_line_without_it() -> None:
    async with stand_world() as world:
        other = Stand(world.platform._http.address, "a-wrong-token")
        try:
            with pytest.raises(Forbidden) as refused:
                await other.identify()
            assert refused.value.code == "bad-credentials"
            (finding,) = await other.check()
            assert not finding.ok
            assert "COLORISE_STAND_TOKEN" in finding.said
            assert "a-wrong-token" not in finding.said
        finally:
            await other.close()


async def test_a_stand_that_is_not_there_is_unreachable() -> None:
    async with answering(b"") as platform:
        address = platform._http.address
    gone = Stand(address, TOKEN)
    with pytest.raises(Unreachable) as error:
        await gone.mentions(after=None)
    assert TOKEN not in str(error.value)
    assert error.value.__cause__ is None
    (finding,) = await gone.check()
    assert not finding.ok
    await gone.close()


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"3", b'[{"post": {"missing": "1", "why": "gone"}, "replied_to": null}]']
)
async def test_what_is_no_stand_is_unreachable(body: bytes) -> None:
    async with answering(response("200 OK", body)) as platform:
        for ask in (platform.identify(), platform.reply("x", to="1"), platform.look_up("1")):
            with pytest.raises(Unreachable):
                await ask


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("302 Found", Unreachable),
        ("400 Bad Request", Unreachable),
        ("401 Unauthorized", Forbidden),
        ("403 Forbidden", Forbidden),
        ("404 Not Found", Gone),
        ("429 Too Many Requests", Postponed),
        ("500 Internal Server Error", Unreachable),
    ],
)
async def test_statuses_mean_never_or_later_also_without_words(status: str, error: type[Exception]) -> None:
    asked: list[bytes] = []
    async with answering(response(status, b"", "Location: http://127.0.0.1:9/"), asked) as platform:
        with pytest.raises(error):
            await platform.identify()
    assert len(asked) == 1  # a redirect would take the token elsewhere


async def test_a_stream_that_is_silent_or_breaks_or_is_none_says_so() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n"
    connected = head + b'\n{"connected": true}\n\n'
    for said in (connected, connected + b'{"post": ', connected + b"nonsense\n", connected + b"{}\n"):
        async with answering(said) as platform, platform.stream() as events:
            assert await anext(events) == Connected()
            with pytest.raises(Unreachable):
                await anext(events)
    for said in (head + b"[]\n", response("503 Unavailable", b"{}"), b""):
        async with answering(said) as platform, platform.stream() as events:
            with pytest.raises(Unreachable):
                await anext(events)


async def test_a_stream_without_signs_of_life_is_taken_for_dead() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\n\r\n{"connected": true}\n')
        await writer.drain()
        await reader.read()  # until the other side hangs up

    async with raw_server(answer) as port:
        platform = Stand(f"http://127.0.0.1:{port}", TOKEN, silence_seconds=0.2)
        async with platform.stream() as events:
            assert await anext(events) == Connected()
            with pytest.raises(Unreachable, match="silent for too long"):
                await anext(events)
        await platform.close()


async def test_a_download_that_breaks_off_is_unreachable_and_one_without_end_is_too_large() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") as platform:
        file = Attachment("1", AttachmentKind.PHOTO, f"{platform._http.address}/network/media/1")
        with pytest.raises(Unreachable):
            await platform.download(file, io.BytesIO(), max_bytes=100)
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1000)) as platform:
        file = Attachment("1", AttachmentKind.PHOTO, f"{platform._http.address}/network/media/1")
        with pytest.raises(Rejected) as refused:
            await platform.download(file, io.BytesIO(), max_bytes=100)
        assert refused.value.code == "too-large"


@pytest.mark.parametrize("path", ["/network/media/../me", "/network/media/", "/other/1", "/network/media/a/b"])
async def test_only_files_of_the_stand_are_fetched(path: str) -> None:
    asked: list[bytes] = []
    async with answering(response("200 OK", b"x"), asked) as platform:
        file = Attachment("1", AttachmentKind.PHOTO, platform._http.address + path)
        with pytest.raises(Rejected) as refused:
            await platform.download(file, io.BytesIO(), max_bytes=100)
        assert refused.value.code == "bad-address"
    assert asked == []


async def test_a_name_that_is_no_id_is_gone_and_not_asked_for() -> None:
    asked: list[bytes] = []
    async with answering(response("200 OK", b"{}"), asked) as platform:
        for post_id in ("../me", "", "1/2"):
            with pytest.raises(Gone):
                await platform.look_up(post_id)
            with pytest.raises(Gone):
                await platform.delete(post_id)
    assert asked == []


async def test_a_film_larger_than_the_stand_takes_is_refused_before_it_is_sent() -> None:
    class Large(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            return 128_000_001 if whence == 2 else super().seek(offset, whence)

    async with stand_world() as world:
        with pytest.raises(Forbidden) as refused:
            await world.platform.upload(
                Large(film()), kind=AttachmentKind.VIDEO, content_type="video/mp4", alt_text="x"
            )
        assert refused.value.code == "bad-media"
        assert world.network.uploads == {}


async def test_the_certificate_that_is_named_is_asked_for_and_no_other(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown = authority.issue_cert("fair.example")  # the bot speaks to an address
    shown.configure_cert(context)
    named, other, nothing = (tmp_path / name for name in ("stand.pem", "other.pem", "nothing.pem"))
    for pem in (*shown.cert_chain_pems, authority.cert_pem):
        pem.write_to_path(str(named), append=True)
    authority.issue_cert("127.0.0.1").cert_chain_pems[0].write_to_path(str(other))
    nothing.write_text("no certificate")
    me = b'{"id": "1", "username": "colorisebot", "protected": false, "automated": true}'

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(response("200 OK", me))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        trusting = Stand(address, TOKEN, certificate=named)
        assert (await trusting.identify()).username == BOT
        await trusting.close()
        for certificate in (None, other, nothing, tmp_path / "not-yet.pem"):
            wary = Stand(address, TOKEN, certificate=certificate)
            with pytest.raises(Unreachable):
                await wary.identify()
            await wary.close()


async def test_a_stand_that_makes_its_certificate_later_is_found_then(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown = trustme.CA().issue_cert("127.0.0.1")
    shown.configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response("200 OK", b"[]"))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        platform = Stand(address, TOKEN, certificate=tmp_path / "stand.pem")
        with pytest.raises(Unreachable):
            await platform.mentions(after=None)
        shown.cert_chain_pems[0].write_to_path(str(tmp_path / "stand.pem"))
        assert await platform.mentions(after=None) == []
        await platform.close()


async def test_what_was_told_before_is_asked_for_from_then_on() -> None:
    asked: list[bytes] = []
    async with answering(response("200 OK", b"[]"), asked) as platform:
        await platform.mentions(after="17")
        await platform.own_posts(since=datetime(2026, 11, 28, 12, tzinfo=UTC))
    assert asked[0].startswith(b"GET /network/mentions?after=17 ")
    assert asked[1].startswith(b"GET /network/own?since=2026-11-28T12%3A00%3A00%2B00%3A00 ")
    assert all(f"Authorization: Bearer {TOKEN}".encode() in head for head in asked)


@pytest.mark.parametrize("token", [None, "", "  ", "schlüssel", "two\nlines"])
def test_a_stand_needs_a_token_of_plain_characters_and_it_is_not_repeated(token: str | None) -> None:
    with pytest.raises(ValidationError) as refused:
        StandSettings.model_validate({"stand_token": token})
    (line,) = complaints(refused.value)
    assert line == "set COLORISE_STAND_TOKEN: plain characters, the same as the stand has"
