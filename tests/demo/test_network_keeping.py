"""Claims about what the pretend network remembers over a restart of the stand."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from demo.network import LIFE, Network
from demo.network_keeping import NetworkKeeping
from demo.network_posts import Media, MediaKind
from functions.errors import Postponed
from functions.queues.jetstream import NatsQueue
from functions.queues.keeping import DAY
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.nats_server import nats_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.queues.protocol import Queue
    from functions.queues.records import Record, Records


@pytest.fixture(params=["memory", "nats"])
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[Queue]:
    if request.param == "memory":
        yield MemoryQueue()
        return
    with nats_server() as server:
        opened = await NatsQueue.open([server.url])
        yield opened
        await opened.close()


@asynccontextmanager
async def life(queue: Queue, store: MemoryStore, network: Network | None = None) -> AsyncIterator[Network]:
    """A network from its start to its end."""
    network = network or Network()
    keeping = NetworkKeeping(network, await queue.records("STAND_NETWORK", keep_seconds=DAY), store)
    async with keeping.lifespan():
        yield network


def hung(network: Network, store: MemoryStore, key: str) -> str:
    name = f"inbox/stand/network/{key}"
    store.write(name, b"a picture", content_type="image/jpeg")
    return network.keep_upload(Media(key, MediaKind.PHOTO, "image/jpeg", name, 9, network.now(), "Grandma"))


async def test_a_restart_remembers_people_posts_files_and_what_the_bot_may_do(queue: Queue) -> None:
    store = MemoryStore()
    async with life(queue, store) as network:
        anna = network.account("cookie", "Anna")
        asked = network.publish(anna.id, "@colorisebot please", [hung(network, store, "photo")])
        answer = network.reply_as_bot("In colour", to=asked.id)
        gone = network.publish(anna.id, "a slip")
        network.delete(gone.id)
        waiting = hung(network, store, "not-yet-posted")
        posts, people = dict(network.posts), dict(network.people)
    async with life(queue, store) as again:
        assert again.posts == posts
        assert list(again.posts) == [asked.id, answer.id]
        assert again.people == people
        assert again.account("cookie", "Anna") == anna
        assert again.bot == network.bot
        assert again.uploads[waiting].alt_text == "Grandma"
        assert again.reply_as_bot("Once more", to=asked.id, media=[waiting]).media[0].key == waiting


async def test_what_is_deleted_or_forgotten_leaves_book_and_store() -> None:
    queue, store = MemoryQueue(), MemoryStore()
    network = Network()
    now = network.now()
    network.now = lambda: now
    async with life(queue, store, network):
        anna = network.account("cookie", "Anna")
        deleted = network.publish(anna.id, "one", [hung(network, store, "one")])
        network.publish(anna.id, "two", [hung(network, store, "two")])
        hung(network, store, "three")
        network.delete(deleted.id)
        network.now = lambda: now + LIFE + timedelta(seconds=1)
        network.forget()
    assert list(store.list("inbox/")) == []
    book = await queue.records("STAND_NETWORK", keep_seconds=DAY)
    assert [record.key async for record in book.under("post")] == []
    assert [record.key async for record in book.under("upload")] == []


async def test_a_record_that_cannot_be_read_is_passed_over() -> None:
    queue, store = MemoryQueue(), MemoryStore()
    async with life(queue, store) as network:
        network.publish(network.account("cookie", "Anna").id, "hello")
    book = await queue.records("STAND_NETWORK", keep_seconds=DAY)
    await book.put("post.1", b"{}")
    await book.put("person.1", b"\xff")
    async with life(queue, store) as again:
        assert [entry.text for entry in again.posts.values()] == ["hello"]


class Away:
    """A book whose server is away until it is told otherwise."""

    def __init__(self, book: Records) -> None:
        self._book = book
        self.is_away = False
        self.refused = asyncio.Event()

    async def put(self, key: str, value: bytes) -> Record:
        if self.is_away:
            self.refused.set()
            msg = "the queue is away"
            raise Postponed(msg, after_seconds=1)
        return await self._book.put(key, value)

    def __getattr__(self, name: str) -> object:
        return getattr(self._book, name)


async def test_what_cannot_be_written_down_is_shown_and_written_later() -> None:
    queue, store = MemoryQueue(), MemoryStore()
    away = Away(await queue.records("STAND_NETWORK", keep_seconds=DAY))
    network = Network()
    keeping = NetworkKeeping(network, away, store)  # type: ignore[arg-type]
    async with keeping.lifespan():
        await keeping.written()
        away.is_away = True
        network.publish(network.account("cookie", "Anna").id, "hello")
        await asyncio.wait_for(away.refused.wait(), 60)
        assert [entry.text for entry in network.newest_first()] == ["hello"]
        away.is_away = False
    async with life(queue, store) as again:
        assert [entry.text for entry in again.posts.values()] == ["hello"]
