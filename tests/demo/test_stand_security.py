"""What nobody may do to the stand, and what its answers forbid a browser."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demo.addresses import is_local, place_of
from demo.answers import Later
from demo.application import Part, make_application
from demo.events import MOST, OF_A_VISIT, WATCHED, WATCHING
from demo.front import front_of
from demo.links import Links, Purpose
from demo.operator import TRIES
from tests.demo.stand_world import OURS, PIN, World, grey_jpeg, said, standing
from tests.picture_files import colours, exif, saved
from tests.web_server import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with standing() as world:
        yield world


async def broken(_: Request) -> Response:
    msg = "a bug"
    raise ValueError(msg)


def check_headers(answer: httpx.Response) -> None:
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert "script-src" not in policy  # 'self' of default-src, without 'unsafe-inline'
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in answer.headers["permissions-policy"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "cache-control" in answer.headers


async def test_strict_headers_are_on_every_answer() -> None:
    async with standing(extra=[Part([Route("/broken", broken)])]) as world:
        _, done = await world.coloured()
        paths = (
            *("/", "/wall", "/operator", "/nothing", "/static/nothing.js", "/static/js/booth.js", "/p/no.such.token"),
            *("/api/stand", "/api/words", "/api/nothing", "/api/visits/x/after", "/api/operator/settings", "/broken"),
            *(done["after"], done["qr"], done["page"].partition(":")[2].partition("/p/")[1] + "x"),
        )
        for path in paths:
            check_headers(await world.client.get(path))
        check_headers(await world.client.post("/api/visits", content=grey_jpeg(), headers=OURS))
        check_headers(await world.client.post("/api/visits", content=b"none", headers=OURS))
        check_headers(await world.client.post("/api/visits"))
        check_headers(await world.client.request("OPTIONS", "/api/visits"))
        async with world.following("/api/wall/events") as events:
            check_headers(events.response)


async def test_a_bug_says_nothing_of_itself() -> None:
    async with standing(extra=[Part([Route("/broken", broken)])]) as world:
        answer = await world.client.get("/broken")
        assert answer.status_code == 500
        assert "bug" not in answer.text
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Stand": "0"},
        {"X-Stand": "1", "Origin": "http://evil.example"},
        {"X-Stand": "1", "Origin": "null"},
        {"X-Stand": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Stand": "1", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_what_another_sites_page_asks_for_is_refused(world: World, headers: dict[str, str]) -> None:
    accepted, _ = await world.coloured()
    own = f"/api/visits/{accepted['id']}"
    await world.operator()
    for method, path in (
        ("POST", "/api/visits"),
        ("DELETE", f"{own}?token={accepted['token']}"),
        ("PUT", f"{own}/wall?token={accepted['token']}"),
        ("DELETE", "/api/operator/wall"),
        ("PUT", "/api/operator/settings"),
        ("POST", "/api/operator/session"),
    ):
        assert said(await world.client.request(method, path, headers=headers)) == (403, "forbidden")
    assert world.stand.visits.find(accepted["id"]) is not None


async def test_what_our_own_page_asks_for_is_done(world: World) -> None:
    origin = {"Origin": world.address, "Sec-Fetch-Site": "same-origin"}
    answer = await world.client.post("/api/visits", content=grey_jpeg(), headers=OURS | origin)
    assert answer.status_code == 201


async def test_programs_with_a_token_of_their_own_need_no_header_of_our_pages() -> None:
    async def done(_: Request) -> Response:
        return PlainTextResponse("done")

    routes = [Route("/network/posts", done, methods=["POST"]), Route("/api/posts", done, methods=["POST"])]
    async with (
        served(make_application([Part(routes, programs=("/network/",))])) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        assert (await client.post("/network/posts")).status_code == 200
        assert (await client.post("/api/posts")).status_code == 403
        assert (await client.post("/network")).status_code == 403


async def test_cookies_are_for_the_stand_alone_and_not_for_scripts(world: World) -> None:
    first = await world.client.get("/api/stand")
    cookie = first.headers["set-cookie"]
    assert re.fullmatch(r"visitor=[\w-]{22}; HttpOnly; Max-Age=\d+; Path=/; SameSite=strict", cookie)
    assert "set-cookie" not in (await world.client.get("/api/stand")).headers
    session = await world.client.post("/api/operator/session", json={"pin": PIN}, headers=OURS)
    assert re.fullmatch(
        r"operator=[\w.-]+; HttpOnly; Max-Age=\d+; Path=/; SameSite=strict", session.headers["set-cookie"]
    )


@pytest.mark.parametrize(
    "path",
    [
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/static/..%2fsettings.py",
        "/static/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/static//etc/passwd",
        "/static/js/../../__main__.py",
        "/static/",
        "/static",
        "/static/js/",
        "/static/js",
        "/pages/booth.html",
        "/words/en.json",
        "/p/../settings.py",
        "/api/samples/..%2f..%2fsettings.py",
        "/api/samples/",
        "/api/visits",
        "/api/visits/",
        "/api/operator/visits",
    ],
)
async def test_no_path_leads_to_other_files_and_no_folder_is_listed(world: World, path: str) -> None:
    await world.coloured()
    request = world.client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await world.client.send(request)
    assert answer.status_code in {404, 405}
    assert "class DemoSettings" not in answer.text
    assert "root:" not in answer.text


async def test_the_token_of_a_visit_opens_no_other(world: World) -> None:
    one, _ = await world.coloured()
    other, done = await world.coloured()
    phone = done["page"].rpartition("/")[2]
    media = done["after"].partition("token=")[2]
    for token in (other["token"], phone, media, "", "x", f"{one['id']}.x.y", one["token"] + "x", one["token"][:-1]):
        for part in ("/events", "/before", "/after", "/preview/0", "/qr.svg"):
            answer = await world.client.get(f"/api/visits/{one['id']}{part}", params={"token": token})
            assert said(answer) == (404, "gone"), (part, token)
        for method, part in (("DELETE", ""), ("PUT", "/wall"), ("DELETE", "/wall")):
            address = f"/api/visits/{one['id']}{part}"
            answer = await world.client.request(method, address, params={"token": token}, headers=OURS)
            assert said(answer) == (404, "gone"), (method, part, token)
    assert (await world.client.get(f"/p/{one['token'][:-1]}")).status_code == 404


async def test_a_link_to_look_at_a_picture_changes_nothing(world: World) -> None:
    accepted, done = await world.coloured()
    media = done["after"].partition("token=")[2]
    for method, part in (("DELETE", ""), ("PUT", "/wall"), ("DELETE", "/wall"), ("GET", "/events"), ("GET", "/qr.svg")):
        address = f"/api/visits/{accepted['id']}{part}"
        answer = await world.client.request(method, address, params={"token": media}, headers=OURS)
        assert said(answer) == (403, "forbidden")
    assert (await world.client.get(done["before"])).status_code == 200


async def test_the_phones_page_shows_saves_and_deletes_and_puts_nothing_on_the_wall(world: World) -> None:
    accepted, done = await world.coloured()
    phone = done["page"].rpartition("/")[2]
    own = f"/api/visits/{accepted['id']}"
    async with world.following(f"{own}/events?token={phone}") as events:
        _, seen = await events.next("done")
    assert (seen["after"], seen["may_post"], done["may_post"]) == (done["after"], False, True)
    assert (await world.client.get(f"{own}/after?token={phone}&download=1")).status_code == 200
    put = await world.client.put(f"{own}/wall?token={phone}", json={}, headers=OURS)
    assert said(put) == (403, "forbidden")
    assert (await world.client.delete(f"{own}?token={phone}", headers=OURS)).status_code == 204
    assert (await world.client.get(f"/p/{phone}")).status_code == 404


async def test_links_end_with_their_time_although_the_picture_may_still_be_there(world: World) -> None:
    accepted, done = await world.coloured()
    phone = done["page"].rpartition("/")[2]
    world.clock.pass_by(minutes=59)
    assert (await world.client.get(done["after"])).status_code == 200
    world.clock.pass_by(minutes=2)
    assert world.stand.visits.find(accepted["id"]) is not None
    for address in (done["after"], done["before"], done["qr"], accepted["events"]):
        assert said(await world.client.get(address)) == (404, "gone")
    assert (await world.client.get(f"/p/{phone}")).status_code == 404


def test_a_token_is_bound_to_its_purpose_its_secret_and_its_time(world: World) -> None:
    links, clock = world.stand.links, world.clock
    age = world.stand.rules.now.keep
    token = links.token(Purpose.PHONE, "somebody")
    assert links.read(Purpose.PHONE, token, max_age=age) == "somebody"
    assert links.read(Purpose.VISIT, token, max_age=age) is None
    assert Links(b"another secret", now=lambda: clock.now).read(Purpose.PHONE, token, max_age=age) is None
    assert links.read(Purpose.PHONE, "é" * 500, max_age=age) is None
    clock.pass_by(minutes=-1)
    assert links.read(Purpose.PHONE, token, max_age=age) is None


async def test_where_a_picture_was_taken_is_in_nothing_that_is_served(world: World) -> None:
    gps = {0x8825: (4, (26).to_bytes(4, "little")), 0x010F: (2, b"Secret Camera 9\0")}
    place = b"N 52.5200 E 13.4050"
    plain = saved(colours(48, 64)[..., 0], "JPEG", exif=b"Exif\0\0" + exif(1, more=gps), comment=place)
    data = plain[:2] + b"\xff\xe1\x00\x40http://ns.adobe.com/xap/1.0/\0".ljust(66, b" ") + plain[2:]
    accepted, done = await world.coloured(data + place)
    await world.client.put(f"/api/visits/{accepted['id']}/wall?token={accepted['token']}", json={}, headers=OURS)
    for address in (done["before"], done["after"], f"{done['before']}&size=wall", f"{done['after']}&size=wall"):
        answer = await world.client.get(address)
        assert answer.status_code == 200
        for secret in (place, b"Secret Camera"):
            assert secret not in answer.content
    assert world.painter.orders[0].wishes.keep_metadata is False


async def test_a_bent_name_does_not_make_somebody_local(world: World) -> None:
    assert (await world.client.get("/api/stand")).json()["is_local"] is True
    for host in ("evil.example", "127.0.0.1.evil.example", "", "evil example"):
        answer = await world.client.get("/api/stand", headers={"Host": host})
        assert answer.status_code == 400 or answer.json()["is_local"] is False


def test_who_comes_over_the_network_is_not_local() -> None:
    def asked(client: str, host: str) -> Request:
        return Request({"type": "http", "client": (client, 1), "headers": [(b"host", host.encode())]})

    assert is_local(asked("127.0.0.1", "localhost:8000"))
    assert is_local(asked("::1", "[::1]:8000"))
    assert is_local(asked("::ffff:127.0.0.1", "127.0.0.1"))
    assert not is_local(asked("192.168.1.9", "localhost:8000"))


async def test_one_address_cannot_ask_without_end() -> None:
    async def fine(_: Request) -> Response:
        return PlainTextResponse("fine")

    app = make_application([Part([Route("/", fine)])], requests_a_minute=3)
    for host, limited in (("192.168.1.9", True), ("127.0.0.1", False)):
        transport = httpx.ASGITransport(app, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://stand") as client:
            statuses = [(await client.get("/")).status_code for _ in range(5)]
            assert statuses == ([200, 200, 200, 429, 429] if limited else [200] * 5)
            if limited:
                assert 0 < int((await client.get("/")).headers["retry-after"]) <= 60


def asked_from(host: str) -> Request:
    return Request({"type": "http", "client": (host, 1), "headers": []})


async def nothing() -> AsyncIterator[tuple[str, str]]:
    yield "nothing", ""


async def test_too_many_streams_are_refused_and_those_that_end_make_room(world: World) -> None:
    world.stand.streams._most, world.stand.streams._reserve = 1, 0
    async with world.following("/api/wall/events"):
        answer = await world.client.get("/api/wall/events")
        assert said(answer) == (503, "busy")
    while world.stand.streams.open:
        await world.client.get("/api/words")
    async with world.following("/api/wall/events") as events:
        assert events.response.status_code == 200


def test_however_many_watch_visitors_hear_of_their_pictures_and_the_stands_own_screens_are_let_in(world: World) -> None:
    streams, stranger, screen = world.stand.streams, asked_from("192.168.1.9"), asked_from("127.0.0.1")
    for _ in range(WATCHING):
        streams.counted(WATCHED, 1)
    with pytest.raises(Later):
        streams.answer(stranger, nothing())
    streams.answer(screen, nothing())
    streams.answer(stranger, nothing(), visit="somebody's")
    for _ in range(OF_A_VISIT):
        streams.counted("somebody's", 1)
    with pytest.raises(Later):
        streams.answer(stranger, nothing(), visit="somebody's")
    streams.answer(stranger, nothing(), visit="another's")
    for number in range(MOST):
        streams.counted(f"visit {number}", 1)
    with pytest.raises(Later):
        streams.answer(stranger, nothing(), visit="another's")


def test_an_address_is_counted_as_what_one_machine_has() -> None:
    assert place_of(asked_from("192.168.1.9")) == place_of(asked_from("::ffff:192.168.1.9")) == "192.168.1.9"
    assert place_of(asked_from("2001:db8::1")) == place_of(asked_from("2001:db8::ffff:2")) == "2001:db8::/64"
    assert place_of(asked_from("2001:db8:0:1::1")) != place_of(asked_from("2001:db8::1"))
    assert place_of(asked_from("fe80::1%eth0")) == place_of(asked_from("fe80::2"))
    assert place_of(asked_from("::1")) == "::1"
    assert place_of(asked_from("testclient")) == "testclient"


async def test_whoever_has_thousands_of_addresses_guesses_the_number_no_more_often(world: World) -> None:
    application = make_application([front_of(world.stand)])
    statuses = []
    for number in range(2 * TRIES):
        transport = httpx.ASGITransport(application, client=(f"2001:db8::{number + 1:x}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://stand") as client:
            answer = await client.post("/api/operator/session", json={"pin": f"{number:06d}"}, headers=OURS)
            statuses.append(answer.status_code)
    assert statuses == [403] * TRIES + [429] * TRIES


async def test_guesses_at_the_same_time_are_counted_like_others(world: World) -> None:
    async def guess(number: int) -> int:
        answer = await world.client.post("/api/operator/session", json={"pin": f"{number:06d}"}, headers=OURS)
        return answer.status_code

    statuses = await asyncio.gather(*(guess(number) for number in range(3 * TRIES)))
    assert sorted(statuses) == [403] * TRIES + [429] * 2 * TRIES
    assert (await world.client.post("/api/operator/session", json={"pin": PIN}, headers=OURS)).status_code == 429


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PATCH", "PUT", "DELETE", "OPTIONS"])
async def test_no_other_method_is_answered_and_none_is_named_in_another_way(world: World, method: str) -> None:
    accepted, done = await world.coloured()
    answer = await world.client.request(method, done["after"], headers=OURS)
    assert answer.status_code == 405
    own = f"/api/visits/{accepted['id']}?token={accepted['token']}&_method=DELETE"
    overridden = await world.client.get(own, headers={"X-HTTP-Method-Override": "DELETE"})
    assert overridden.status_code == 405
    assert (await world.client.get(done["after"])).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "status", "size"),
    [
        ("bytes=0-0", 206, 1),
        ("bytes=-1", 206, 1),
        ("bytes=999999999-", 416, 0),
        ("bytes=5-2", 416, 0),
        ("bytes=-0", 416, 0),
        ("bytes=" + ",".join(["0-"] * 1000), 200, None),
        ("bytes=0-" + "9" * 40, 200, None),
        ("bytes=--", 200, None),
        ("lines=1-2", 200, None),
    ],
)
async def test_no_range_gives_more_than_there_is(world: World, wanted: str, status: int, size: int | None) -> None:
    _, done = await world.coloured()
    whole = (await world.client.get(done["after"])).content
    part = await world.client.get(done["after"], headers={"Range": wanted})
    assert (part.status_code, len(part.content)) == (status, len(whole) if size is None else size)
