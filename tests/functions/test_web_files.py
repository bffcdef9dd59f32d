from __future__ import annotations

import asyncio
from collections import deque
from ipaddress import ip_address
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import trustme

from functions.errors import Postponed, Rejected
from functions.web_files import Bounds, Guard, WebFiles, media_type
from functions.web_files.addresses import is_public
from functions.web_files.guard import resolved
from tests.file_server import FileServer, Offer, serving
from tests.http_web import PUBLIC, Names, raw_server, web_files

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

SITE = "pictures.example"
LINK = f"https://{SITE}/a.jpg"
BODY = b"\xff\xd8\xff a picture"

PRIVATE = [
    "0.0.0.0",  # noqa: S104 - nothing listens
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:0:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:5db8:d70e::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
]

SPELLINGS = [
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://0X7F.1/",
    "https://0/",
    "https://0x/",
    "https://127.0.0.0x1/",
    "https://1.2.3.4.5/",
    "https://256.1.1.1/",
    "https://08.8.8.8/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1%25eth0]/",
    "https://[::1%251]/",
    "https://[v1.x]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://user@pictures.example/",
    "https://user:password@pictures.example/",
    "https://:@127.0.0.1/",
    "https://pictures.example\\@127.0.0.1/",
    "https://pictures.example:0/",
    "https://pictures.example:65536/",
    "https://pictures.example:-1/",
    "https://pictures.example:x/",
    "https:///a.jpg",
    "https://",
    "https:a.jpg",
    "//pictures.example/a.jpg",
    "pictures.example/a.jpg",
    "",
    " ",
    "a\x00b",
    "https://pictures.example/\r\nX: y",
    "http://pictures.example/",
    "ftp://pictures.example/",
    "file:///etc/passwd",
    "gopher://pictures.example/",
    "data:image/png;base64,AAAA",
    "https://" + "a" * 64 + ".example/",
    "https://pictures.example/" + "a" * 2048,
]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415 - only here

    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def site(authority: trustme.CA) -> Iterator[FileServer]:
    import ssl  # noqa: PLC0415 - only here

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(SITE, "elsewhere.example").configure_cert(context)
    with serving(context) as server:
        server.offers["/a.jpg"] = Offer(BODY)
        yield server


def names(**others: list[list[str]]) -> Names:
    known = {SITE: [[PUBLIC]], "elsewhere.example": [["93.184.215.15"]], "inside.example": [["10.0.0.1"]]}
    return Names(
        {**known, "localhost": [["127.0.0.1", "::1"]], "metadata.google.internal": [["169.254.169.254"]]} | others
    )


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_to_no_public_address_is_refused(address: str) -> None:
    used: list[str] = []
    web = web_files(Names({SITE: [[address]]}), 1, used=used)
    with pytest.raises(Rejected, match="not on the public web") as refused:
        await web.fetch(LINK)
    assert refused.value.code == "bad-link"
    assert address not in refused.value.reason
    assert not used


@pytest.mark.parametrize("link", SPELLINGS)
async def test_a_link_to_no_public_address_is_refused_however_it_is_spelled(link: str) -> None:
    used: list[str] = []
    web = web_files(names(), 1, used=used)
    for ask in (web.fetch(link), web.check(link), web.post(link, b"", {})):
        with pytest.raises(Rejected) as refused:
            await ask
        assert refused.value.code == "bad-link"
    assert not used


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_public_web_are_public(address: str) -> None:
    assert is_public(ip_address(address))


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    web = web_files(Names({SITE: [[PUBLIC, "10.0.0.1"]]}), 1)
    with pytest.raises(Rejected):
        await web.fetch(LINK)


async def test_nobody_learns_which_names_exist_inside() -> None:
    reasons = set()
    for host in ("inside.example", "unknown.example", "localhost"):
        with pytest.raises(Rejected) as refused:
            await web_files(names(), 1).fetch(f"https://{host}/")
        reasons.add((refused.value.reason, refused.value.code))
    assert len(reasons) == 1


async def test_the_systems_resolver_knows_this_machine() -> None:
    assert "127.0.0.1" in await resolved("127.0.0.1", 443)
    with pytest.raises(Rejected):
        await WebFiles().fetch("https://localhost/")


