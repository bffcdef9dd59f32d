"""Claims about the timeline's page: what it hears, and what visitors may post."""

from __future__ import annotations

import io
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from demo.events import Streams
from demo.figures import Figures
from demo.network import Network
from demo.network_keeping import NetworkKeeping
from demo.network_trouble import Trouble
from demo.pace import PEOPLE, Pace
from demo.timeline import POSTS_A_MINUTE, Door, Timeline
from demo.timeline_files import checker
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.server_events import listening
from tests.web_server import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

MOST = 100_000


checked = checker(lambda: 30.0)


def jpeg(shade: int = 90) -> bytes:
    made = io.BytesIO()
    Image.new("L", (64, 48), shade).save(made, "JPEG")
    return made.getvalue()


def is_operator(request: Request) -> bool:
    return request.cookies.get("operator") == "yes"


class Stand:
    def __init__(self) -> None:
        self.network, self.store = Network(), MemoryStore()
        self.trouble = Trouble(self.network.now)
        self.address = ""

    @asynccontextmanager
    async def visitor(self, cookie: str = "anna") -> AsyncIterator[httpx.AsyncClient]:
        cookies = {"visitor": cookie.ljust(22, "-")}
        async with httpx.AsyncClient(base_url=self.address, cookies=cookies, timeout=60, trust_env=False) as client:
            yield client


@asynccontextmanager
async def standing() -> AsyncIterator[Stand]:
    stand = Stand()
    book = await MemoryQueue().records("STAND_NETWORK", keep_seconds=None)
    keeping = NetworkKeeping(stand.network, book, stand.store)
    door = Door(checked, lambda: MOST, is_operator)
    streams = Streams(Figures(await MemoryQueue().records("STAND_LASTING", keep_seconds=None)))
    timeline = Timeline(stand.network, keeping, stand.store, stand.trouble, door=door, streams=streams)
    async with keeping.lifespan(), served(timeline.routes) as stand.address:
        yield stand


async def post(client: httpx.AsyncClient, files: list[bytes] | None = None, **fields: str) -> httpx.Response:
    given = {"name": "Anna", "text": "@colorisebot please"} | fields
    named = [("files", (f"{number}.jpg", data, "text/html")) for number, data in enumerate(files or [])]
    # A form of several parts also where it has no file.
    parts: list[Any] = [*((name, (None, value)) for name, value in given.items()), *named]
    return await client.post("/api/timeline/posts", files=parts)


async def test_a_page_hears_of_a_post_with_its_pictures_as_soon_as_it_is_there() -> None:
    async with (
        standing() as stand,
        stand.visitor() as anna,
        listening(f"{stand.address}/api/timeline/events") as events,
    ):
        answer = await post(anna, [jpeg(1), jpeg(2)], text="@colorisebot please")
        assert answer.status_code == 201
        _, told = await events.next("post")
        assert told["id"] == answer.json()["id"]
        assert (told["author"], told["is_bot"], told["reply_to"]) == ("Anna", False, None)
        assert told["text"] == "@colorisebot please"
        assert [(each["kind"], each["alt"]) for each in told["media"]] == [("photo", "")] * 2
        shown = await anna.get(told["media"][0]["url"])
        assert shown.content == checked(jpeg(1)).data
        assert shown.headers["content-type"] == "image/jpeg"
        (media, _) = stand.network.entry(told["id"]).media
        assert (media.width, media.height) == (64, 48)
        assert media.object_name.startswith("inbox/stand/network/")


async def test_who_comes_later_hears_of_what_is_there_first_oldest_first() -> None:
    async with standing() as stand, stand.visitor() as anna:
        asked = (await post(anna, text="@colorisebot please")).json()["id"]
        answer = stand.network.reply_as_bot("In colour", to=asked)
        async with listening(f"{stand.address}/api/timeline/events") as events:
            assert events.response.headers["content-type"].startswith("text/event-stream")
            assert (await events.next("post"))[1]["id"] == asked
            _, told = await events.next("post")
            assert (told["id"], told["is_bot"], told["reply_to"]) == (answer.id, True, asked)
            assert told["text"] == "@Anna In colour"
            stand.network.delete(answer.id)
            assert await events.next() == ("deleted", {"id": answer.id})


async def test_a_reply_goes_on_with_a_conversation_and_one_to_nothing_is_refused() -> None:
    async with standing() as stand, stand.visitor() as anna, stand.visitor("ben") as ben:
        first = (await post(anna)).json()["id"]
        second = (await post(ben, name="Ben", text="nice", reply_to=first)).json()["id"]
        entry = stand.network.entry(second)
        assert (entry.conversation, entry.text) == (first, "@Anna @colorisebot nice")
        assert (await post(ben, text="?", reply_to="12")).status_code == 404


async def test_visitors_of_one_name_are_two_people() -> None:
    async with standing() as stand, stand.visitor("one") as one, stand.visitor("two") as two:
        ids = [(await post(client)).json()["id"] for client in (one, two, one)]
        names = [stand.network.people[stand.network.entry(each).author].username for each in ids]
        assert names == ["Anna", "Anna2", "Anna"]
        # The cookie is a key to somebody's posts, and is not among what is written down.
        cookies = {client.cookies["visitor"] for client in (one, two)}
        assert cookies.isdisjoint({person.visitor for person in stand.network.people.values()})


