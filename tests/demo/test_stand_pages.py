"""The pages, their files and their texts, as browsers and their caches see them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from starlette.requests import Request

from demo.addresses import Addresses, is_loopback, machine_addresses
from demo.greeting import greeting
from demo.links import qr_svg
from demo.pages import TYPES
from demo.sentences import Sentences
from demo.stand import HOME
from tests.demo.stand_world import NETWORK, standing
from tests.qr_codes import read_code

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("pages", "static/js", "words"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "pages/booth.html").write_text(
        '<link href="/static/a.css"><script src="/static/js/booth.js"></script><img src="/static/none.png">'
    )
    (tmp_path / "pages/error.html").write_text("<h1>not here</h1>")
    (tmp_path / "static/a.css").write_text("a{}")
    (tmp_path / "static/js/booth.js").write_text("export {};")
    (tmp_path / "static/.secret").write_text("hidden")
    (tmp_path / "words/en.json").write_text(json.dumps({"language": "en", "error.gone": "It is gone."}))
    (tmp_path / "words/de.json").write_text(json.dumps({"language": "de", "error.failed": "Ging nicht."}))
    return tmp_path


async def test_files_are_kept_for_ever_under_the_address_that_the_page_gives_them(home: Path) -> None:
    async with standing(home=home) as world:
        page = await world.client.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        marked = re.findall(r'"(/static/[^"]+)"', page.text)
        assert [path.partition("?v=")[0] for path in marked] == [
            "/static/a.css",
            "/static/js/booth.js",
            "/static/none.png",
        ]
        for path, kind in zip(marked[:2], ("text/css; charset=utf-8", "text/javascript; charset=utf-8"), strict=True):
            answer = await world.client.get(path)
            assert answer.headers["content-type"] == kind
            assert "immutable" in answer.headers["cache-control"]
            plain = await world.client.get(path.partition("?")[0])
            other = await world.client.get(path[:-1] + "x")
            assert plain.headers["cache-control"] == other.headers["cache-control"] == "no-cache"
            assert plain.content == answer.content
        assert (await world.client.get(marked[2])).status_code == 404
        assert (await world.client.get("/static/.secret")).status_code == 404


async def test_a_copy_that_is_still_right_is_not_sent_again(home: Path) -> None:
    async with standing(home=home) as world:
        first = await world.client.get("/static/a.css")
        again = await world.client.get("/static/a.css", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        stale = await world.client.get("/static/a.css", headers={"If-None-Match": '"other"'})
        assert stale.status_code == 200


async def test_head_tells_what_get_would_without_it(home: Path) -> None:
    async with standing(home=home) as world:
        for path in ("/", "/static/a.css", "/api/words", "/api/stand"):
            get, head = await world.client.get(path), await world.client.head(path)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == str(len(get.content))
            assert head.headers["content-type"] == get.headers["content-type"]


async def test_what_is_not_there_is_told_to_people_on_a_page_and_to_programs_in_json(home: Path) -> None:
    async with standing(home=home) as world:
        page = await world.client.get("/nothing")
        assert (page.status_code, page.text) == (404, "<h1>not here</h1>")
        answer = await world.client.get("/api/nothing")
        assert (answer.status_code, answer.json()) == (404, {"code": "gone", "reason": "It is gone."})
        german = await world.client.get("/api/nothing", headers={"Accept-Language": "fr, de-AT;q=0.8"})
        assert german.json()["reason"] == "Ging nicht."


async def test_texts_come_in_the_language_that_is_asked_for(home: Path) -> None:
    async with standing(home=home, demo_language="de") as world:
        asked = [("/api/words", "de"), ("/api/words?lang=en", "en"), ("/api/words?lang=../settings", "en")]
        for path, language in asked:
            assert (await world.client.get(path)).json()["language"] == language
        about = (await world.client.get("/api/stand")).json()
        assert (about["language"], about["languages"]) == ("de", ["en", "de"])


async def test_the_stand_says_what_its_pages_need_to_know() -> None:
    async with standing(demo_idle_seconds=30, demo_max_mb=3, demo_max_clip_seconds=12) as world:
        about = (await world.client.get("/api/stand")).json()
        assert (about["name"], about["idle_seconds"], about["max_bytes"]) == ("colorisebot", 30, 3_000_000)
        assert (about["max_clip_seconds"], about["is_local"]) == (12, True)
        assert {"image/jpeg", "image/png", "video/mp4"} <= set(about["accept"])
        assert about["address"].startswith(f"http://{NETWORK}:")
        code = await world.client.get("/api/stand/qr.svg")
        assert code.headers["Content-Type"] == "image/svg+xml"
        assert read_code(painted(code.text)) == about["address"]


async def test_a_stand_for_its_own_machine_has_no_code() -> None:
    async with standing() as world:
        world.stand.addresses = replace(world.stand.addresses, host="127.0.0.1")
        assert (await world.client.get("/api/stand")).json()["address"] is None
        assert (await world.client.get("/api/stand/qr.svg")).status_code == 404


async def test_every_page_there_is_comes_with_its_files() -> None:
    async with standing() as world:
        for path in ("/", "/wall", "/timeline", "/machine", "/operator"):
            page = await world.client.get(path)
            assert page.status_code == 200
            linked = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
            assert linked
            for address in linked:
                answer = await world.client.get(address)
                assert answer.status_code == 200, address
                assert "immutable" in answer.headers["cache-control"]


def test_every_kind_of_file_there_is_has_a_type() -> None:
    files = [path for path in (HOME / "static").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= set(TYPES)


def test_a_reason_without_words_is_told_as_it_is_in_english_and_in_general_otherwise(home: Path) -> None:
    sentences = Sentences(home / "words")
    assert sentences.why("en", "missing-object", "x") == "It is gone."
    assert sentences.why("en", "moon", "the moon is in the way") == "the moon is in the way"
    assert sentences.why("de", "moon", "the moon is in the way") == "Ging nicht."


def test_the_code_of_an_address_is_read_as_that_address() -> None:
    address = f"https://{NETWORK}:8000/p/abcdefghijklmnopqrstuv.aYx1Zg.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    assert read_code(painted(qr_svg(address).decode())) == address


def painted(svg: str) -> npt.NDArray[np.uint8]:
    """The code's modules as pixels: its path goes along rows, in steps of a module."""
    (side,) = {int(found) for found in re.findall(r'(?:width|height)="(\d+)"', svg)}
    path = re.findall(r'd="([^"]+)"', svg)[-1]
    scale = 8
    pixels = np.full((side, side), 255, np.uint8)
    x = y = 0.0
    for command, given in re.findall(r"([Mmh])([-\d. ]+)", path):
        numbers = [float(one) for one in given.split()]
        if command == "M":
            x, y = numbers
        elif command == "m":
            x, y = x + numbers[0], y + numbers[1]
        else:
            top = int(y) * scale
            pixels[top : top + scale, int(x * scale) : int((x + numbers[0]) * scale)] = 0
            x += numbers[0]
    return pixels


