"""Books of records on a NATS server that dies or whose answers are lost, and what other clients see of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from nats.aio.client import Client

from functions.errors import Postponed, Rejected
from functions.queues.jetstream import NatsQueue
from functions.queues.jetstream_layout import bucket
from functions.queues.records import Record
from tests.cut_wire import cut_wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from functions.queues.records import Records
    from tests.cut_wire import CutWire
    from tests.nats_server import NatsServer


@contextlib.asynccontextmanager
async def opened(url: str, *, answer_seconds: float = 60) -> AsyncIterator[Records]:
    queue = await NatsQueue.open([url], answer_seconds=answer_seconds)
    try:
        yield await queue.records("BOT", keep_seconds=None)
    finally:
        await queue.close()


@contextlib.asynccontextmanager
async def client_of(server: NatsServer) -> AsyncIterator[Client]:
    client = Client()
    await client.connect(server.url)
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def others(server: NatsServer) -> AsyncIterator[Records]:
    """Another program at the same book, with a wire that nobody cuts."""
    async with opened(server.url) as records:
        yield records


@pytest.fixture
async def wire(server: NatsServer) -> AsyncIterator[CutWire]:
    async with cut_wire(server.port) as wire:
        yield wire


@pytest.fixture
async def ours(wire: CutWire) -> AsyncIterator[Records]:
    async with opened(wire.url) as records:
        yield records


async def until_changed(records: Records, since: Record | None) -> Record:
    async with asyncio.timeout(60):
        while True:
            found = await records.get("mention.1")
            if found is not None and found != since:
                return found
            await asyncio.sleep(0.01)


async def create(records: Records, _: Record | None) -> Record | None:
    return await records.create("mention.1", b"the same bytes")


async def replace(records: Records, was: Record | None) -> Record | None:
    assert was is not None
    return await records.replace(was, b"the same bytes")


async def put(records: Records, _: Record | None) -> Record | None:
    return await records.put("mention.1", b"the same bytes")


Write: TypeAlias = "Callable[[Records, Record | None], Coroutine[Any, Any, Record | None]]"


async def before(write: Write, records: Records) -> Record | None:
    """What is there before a write."""
    return None if write is create else await records.put("mention.1", b"before")


@pytest.mark.parametrize("write", [create, replace, put])
async def test_a_write_whose_answer_was_lost_is_known_for_one_s_own(
    wire: CutWire, ours: Records, others: Records, write: Write
) -> None:
    was = await before(write, others)
    wire.mute()
    writing = asyncio.create_task(write(ours, was))
    stored = await until_changed(others, was)
    wire.cut()
    assert await writing == stored
    assert await others.get("mention.1") == stored


@pytest.mark.parametrize("write", [create, replace])
async def test_nobody_is_told_no_who_may_have_written(
    wire: CutWire, ours: Records, others: Records, write: Write
) -> None:
    was = await before(write, others)
    wire.mute()
    writing = asyncio.create_task(write(ours, was))
    stored = await until_changed(others, was)
    overwritten = await others.replace(stored, b"the same bytes")
    wire.cut()
    with pytest.raises(Postponed, match="an answer was lost, and somebody has written since"):
        await writing
    assert await others.get("mention.1") == overwritten


@pytest.mark.parametrize("write", [create, replace])
async def test_nobody_takes_another_s_equal_bytes_for_their_own(
    wire: CutWire, ours: Records, others: Records, write: Write
) -> None:
    was = await before(write, others)
    wire.mute()
    stored = await write(others, was)
    writing = asyncio.create_task(write(ours, was))
    await asyncio.sleep(0.2)  # the server says no, and nobody hears it
    wire.cut()
    with pytest.raises(Postponed):
        await writing
    assert await write(ours, was) is None
    assert await ours.get("mention.1") == stored


@pytest.mark.parametrize("write", [create, replace, put])
async def test_what_is_written_during_a_short_outage_is_there_after_it(
    server: NatsServer, others: Records, write: Write
) -> None:
    was = await before(write, others)
    server.kill()
    writing = asyncio.create_task(write(others, was))
    await asyncio.sleep(0.2)
    server.start()
    written = await writing
    assert written is not None
    assert written == await others.get("mention.1")
    assert written.value == b"the same bytes"


async def test_fifty_tasks_count_to_fifty_while_the_server_dies(server: NatsServer, others: Records) -> None:
    """Each writes its own name, so that it knows whether it has counted when nobody else does."""

    async def count(name: str) -> None:
        while True:
            try:
                found = await others.get("counter")
                names = [] if found is None else json.loads(found.value)
                if name in names:
                    return
                value = json.dumps([*names, name]).encode()
                written = await (others.create("counter", value) if found is None else others.replace(found, value))
                if written is not None:
                    return
            except Postponed:
                continue

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(count(str(number)))
        for _ in range(2):
            await asyncio.sleep(0.05)
            server.kill()
            server.start()
    found = await others.get("counter")
    assert found is not None
    assert sorted(json.loads(found.value), key=int) == [str(number) for number in range(50)]


async def test_a_book_is_made_again_where_the_server_has_forgotten_it(server: NatsServer, others: Records) -> None:
    was = await others.put("mention.1", b"before")
    server.kill()
    server.lose_data()
    server.start()
    assert await others.get("mention.1") is None
    assert await others.replace(was, b"after") is None
    assert await others.create("mention.1", b"after") is not None


async def test_asking_without_a_server_is_put_off_and_says_what(server: NatsServer) -> None:
    async with opened(server.url, answer_seconds=0.3) as records:
        server.kill()
        record = Record("mention.1", b"", 1)
        for what, asking in {
            "look up mention.1": records.get("mention.1"),
            "create mention.1": records.create("mention.1", b""),
            "replace mention.1": records.replace(record, b""),
            "put mention.1": records.put("mention.1", b""),
            "delete mention.1": records.delete("mention.1"),
            "look for mention": anext(aiter(records.under("mention"))),
        }.items():
            with pytest.raises(Postponed, match=rf"cannot {what}: NATS at .* is out of reach"):
                await asking


async def test_what_is_too_large_is_refused(others: Records) -> None:
    with pytest.raises(Rejected, match="2000000 bytes are more than the queue takes"):
        await others.put("mention.1", bytes(2_000_000))


async def test_other_clients_read_and_write_the_same_bucket(server: NatsServer, others: Records) -> None:
    await others.put("mention.1", b"ours")
    async with client_of(server) as client:
        theirs = await client.jetstream().key_value("COLORISE_BOT")
        assert (await theirs.get("mention.1")).value == b"ours"
        await theirs.put("mention.1", b"theirs")
        found = await others.get("mention.1")
        assert found is not None
        assert found.value == b"theirs"


async def test_what_other_clients_deleted_is_gone_and_can_be_created_again(server: NatsServer, others: Records) -> None:
    for key in ("mention.1", "mention.2", "mention.3"):
        await others.put(key, b"ours")
    async with client_of(server) as client:
        theirs = await client.jetstream().key_value("COLORISE_BOT")
        await theirs.delete("mention.1")
        await theirs.purge("mention.3")
    assert await others.get("mention.1") is None
    assert await others.get("mention.3") is None
    assert [record.key async for record in others.under("mention")] == ["mention.2"]
    created = await others.create("mention.1", b"again")
    assert created is not None
    assert await others.get("mention.1") == created
    assert await others.create("mention.1", b"once more") is None


async def test_nothing_of_a_deleted_record_stays_on_the_server(server: NatsServer, others: Records) -> None:
    await others.put("mention.1", b"ours")
    await others.delete("mention.1")
    async with client_of(server) as client:
        info = json.loads((await client.request("$JS.API.STREAM.INFO.KV_COLORISE_BOT", timeout=60)).data)
    assert info["state"]["messages"] == 0


async def test_an_age_that_was_changed_reaches_the_server_and_stays_there(server: NatsServer) -> None:
    queue = await NatsQueue.open([server.url], answer_seconds=60)
    await queue.records("BOT", keep_seconds=3600)
    records = await queue.records("BOT", keep_seconds=60)
    server.kill()
    server.start()
    await records.get("mention.1")
    async with client_of(server) as client:
        info = json.loads((await client.request("$JS.API.STREAM.INFO.KV_COLORISE_BOT", timeout=60)).data)
    assert info["config"]["max_age"] == 60_000_000_000
    await queue.close()


@pytest.mark.parametrize("replicas", [None, 3])
def test_a_book_has_as_many_copies_as_everything_else(replicas: int | None) -> None:
    piece = bucket("COLORISE_BOT", keep_seconds=None, replicas=replicas)
    assert piece.config.get("num_replicas") == replicas
    assert piece.config["max_age"] == 0