async def test_who_comes_without_a_cookie_is_given_one_and_is_the_same_person_next_time() -> None:
    async with standing() as stand, httpx.AsyncClient(base_url=stand.address, timeout=60, trust_env=False) as client:
        first, second = [(await post(client)).json()["id"] for _ in range(2)]
        assert len(client.cookies["visitor"]) == 22
        assert stand.network.entry(first).author == stand.network.entry(second).author


@pytest.mark.parametrize(
    ("files", "fields", "status", "code"),
    [
        ([], {"text": "  "}, 400, "empty-post"),
        ([], {"text": "x" * 281}, 400, "text-too-long"),
        ([b"<script>alert(1)</script>"], {}, 415, "not-a-picture"),
        ([jpeg(), b"GIF89a"], {}, 415, "damaged"),
        ([bytes(MOST + 1)], {}, 413, "too-large"),
        ([bytes(MOST) for _ in range(6)], {}, 413, "too-large"),
        ([jpeg()] * 5, {}, 400, "bad-request"),
    ],
    ids=["nothing", "long", "script", "damaged", "large", "all-too-large", "five"],
)
async def test_what_is_refused_is_refused_in_a_sentence_and_leaves_nothing(
    files: list[bytes], fields: dict[str, str], status: int, code: str
) -> None:
    async with standing() as stand, stand.visitor() as anna:
        answer = await post(anna, files, **fields)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["reason"]
        assert stand.network.posts == {}
        assert list(stand.store.list("")) == []


async def test_what_is_no_form_is_refused() -> None:
    async with standing() as stand, stand.visitor() as anna:
        for headers in (
            {"Content-Type": "multipart/form-data"},
            {"Content-Type": "multipart/form-data; boundary=x"},
            {},
        ):
            answer = await anna.post("/api/timeline/posts", content=b"--y\r\nnonsense", headers=headers)
            assert answer.status_code == 400, headers


async def test_who_posts_too_often_is_told_when_again_and_others_are_not() -> None:
    async with standing() as stand, stand.visitor() as anna, stand.visitor("ben") as ben:
        for _ in range(POSTS_A_MINUTE):
            assert (await post(anna)).status_code == 201
        answer = await post(anna)
        assert (answer.status_code, answer.json()["code"]) == (429, "too-often")
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert (await post(ben, name="Ben")).status_code == 201


def test_a_pace_lets_pass_again_when_its_time_is_over_and_forgets_the_idle() -> None:
    time = 0.0
    pace = Pace(2, 10, clock=lambda: time)
    assert [pace.wait_seconds("anna"), pace.wait_seconds("anna"), pace.wait_seconds("anna")] == [0, 0, 10]
    time = 4
    assert pace.wait_seconds("anna") == 6
    time = 10
    assert pace.wait_seconds("anna") == 0
    for number in range(PEOPLE):
        pace.wait_seconds(str(number))
    assert len(pace._done) == PEOPLE


async def test_an_upload_that_hangs_on_no_post_is_nobodys_to_see() -> None:
    async with standing() as stand, stand.visitor() as anna:
        told = (await post(anna, [jpeg()])).json()["id"]
        (media,) = stand.network.entry(told).media
        assert (await anna.get(f"/timeline/media/{media.key}")).status_code == 200
        stand.network.delete(told)
        assert (await anna.get(f"/timeline/media/{media.key}")).status_code == 404
        stand.network.keep_upload(media)
        assert (await anna.get(f"/timeline/media/{media.key}")).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=0-99999999", 200, slice(None)),
        ("bytes=5-99999999", 206, slice(5, None)),
        ("bytes=0-1,3-4", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
        ("bytes=" + "9" * 5000 + "-", 200, slice(None)),
    ],
)
async def test_a_browser_can_ask_for_a_part_of_a_film(wanted: str, status: int, part: slice) -> None:
    async with standing() as stand, stand.visitor() as anna:
        told = (await post(anna, [jpeg()])).json()["id"]
        (media,) = stand.network.entry(told).media
        whole = stand.store.read(media.object_name)
        answer = await anna.get(f"/timeline/media/{media.key}", headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (status, whole[part])
        if status == 206:
            first = range(len(whole))[part][0]
            assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"


async def test_a_post_is_deleted_by_its_author_or_the_operator_and_nobody_else() -> None:
    async with standing() as stand, stand.visitor() as anna, stand.visitor("ben") as ben:
        first, second = [(await post(anna)).json()["id"] for _ in range(2)]
        refused = await ben.delete(f"/api/timeline/posts/{first}")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert (await anna.delete(f"/api/timeline/posts/{first}")).status_code == 204
        assert (await anna.delete(f"/api/timeline/posts/{first}")).status_code == 404
        ben.cookies.set("operator", "yes")
        assert (await ben.delete(f"/api/timeline/posts/{second}")).status_code == 204
        assert stand.network.posts == {}


async def test_only_the_operator_switches_the_bots_limits() -> None:
    async with standing() as stand, stand.visitor() as anna:
        assert (await anna.put("/api/timeline/limits", json={"on": True})).status_code == 403
        assert not stand.trouble.limits_on
        anna.cookies.set("operator", "yes")
        for wrong in (b"", b"[]", b'{"on": 1}'):
            assert (await anna.put("/api/timeline/limits", content=wrong)).status_code == 400
        assert (await anna.put("/api/timeline/limits", json={"on": True})).json() == {"on": True}
        assert stand.trouble.limits_on
        assert (await anna.get("/api/timeline/limits")).json() == {"on": True}
