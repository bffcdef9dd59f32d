from __future__ import annotations

import hashlib
import socket
from collections import deque
from typing import TYPE_CHECKING

import pytest

from functions.colorise.models.card import ModelFile
from functions.colorise.models.fetch import Patience, download
from functions.colorise.models.partial import PartialFile
from functions.colorise.models.pinned import WrongBytes, pin
from functions.errors import Postponed, Rejected
from tests.file_server import Authority, FileServer, Offer, serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

BODY = b"".join(hashlib.sha256(bytes([number % 256, number // 256])).digest() for number in range(10_000))
"""320 kB that no two places of are alike."""

IMPATIENT = Patience(connect_seconds=5, stall_seconds=0.3, tries=2, first_delay_seconds=0.01)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def server(authority: Authority) -> Iterator[FileServer]:
    with serving(authority.server_side()) as server:
        yield server


@pytest.fixture
def trust(authority: Authority) -> ssl.SSLContext:
    return authority.client_side()


def offered(server: FileServer, *paths: str, body: bytes = BODY) -> ModelFile:
    """Pin BODY, with an address for each path; every one offers `body` until a test says otherwise."""
    for path in paths:
        server.offers[path] = Offer(body)
    return ModelFile("net.bin", len(BODY), pin("", BODY).sha256, tuple(server.address + path for path in paths))


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def leftovers(target: Path) -> set[str]:
    return {path.name for path in target.parent.iterdir()}


def test_brings_a_file_over_https_and_leaves_nothing_else(
    server: FileServer, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    seen: list[tuple[str, int, int]] = []
    target = tmp_path / "models" / "net.bin"
    download(
        offered(server, "/net.bin"),
        target,
        certificates=trust,
        patience=IMPATIENT,
        progress=lambda *args: seen.append(args),
    )
    assert target.read_bytes() == BODY
    assert leftovers(target) == {"net.bin"}
    assert seen[-1] == ("net.bin", len(BODY), len(BODY))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_trusts_no_certificate_of_an_unknown_authority(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(Postponed, match="certificate verify failed"):
        download(offered(server, "/net.bin"), tmp_path / "net.bin", patience=IMPATIENT)
    assert leftovers(tmp_path / "net.bin") == set()


def test_continues_where_the_connection_was_cut(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    server.offers["/net.bin"] = Offer(BODY, etag='"one"', breaks=deque([200_000]))
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY
    first, second = server.asked
    assert "range" not in first[1]
    kept = int(second[1]["range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < kept <= 200_000
    assert second[1]["if-range"] == '"one"'


def test_continues_in_another_run_and_at_another_address(
    server: FileServer, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    file = offered(server, "/net.bin", "/copy.bin")
    server.offers["/net.bin"] = Offer(BODY, etag='"one"', breaks=deque([200_000, 10, 10, 10]))
    server.offers["/copy.bin"].statuses.append(404)
    with pytest.raises(Postponed):
        download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert leftovers(tmp_path / "net.bin") == {"net.bin.part", "net.bin.etag"}
    server.offers["/net.bin"].statuses.append(404)
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY
    path, headers = server.asked[-1]
    assert path == "/copy.bin"
    assert headers["range"].startswith("bytes=")
    assert "if-range" not in headers  # the ETag is the other address's


def test_starts_again_when_the_file_has_changed_since(
    server: FileServer, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    file = offered(server, "/net.bin")
    server.offers["/net.bin"] = Offer(bytes(len(BODY)), etag='"old"', breaks=deque([200_000]))
    with pytest.raises(Postponed):
        download(file, tmp_path / "net.bin", certificates=trust, patience=Patience(tries=1))
    server.offers["/net.bin"] = Offer(BODY, etag='"new"')
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_starts_again_when_the_beginning_was_wrong(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    (tmp_path / "net.bin.part").write_bytes(bytes(1000))
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY
    assert server.ranges_asked() == ["bytes=1000-", ""]


def test_starts_again_where_ranges_are_unknown(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    server.offers["/net.bin"] = Offer(BODY, ranges=False, breaks=deque([200_000]))
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY
    assert len(server.asked) == 2


def test_needs_no_network_for_a_part_that_is_whole(tmp_path: Path) -> None:
    file = ModelFile("net.bin", len(BODY), pin("", BODY).sha256, (f"http://127.0.0.1:{closed_port()}/net.bin",))
    (tmp_path / "net.bin.part").write_bytes(BODY)
    download(file, tmp_path / "net.bin", patience=IMPATIENT)
    assert leftovers(tmp_path / "net.bin") == {"net.bin"}


def test_deletes_tampered_bytes_of_the_right_length(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    tampered = BODY[:-1] + b"!"
    file = offered(server, "/net.bin", body=tampered)
    with pytest.raises(WrongBytes) as caught:
        download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert file.sha256 in str(caught.value)
    assert pin("", tampered).sha256 in str(caught.value)
    assert leftovers(tmp_path / "net.bin") == set()
    assert len(server.asked) == 1  # the same bytes would come again


def test_takes_the_next_address_after_tampered_bytes(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/bad.bin", "/good.bin")
    server.offers["/bad.bin"].body = BODY[:-1] + b"!"
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_aborts_when_more_bytes_come_than_were_pinned(
    server: FileServer, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    file = offered(server, "/net.bin")
    server.offers["/net.bin"] = Offer(BODY + bytes(64_000_000), chunked=True)
    seen: list[int] = []
    with pytest.raises(WrongBytes, match=f"more than the {len(BODY)} bytes"):
        download(
            file,
            tmp_path / "net.bin",
            certificates=trust,
            patience=IMPATIENT,
            progress=lambda _name, done, _total: seen.append(done),
        )
    assert max(seen, default=0) <= len(BODY)
    assert leftovers(tmp_path / "net.bin") == set()


@pytest.mark.parametrize("length", [len(BODY) - 1, len(BODY) + 1])
def test_reads_nothing_of_a_file_with_another_length(
    server: FileServer, trust: ssl.SSLContext, tmp_path: Path, length: int
) -> None:
    file = offered(server, "/net.bin", body=(BODY + b"!")[:length])
    (tmp_path / "net.bin.part").write_bytes(BODY[:1000])
    with pytest.raises(WrongBytes, match="another file"):
        download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin.part").read_bytes() == BODY[:1000]  # good bytes from a better address


def test_a_body_that_ends_in_good_order_too_early_is_asked_for_again(
    server: FileServer, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    file = offered(server, "/net.bin")
    server.offers["/net.bin"] = Offer(BODY, chunked=True, breaks=deque([200_000]))
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_gives_up_on_a_server_that_stalls_and_keeps_what_came(
    server: FileServer, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    file = offered(server, "/net.bin")
    server.offers["/net.bin"] = Offer(BODY, stalls=deque([200_000, 10]))
    with pytest.raises(Postponed, match=r"127\.0\.0\.1: nothing came for 0\.3 s"):
        download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    part = (tmp_path / "net.bin.part").read_bytes()
    assert part
    assert BODY.startswith(part)


def test_tries_again_after_a_server_error(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    server.offers["/net.bin"].statuses.append(503)
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_a_missing_file_is_asked_for_once(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    server.offers.clear()
    with pytest.raises(Postponed, match=r"127\.0\.0\.1: 404 Not Found for /net\.bin"):
        download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert len(server.asked) == 1


def test_asks_the_mirror_first(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    server.offers["/mirror/net.bin"] = Offer(BODY)
    download(file, tmp_path / "net.bin", mirror=f"{server.address}/mirror/", certificates=trust, patience=IMPATIENT)
    assert [path for path, _ in server.asked] == ["/mirror/net.bin"]


def test_a_mirror_that_is_away_is_no_obstacle(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    mirror = f"http://127.0.0.1:{closed_port()}"
    download(file, tmp_path / "net.bin", mirror=mirror, certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_follows_a_redirect_to_https(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    server.offers["/real.bin"] = Offer(BODY)
    server.offers["/net.bin"].redirect = "/real.bin"
    download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_refuses_a_redirect_to_http(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    with serving() as plain:
        plain.offers["/net.bin"] = Offer(BODY)
        file = offered(server, "/net.bin")
        server.offers["/net.bin"].redirect = f"{plain.address}/net.bin"
        with pytest.raises(Rejected, match="only https is followed"):
            download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
        assert plain.asked == []


def test_gives_up_on_redirects_in_a_circle(server: FileServer, trust: ssl.SSLContext, tmp_path: Path) -> None:
    file = offered(server, "/net.bin")
    server.offers["/net.bin"].redirect = "/net.bin"
    with pytest.raises(Postponed, match="redirects more than"):
        download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)


def test_speaks_http_with_this_very_machine(tmp_path: Path) -> None:
    with serving() as plain:
        file = offered(plain, "/net.bin")
        download(file, tmp_path / "net.bin", patience=IMPATIENT)
    assert (tmp_path / "net.bin").read_bytes() == BODY


@pytest.mark.parametrize("address", ["http://models.example", "ftp://127.0.0.1", "models.example", "https://[::"])
def test_refuses_addresses_that_are_not_https(tmp_path: Path, address: str) -> None:
    with pytest.raises(Rejected):
        download(ModelFile("net.bin", 1, ""), tmp_path / "net.bin", mirror=address, patience=IMPATIENT)


def test_a_second_process_does_not_write_the_same_part(
    server: FileServer, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    file = offered(server, "/net.bin")
    with PartialFile(tmp_path / "net.bin", file), pytest.raises(Postponed, match="another colorise"):
        download(file, tmp_path / "net.bin", certificates=trust, patience=IMPATIENT)
    assert server.asked == []