async def test_a_file_comes_over_tls_from_the_judged_address_under_the_sites_name(
    site: FileServer, trusting: ssl.SSLContext
) -> None:
    used: list[str] = []
    web = web_files(names(), site.server_address[1], certificates=trusting, used=used)
    assert await web.fetch(LINK) == BODY
    assert used == [PUBLIC]
    ((_, headers),) = site.asked
    assert headers["host"] == SITE
    assert not {"cookie", "authorization", "referer"} & set(headers)


async def test_an_answer_that_changes_between_check_and_connection_changes_nothing(
    site: FileServer, trusting: ssl.SSLContext
) -> None:
    rebinding = Names({SITE: [[PUBLIC], ["127.0.0.1"]]})
    used: list[str] = []
    web = web_files(rebinding, site.server_address[1], certificates=trusting, used=used)
    assert await web.fetch(LINK) == BODY
    assert (used, rebinding.asked) == ([PUBLIC], [SITE])
    with pytest.raises(Rejected):
        await web.fetch(LINK)
    assert used == [PUBLIC]


async def test_a_certificate_for_another_name_is_not_accepted(site: FileServer, trusting: ssl.SSLContext) -> None:
    web = web_files(Names({"other.example": [[PUBLIC]]}), site.server_address[1], certificates=trusting)
    with pytest.raises(Postponed, match="certificate"):
        await web.fetch("https://other.example/a.jpg")
    assert not site.asked


async def test_a_hosts_next_address_is_tried_when_one_is_dead(site: FileServer, trusting: ssl.SSLContext) -> None:
    used: list[str] = []
    dead = "2606:2800:21f::1"
    both = Names({SITE: [[dead, PUBLIC]]})
    web = web_files(both, site.server_address[1], certificates=trusting, dead=[dead], used=used)
    assert await web.fetch(LINK) == BODY
    assert used == [dead, PUBLIC]


async def test_redirects_are_followed_where_each_leads_to_the_public_web(
    site: FileServer, trusting: ssl.SSLContext
) -> None:
    used: list[str] = []
    site.offers["/1"] = Offer(b"", redirect="https://elsewhere.example/2")
    site.offers["/2"] = Offer(b"", redirect="/3")
    site.offers["/3"] = Offer(b"", redirect="//pictures.example/a.jpg")
    web = web_files(names(), site.server_address[1], certificates=trusting, used=used)
    assert await web.fetch(f"https://{SITE}/1") == BODY
    assert used == [PUBLIC, "93.184.215.15", "93.184.215.15", PUBLIC]


@pytest.mark.parametrize(
    "target",
    [
        "https://inside.example/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "http://pictures.example/a.jpg",
        "file:///etc/passwd",
        "https://user@pictures.example/a.jpg",
        "https://pictures.example:99999/",
    ],
)
async def test_a_redirect_elsewhere_is_refused(target: str, site: FileServer, trusting: ssl.SSLContext) -> None:
    site.offers["/1"] = Offer(b"", redirect=target)
    used: list[str] = []
    web = web_files(names(), site.server_address[1], certificates=trusting, used=used)
    with pytest.raises(Rejected) as refused:
        await web.fetch(f"https://{SITE}/1")
    assert refused.value.code == "bad-link"
    assert used == [PUBLIC]


async def test_redirects_in_a_ring_end(site: FileServer, trusting: ssl.SSLContext) -> None:
    site.offers["/ring"] = Offer(b"", redirect="/ring")
    web = web_files(names(), site.server_address[1], certificates=trusting)
    with pytest.raises(Rejected, match="more than 3 times"):
        await web.fetch(f"https://{SITE}/ring")
    assert len(site.asked) == 4


