from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from functions.jobs import ColoriseImage, ImageWishes, SplitVideo, encoded, parse_order
from functions.serve import Limits
from functions.serve.function import MESSAGE_BYTES
from functions.serve.vocabulary import FilmInHand, PictureInStore
from tests.file_server import Offer, serving
from tests.http_function import ORDER, Sink, Stub, failed, served
from tests.http_web import PUBLIC, Names, web_files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

JPEG = b"\xff\xd8\xff\xe0 grey"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def shared() -> Stub:
    return Stub()


@pytest.fixture
def stub(shared: Stub) -> Stub:
    shared.reset()
    return shared


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(shared: Stub) -> AsyncIterator[httpx.AsyncClient]:
    async with served(shared.pictures()) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def films(shared: Stub) -> AsyncIterator[httpx.AsyncClient]:
    async with served(shared.films()) as client:
        yield client


@pytest.mark.parametrize(
    "media_type",
    [
        "image/jpeg",
        "image/x-whatever",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
    ],
)
async def test_a_picture_goes_in_and_comes_out_in_colour(
    media_type: str, client: httpx.AsyncClient, stub: Stub
) -> None:
    answer = await client.post("/", content=JPEG, headers={"Content-Type": media_type} if media_type else {})
    assert (answer.status_code, answer.content) == (200, JPEG[::-1])
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Picture-Size"] == "40x30"
    assert answer.headers["X-Picture-Seconds"] == "0.125"
    assert json.loads(answer.headers["X-Picture-Notes"]) == ["naïve\n"]
    assert stub.asked == [(JPEG, ImageWishes())]


async def test_wishes_are_parameters_of_the_query(client: httpx.AsyncClient, stub: Stub) -> None:
    query = "saturation=1.5&kind=png&quality=80&compare=true&restore_tone=false&force=true&max_pixels=1000"
    answer = await client.post(f"/?{query}", content=JPEG)
    assert answer.headers["Content-Type"] == "image/png"
    wishes = ImageWishes(saturation=1.5, kind="png", quality=80, compare=True, force=True, max_pixels=1000)
    assert stub.asked == [(JPEG, wishes)]


async def test_limits_are_parameters_too_and_lists_are_parted_by_commas(client: httpx.AsyncClient, stub: Stub) -> None:
    await client.post("/?kinds=png,jpeg&max_bytes=5000000&max_side=4096&mark=true&kind=png", content=JPEG)
    await client.post("/?kinds=", content=JPEG)
    wishes = ImageWishes(kinds=("png", "jpeg"), max_bytes=5_000_000, max_side=4096, mark=True, kind="png")
    assert stub.asked == [(JPEG, wishes), (JPEG, ImageWishes())]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("colour=1", "unknown-parameter"),
        ("Saturation=1", "unknown-parameter"),
        ("saturation=3", "bad-parameter"),
        ("saturation=NaN", "bad-parameter"),
        ("saturation=1e999", "bad-parameter"),
        ("saturation=", "bad-parameter"),
        ("quality=1.5", "bad-parameter"),
        ("quality=true", "bad-parameter"),
        ("quality=" + "9" * 5000, "bad-parameter"),
        ("force=1", "bad-parameter"),
        ("force=no", "bad-parameter"),
        ("force=null", "bad-parameter"),
        ("force=true&force=false", "bad-parameter"),
        ("kind=psd", "bad-parameter"),
        ("kind=" + "[" * 5000, "bad-parameter"),
        ("max_pixels=0", "bad-parameter"),
        ("max_bytes=0", "bad-parameter"),
        ("max_side=15", "bad-parameter"),
        ("kinds=gif", "bad-parameter"),
        ("kinds=png,", "bad-parameter"),
        ("kinds=png&kinds=jpeg", "bad-parameter"),
        ("mark=1", "bad-parameter"),
    ],
)
async def test_a_wish_that_nobody_can_fulfil_is_refused(
    query: str, code: str, client: httpx.AsyncClient, stub: Stub
) -> None:
    assert failed(await client.post(f"/?{query}", content=JPEG)) == (400, code)
    assert not stub.asked


