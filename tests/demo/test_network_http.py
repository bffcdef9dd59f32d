"""Claims about the pretend network's HTTP side; what its client makes of it is in tests/bot/test_platforms.py."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from demo.network import Network
from demo.network_http import BotSide
from demo.network_keeping import NetworkKeeping
from demo.network_trouble import Trouble
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.web_server import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "a-token-of-the-stand"  # noqa: S105 - of a server that lives for one test


class Stand:
    def __init__(self) -> None:
        self.network, self.store = Network(), MemoryStore()
        self.trouble = Trouble(self.network.now)
        self.client = httpx.AsyncClient()
        self.side: BotSide

    def asked(self) -> str:
        return self.network.publish(self.network.account("cookie", "Anna").id, "@colorisebot please").id

    async def upload(self, data: bytes = b"jpeg", given: dict[str, str] | None = None) -> httpx.Response:
        params = {"kind": "photo", "content_type": "image/jpeg", "alt_text": "A street"} | (given or {})
        return await self.client.post("/network/media", params=params, content=data)


@asynccontextmanager
async def standing() -> AsyncIterator[Stand]:
    stand = Stand()
    book = await MemoryQueue().records("STAND_NETWORK", keep_seconds=None)
    keeping = NetworkKeeping(stand.network, book, stand.store)
    stand.side = BotSide(stand.network, keeping, stand.store, TOKEN, stand.trouble)
    async with keeping.lifespan(), served(stand.side.routes) as address:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60, trust_env=False) as stand.client:
            yield stand


PATHS = [
    ("GET", "/network/me"),
    ("GET", "/network/mentions"),
    ("GET", "/network/stream"),
    ("GET", "/network/own"),
    ("GET", "/network/posts/1"),
    ("DELETE", "/network/posts/1"),
    ("POST", "/network/posts"),
    ("GET", "/network/media/1"),
    ("POST", "/network/media"),
]


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9"])
async def test_nothing_is_told_or_done_without_the_token(shown: str) -> None:
    async with standing() as stand:
        for method, path in PATHS:
            headers = {b"Authorization": shown.encode("latin-1")}
            answer = await stand.client.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "bad-credentials"), path


async def test_a_stand_without_a_token_lets_no_bot_in() -> None:
    network, store = Network(), MemoryStore()
    book = await MemoryQueue().records("STAND_NETWORK", keep_seconds=None)
    side = BotSide(network, NetworkKeeping(network, book, store), store, "", Trouble(network.now))
    async with served(side.routes) as address, httpx.AsyncClient(base_url=address, trust_env=False) as client:
        for shown in ("Bearer", "bearer"):
            assert (await client.get("/network/me", headers={"Authorization": shown})).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 5000,
        b'{"text": 1, "reply_to": "1"}',
        b'{"text": "x", "reply_to": "1", "media": 1}',
    ],
)
async def test_what_is_no_reply_is_refused_in_a_sentence(body: bytes) -> None:
    async with standing() as stand:
        answer = await stand.client.post("/network/posts", content=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert "`reply_to`" in answer.json()["reason"]


@pytest.mark.parametrize(
    "path", ["/network/mentions?after=x", "/network/mentions?after=" + "9" * 5000, "/network/own?since=x"]
)
async def test_what_cannot_be_looked_for_is_refused(path: str) -> None:
    async with standing() as stand:
        assert (await stand.client.get(path)).status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "virus"},
        {"content_type": "text/html"},
        {"content_type": "image/svg+xml"},
        {"kind": "video"},
        {"alt_text": "x" * 1001},
    ],
)
async def test_only_pictures_and_films_that_a_browser_shows_are_taken(given: dict[str, str]) -> None:
    async with standing() as stand:
        answer = await stand.upload(given=given)
        assert (answer.status_code, answer.json()["code"]) == (403, "bad-media")
        assert list(stand.store.list("")) == []


async def test_a_file_that_is_too_large_is_read_to_its_end_and_refused() -> None:
    async with standing() as stand:
        answer = await stand.upload(bytes(5_000_001))
        assert (answer.status_code, answer.json()["code"]) == (403, "bad-media")
        assert (await stand.upload(bytes(5_000_000))).status_code == 201


async def test_an_answer_of_the_bots_is_in_the_outbox_with_its_words() -> None:
    async with standing() as stand:
        asked, key = stand.asked(), (await stand.upload(b"coloured")).json()["id"]
        answer = await stand.client.post(
            "/network/posts", json={"text": "In colour", "reply_to": asked, "media": [key]}
        )
        assert answer.status_code == 201
        (media,) = stand.network.entry(answer.json()["id"]).media
        assert media.object_name.startswith("outbox/stand/network/")
        assert (stand.store.read(media.object_name), media.alt_text) == (b"coloured", "A street")
        told = (await stand.client.get(f"/network/posts/{answer.json()['id']}")).json()
        assert told["post"]["attachments"][0]["url"] == f"/network/media/{key}"
        assert (await stand.client.get(f"/network/media/{key}")).content == b"coloured"


async def lines(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in response.aiter_lines():
        if line.strip():
            yield json.loads(line)


async def test_a_stream_that_was_left_is_free_for_the_next() -> None:
    async with standing() as stand:
        async with stand.client.stream("GET", "/network/stream") as response:
            told = lines(response)
            assert await anext(told) == {"connected": True}
            second = await stand.client.get("/network/stream")
            assert (second.status_code, second.json()["code"]) == (429, "limited")
            asked = stand.asked()
            assert (await anext(told))["post"]["id"] == asked
        async with asyncio.timeout(60):
            while stand.side.is_listening:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.01)
        async with stand.client.stream("GET", "/network/stream") as response:
            assert await anext(lines(response)) == {"connected": True}


async def test_limits_that_are_switched_on_are_told_with_their_end() -> None:
    async with standing() as stand:
        stand.trouble.limits_on = True
        asked = stand.asked()
        answers = [
            await stand.client.post("/network/posts", json={"text": f"number {number}", "reply_to": asked})
            for number in range(3)
        ]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert answers[2].json()["until"] > stand.network.now().isoformat()