async def test_proxies_of_the_environment_are_not_used(
    site: FileServer, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    web = web_files(names(), site.server_address[1], certificates=trusting)
    assert await web.fetch(LINK) == BODY


@pytest.mark.parametrize(("status", "error"), [(404, Rejected), (403, Rejected), (500, Postponed), (429, Postponed)])
async def test_a_servers_refusal_is_final_and_its_trouble_is_not(
    status: int, error: type[Exception], site: FileServer, trusting: ssl.SSLContext
) -> None:
    site.offers["/a.jpg"].statuses = deque([status])
    web = web_files(names(), site.server_address[1], certificates=trusting)
    with pytest.raises(error, match=str(status)):
        await web.fetch(LINK)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_file_larger_than_is_taken_is_refused(
    chunked: bool,  # noqa: FBT001 - a parameter of the test
    site: FileServer,
    trusting: ssl.SSLContext,
) -> None:
    site.offers["/large"] = Offer(b"x" * 1001, chunked=chunked)
    site.offers["/fits"] = Offer(b"x" * 1000, chunked=chunked)
    web = web_files(names(), site.server_address[1], certificates=trusting, bounds=Bounds(max_bytes=1000))
    assert len(await web.fetch(f"https://{SITE}/fits")) == 1000
    with pytest.raises(Rejected) as refused:
        await web.fetch(f"https://{SITE}/large")
    assert refused.value.code == "too-large"


async def test_a_body_without_end_is_not_read_for_ever() -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            sent += 4096
            await writer.drain()

    async with raw_server(endless) as port:
        web = web_files(names(), port, allow_http=True, bounds=Bounds(max_bytes=1_000_000, total_seconds=60))
        with pytest.raises(Rejected, match=r"more than 1\.0 MB"):
            await web.fetch(f"http://{SITE}/")
    assert sent < 20_000_000


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
async def test_a_server_that_drips_is_not_waited_for(head: bytes) -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while not writer.is_closing():
            writer.write(b"x" if head else b"")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_server(dripping) as port:
        web = web_files(names(), port, allow_http=True, bounds=Bounds(total_seconds=0.5))
        with pytest.raises(Postponed, match=r"longer than 0\.5 s"):
            await web.fetch(f"http://{SITE}/")


async def test_redirects_share_one_time() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.4)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with raw_server(slow) as port:
        web = web_files(names(), port, allow_http=True, bounds=Bounds(total_seconds=1))
        with pytest.raises(Postponed, match="longer than 1 s"):
            await web.fetch(f"http://{SITE}/")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "compressed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", "broke off"),
        (b"", "cannot be reached"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "cannot be reached"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "204"),
    ],
)
async def test_answers_that_are_no_file_are_told_apart(answer: bytes, words: str) -> None:
    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with raw_server(answering) as port:
        with pytest.raises((Rejected, Postponed), match=words):
            await web_files(names(), port, allow_http=True).fetch(f"http://{SITE}/")


async def test_cookies_are_not_kept_from_one_redirect_to_the_next() -> None:
    heads: list[bytes] = []

    async def baking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        found = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
        writer.write(found if len(heads) == 1 else b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        await writer.drain()

    async with raw_server(baking) as port:
        assert await web_files(names(), port, allow_http=True).fetch(f"http://{SITE}/") == b"x"
    assert len(heads) == 2
    assert b"cookie" not in heads[1].lower()


async def test_an_allowed_host_may_be_private_and_speak_plain_http() -> None:
    heads: list[bytes] = []

    async def taking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(4))
        writer.write(b"HTTP/1.1 202 Accepted\r\n\r\n")
        await writer.drain()

    async with raw_server(taking) as port:
        web = WebFiles(Guard(allowed_hosts=frozenset({"gateway"}), resolve=Names({"gateway": [["127.0.0.1"]]}).resolve))
        await web.check(f"http://gateway:{port}/")
        await web.post(f"http://gateway:{port}/back", b"done", {"X-Call-Id": "1"})
        with pytest.raises(Rejected):
            await web.post(f"http://127.0.0.1:{port}/", b"done", {})
    (head,) = heads
    assert head.startswith(b"POST /back HTTP/1.1\r\n")
    assert head.endswith(b"\r\n\r\ndone")
    assert b"Host: gateway:%d\r\n" % port in head


@pytest.mark.parametrize(
    ("extension", "name"),
    [(".jpg", "jpeg"), (".png", "png"), (".webp", "webp"), (".tif", "tiff"), (".bmp", "bmp"), (".avif", "avif")],
)
def test_pictures_are_known_by_their_first_bytes(extension: str, name: str) -> None:
    written, data = cv2.imencode(extension, np.zeros((16, 16, 3), np.uint8))
    assert written
    assert media_type(data.tobytes()) == f"image/{name}"


@pytest.mark.parametrize(
    "data", [b"", b"BM is how this letter begins, and it goes on", b"<html>", b"....ftypisom", b"RIFF"]
)
def test_what_is_no_picture_has_no_pictures_type(data: bytes) -> None:
    assert media_type(data) == "application/octet-stream"