async def test_an_empty_body_is_refused(client: httpx.AsyncClient) -> None:
    assert failed(await client.post("/")) == (400, "empty")


async def test_pixels_are_limited_whatever_a_caller_wishes(stub: Stub) -> None:
    async with served(stub.pictures(limits=Limits(max_pixels=5000))) as client:
        await client.post("/?max_pixels=100000", content=JPEG)
        await client.post("/", json={"image": "1.jpg", "output_filename": "2.jpg"})
        await client.post("/", json=ORDER)
    for asked in stub.asked:
        wishes = asked[1] if isinstance(asked, tuple) else asked.wishes  # type: ignore[attr-defined]
        assert wishes.max_pixels == 5000


@pytest.mark.parametrize(
    "media_type", ["text/html", "multipart/form-data; boundary=x", "application/xml", "video/mp4", "x"]
)
async def test_bodies_of_other_types_are_refused(media_type: str, client: httpx.AsyncClient) -> None:
    answer = await client.post("/", content=JPEG, headers={"Content-Type": media_type})
    assert failed(answer) == (415, "unsupported-media-type")
    assert answer.headers["Accept"] == "application/json, image/*, application/octet-stream"


async def test_compressed_bodies_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", content=JPEG, headers={"Content-Encoding": "gzip"})
    assert failed(answer) == (415, "unsupported-encoding")


# From store to store.


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "text/plain", ""])
async def test_a_stored_picture_is_coloured_into_the_store(
    media_type: str, client: httpx.AsyncClient, stub: Stub
) -> None:
    body = b' {"image": "1.jpg", "output_filename": "a/2.jpg", "wishes": {"force": true}}'
    headers = {"X-Call-Id": "5f0c4f4e-1111-4222-8333-444455556666"}
    answer = await client.post(
        "/", content=body, headers=headers | ({"Content-Type": media_type} if media_type else {})
    )
    assert answer.status_code == 200
    fields = answer.json()
    assert fields["output_filename"] == fields["target"] == "outbox/a/2.jpg"
    assert fields["duration"] >= 0
    assert PictureInStore.model_validate_json(answer.content).width == 40
    assert stub.store.read("outbox/a/2.jpg") == b"\xff\xd8\xff"[::-1]
    (order,) = stub.asked
    assert isinstance(order, ColoriseImage)
    assert (order.source, order.wishes.force) == ("inbox/1.jpg", True)
    assert order.job_id == headers["X-Call-Id"]
    assert order.trace_id == headers["X-Call-Id"].replace("-", "")