def asked_as(host: str) -> Request:
    return Request({
        "type": "http", "scheme": "http", "server": ("127.0.0.1", 8000), "path": "/", "query_string": b"",
        "headers": [(b"host", host.encode())],
    })  # fmt: skip


def test_links_lead_to_where_a_phone_finds_the_stand() -> None:
    open_to_all = Addresses("http", "0.0.0.0", 8000, (NETWORK,))  # noqa: S104 - as at a fair
    assert open_to_all.network == f"http://{NETWORK}:8000"
    assert open_to_all.seen_from(asked_as("127.0.0.1:8000")) == f"http://{NETWORK}:8000"
    assert open_to_all.seen_from(asked_as("stand.local:8000")) == "http://stand.local:8000"
    assert open_to_all.seen_from(asked_as('x"><script>')) == f"http://{NETWORK}:8000"
    alone = Addresses("https", "127.0.0.1", 8000, (NETWORK,))
    assert (alone.network, alone.seen_from(asked_as("localhost"))) == (None, "https://127.0.0.1:8000")
    assert Addresses("http", "::", 1, ("fd00::5",)).network == "http://[fd00::5]:1"


def test_this_machines_addresses_are_none_that_lead_back_to_itself() -> None:
    assert not [address for address in machine_addresses() if is_loopback(address)]


def test_the_greeting_has_address_and_number_and_a_code_where_others_are_let_in() -> None:
    open_to_all, alone = (Addresses("http", host, 8000, (NETWORK,)) for host in ("0.0.0.0", "127.0.0.1"))  # noqa: S104
    said = greeting(open_to_all, "123456", code=True)
    assert "http://127.0.0.1:8000\n" in said
    assert f"http://{NETWORK}:8000\n" in said
    assert "123456" in said
    assert len(said.splitlines()) > 10
    assert len(greeting(alone, "123456", code=True).splitlines()) == 2
    assert greeting(alone, None, code=True).splitlines() == ["the stand is at http://127.0.0.1:8000"]