async def test_names_with_a_prefix_are_taken_as_they_are(client: httpx.AsyncClient, stub: Stub) -> None:
    await client.post("/", json={"image": "inbox/1.jpg", "output_filename": "work/2.jpg"})
    (order,) = stub.asked
    assert isinstance(order, ColoriseImage)
    assert (order.source, order.target) == ("inbox/1.jpg", "work/2.jpg")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"image": "1.jpg"},
        {"image": "1.jpg", "output_filename": "../2.jpg"},
        {"image": "/1.jpg", "output_filename": "2.jpg"},
        {"image": "", "output_filename": "2.jpg"},
        {"image": 1, "output_filename": "2.jpg"},
        {"image": "1.jpg", "output_filename": "2.jpg", "status_id": 3},
        {"image": "1.jpg", "output_filename": "2.jpg", "wishes": {"saturation": "1"}},
        {"image": "1.jpg", "url": "https://pictures.example/"},
        {"video": "1.mp4", "output_filename": "2.mp4"},
        {"url": ""},
        {"kind": "colorise-image"},
        {"kind": "paint-house"},
        {**ORDER, "extra": 1},
        {**ORDER, "asked_at": 5},
        {**ORDER, "version": "1"},
        {**ORDER, "kind": "join-video", "plan": "work/1/plan.json"},
    ],
)
async def test_json_of_another_shape_is_refused(body: dict[str, Any], client: httpx.AsyncClient, stub: Stub) -> None:
    assert failed(await client.post("/", json=body)) == (400, "bad-message")
    assert not stub.asked


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xd8\xff", b"{" * 60_000, b'{"a":' * 10_000])
async def test_what_is_no_json_object_is_refused(body: bytes, client: httpx.AsyncClient) -> None:
    answer = await client.post("/", content=body, headers={"Content-Type": "application/json"})
    assert failed(answer) == (400, "bad-message")


async def test_json_takes_no_parameters(client: httpx.AsyncClient) -> None:
    answer = await client.post("/?force=true", json={"image": "1.jpg", "output_filename": "2.jpg"})
    assert failed(answer) == (400, "unknown-parameter")


async def test_a_function_without_a_store_refuses_names(stub: Stub) -> None:
    async with served(stub.pictures(store=None)) as client:
        for body in (
            {"image": "1.jpg", "output_filename": "2.jpg"},
            {"url": "https://a.b/", "output_filename": "2.jpg"},
        ):
            assert failed(await client.post("/", json=body)) == (422, "no-store")


# From links.


async def test_a_link_is_answered_with_the_picture_or_stored(stub: Stub) -> None:
    names = Names({"pictures.example": [[PUBLIC]]})
    with serving() as site:
        site.offers["/1.txt"] = Offer(JPEG)
        links = web_files(names, site.server_address[1], allow_http=True)
        async with served(stub.pictures(links=links)) as client:
            link = {"url": "http://pictures.example/1.txt"}
            answer = await client.post("/", json={**link, "wishes": {"saturation": 0.5}})
            assert (answer.status_code, answer.content) == (200, JPEG[::-1])
            assert stub.asked == [(JPEG, ImageWishes(saturation=0.5))]
            for target in ("2.jpg", "3.jpg"):
                answer = await client.post("/", json={**link, "output_filename": target})
                assert answer.json()["output_filename"] == f"outbox/{target}"
                assert stub.store.read(f"outbox/{target}") == JPEG[::-1]
    (kept,) = stub.store.list("inbox/link-")
    found = stub.store.find(kept.name)
    assert found is not None
    assert found.content_type == "image/jpeg"


@pytest.mark.parametrize("link", ["http://pictures.example/", "https://127.0.0.1/", "https://10.0.0.1.nip.io/", "x"])
async def test_links_into_the_private_network_are_refused(link: str, stub: Stub) -> None:
    names = Names({"pictures.example": [[PUBLIC]], "10.0.0.1.nip.io": [["10.0.0.1"]]})
    async with served(stub.pictures(links=web_files(names, 1))) as client:
        answer = await client.post("/", json={"url": link})
        assert failed(answer) == (400, "bad-link")
        assert "10.0.0.1" not in answer.text


# Orders.


async def test_an_order_is_carried_out_and_answered_with_its_results(client: httpx.AsyncClient, stub: Stub) -> None:
    answer = await client.post("/", json=ORDER)
    assert answer.status_code == 200
    fields = answer.json()
    assert (fields["orders"], fields["once"]) == ([], [])
    assert [result["kind"] for result in fields["results"]] == ["image-colorised"]
    assert stub.asked == [parse_order(json.dumps(ORDER).encode())]


async def test_orders_of_newer_versions_are_refused_politely(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", json={**ORDER, "version": 99, "new": True})
    assert failed(answer) == (400, "newer-version")


async def test_a_film_becomes_orders_that_are_returned_without_a_queue(films: httpx.AsyncClient, stub: Stub) -> None:
    answer = await films.post("/", json={"video": "1.mp4", "output_filename": "1.mp4", "wishes": {"start": "1/3"}})
    film = FilmInHand.model_validate_json(answer.content)
    assert (film.output_filename, film.chunks) == ("outbox/1.mp4", 2)
    assert [order.message_id.split(".")[0] for order in film.orders] == ["colorise-chunk"] * 2
    assert [order.kind for order in film.once] == ["join-video"]
    (order,) = stub.asked
    assert isinstance(order, SplitVideo)
    assert str(order.wishes.start) == "1/3"


async def test_with_a_queue_they_are_sent_and_the_results_told(stub: Stub) -> None:
    sink = Sink()
    async with served(stub.films(queue=sink)) as client:
        for _ in range(2):
            answer = await client.post(
                "/", json={"video": "1.mp4", "output_filename": "1.mp4"}, headers={"X-Call-Id": "film-1"}
            )
            assert (answer.json()["orders"], answer.json()["once"]) == ([], [])
    chunks = ["colorise-chunk.film-1.0", "colorise-chunk.film-1.1"]
    assert sink.sent == [*chunks, "join-video.film-1", *chunks]
    assert sink.told == ["video-planned"] * 2


async def test_an_order_for_once_is_sent_again_where_its_sending_failed(stub: Stub) -> None:
    sink = Sink(failures=1, claims={"join-video.film-1": "sending"})
    async with served(stub.films(queue=sink)) as client:
        call = {"video": "1.mp4", "output_filename": "1.mp4"}
        answer = await client.post("/", json=call, headers={"X-Call-Id": "film-1"})
        assert failed(answer) == (503, "postponed")
        assert answer.headers["Retry-After"] == "3"
        assert (await client.post("/", json=call, headers={"X-Call-Id": "film-1"})).status_code == 200
    assert sink.sent.count("join-video.film-1") == 1
    assert sink.claims == {"join-video.film-1": "sent"}


@pytest.mark.parametrize("body", [{"image": "1.jpg", "output_filename": "2.jpg"}, {"url": "https://a.b/"}])
async def test_the_films_function_knows_no_pictures(body: dict[str, Any], films: httpx.AsyncClient) -> None:
    assert failed(await films.post("/", json=body)) == (400, "bad-message")


async def test_an_order_that_is_another_function_s_is_refused_as_that(films: httpx.AsyncClient, stub: Stub) -> None:
    assert failed(await films.post("/", json=ORDER)) == (400, "not-its-kind")
    async with served(stub.pictures(handlers={})) as client:  # as a function is that has no store
        assert failed(await client.post("/", json=ORDER)) == (400, "not-its-kind")
    assert not stub.asked


async def test_every_order_that_a_queue_can_hold_is_taken(client: httpx.AsyncClient) -> None:
    kinds = ["jpeg"] * ((MESSAGE_BYTES - len(json.dumps(ORDER))) // len('"jpeg",') - 20)
    order = parse_order(json.dumps({**ORDER, "wishes": {"kinds": kinds}}).encode())
    assert MESSAGE_BYTES - 1000 < len(encoded(order)) < MESSAGE_BYTES + 1000
    answer = await client.post("/", content=encoded(order), headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


async def test_the_films_function_takes_no_bytes(films: httpx.AsyncClient) -> None:
    answer = await films.post("/", content=JPEG, headers={"Content-Type": "image/jpeg"})
    assert failed(answer) == (415, "unsupported-media-type")
    assert answer.headers["Accept"] == "application/json"
    assert failed(await films.post("/", content=b"\x00")) == (415, "unsupported-media-type")


@pytest.mark.parametrize("start", ["1e999999999", "1/0", "nan", "1" * 50, 1e308])
async def test_no_number_fills_the_memory(start: object, films: httpx.AsyncClient) -> None:
    body = {"video": "1.mp4", "output_filename": "1.mp4", "wishes": {"start": start}}
    assert failed(await films.post("/", json=body)) == (400, "bad-message")
