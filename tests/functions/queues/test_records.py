"""What every book of records promises: each sentence of `functions.queues.records`, for each kind of queue."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from functions.queues.records import Record

if TYPE_CHECKING:
    from functions.queues.jetstream import NatsQueue
    from functions.queues.memory import MemoryQueue
    from functions.queues.records import Records

    AnyQueue = MemoryQueue | NatsQueue


@pytest.fixture
async def records(queue: AnyQueue) -> Records:
    return await queue.records("BOT", keep_seconds=None)


async def keys(records: Records, prefix: str) -> list[str]:
    return [record.key async for record in records.under(prefix)]


async def test_there_is_nothing_under_a_key_that_nobody_has_written(records: Records) -> None:
    assert await records.get("mention.1") is None
    assert await keys(records, "mention") == []
    await records.delete("mention.1")


async def test_a_record_is_read_as_it_was_created(records: Records) -> None:
    created = await records.create("mention.1", b'{"state":"seen"}\x00\xff')
    assert created is not None
    assert (created.key, created.value) == ("mention.1", b'{"state":"seen"}\x00\xff')
    assert await records.get("mention.1") == created


async def test_a_value_may_be_empty(records: Records) -> None:
    created = await records.create("mention.1", b"")
    assert created is not None
    assert await records.get("mention.1") == created
    assert await records.create("mention.1", b"more") is None


async def test_only_the_first_creates_a_record(records: Records) -> None:
    created = await asyncio.gather(*(records.create("mention.1", b"the same bytes") for _ in range(10)))
    (first,) = [record for record in created if record is not None]
    assert await records.get("mention.1") == first


async def test_a_record_is_replaced_once_by_those_who_have_read_the_same(records: Records) -> None:
    created = await records.create("mention.1", b"old")
    assert created is not None
    replaced = await asyncio.gather(*(records.replace(created, b"the same bytes") for _ in range(10)))
    (first,) = [record for record in replaced if record is not None]
    assert first.revision > created.revision
    assert await records.get("mention.1") == first
    assert await records.replace(first, b"newer") is not None


async def test_changes_of_other_keys_do_not_stand_in_the_way(records: Records) -> None:
    mine = await records.create("mention.1", b"old")
    other = await records.create("mention.2", b"other")
    assert mine is not None
    assert other is not None
    assert other.revision > mine.revision
    replaced = await records.replace(mine, b"new")
    assert replaced is not None
    assert replaced.revision > other.revision
    assert await records.get("mention.2") == other


async def test_a_record_that_is_not_there_cannot_be_replaced(records: Records) -> None:
    assert await records.replace(Record("mention.1", b"old", 1), b"new") is None
    assert await records.get("mention.1") is None


async def test_whatever_is_there_can_be_written_over(records: Records) -> None:
    first = await records.put("mention.1", b"first")
    second = await records.put("mention.1", b"second")
    assert second.revision > first.revision
    assert await records.get("mention.1") == second
    assert await records.replace(first, b"third") is None


async def test_what_is_deleted_is_gone_and_can_be_created_again(records: Records) -> None:
    created = await records.create("mention.1", b"old")
    await records.put("mention.2", b"other")
    assert created is not None
    await records.delete("mention.1")
    assert await records.get("mention.1") is None
    assert await records.replace(created, b"new") is None
    assert await keys(records, "mention") == ["mention.2"]
    again = await records.create("mention.1", b"new")
    assert again is not None
    assert again.revision > created.revision
    assert await records.replace(created, b"newer") is None


async def test_fifty_tasks_count_to_fifty(records: Records) -> None:
    async def count() -> None:
        while True:
            found = await records.get("counter")
            if found is None:
                written = await records.create("counter", b"1")
            else:
                written = await records.replace(found, str(int(found.value) + 1).encode())
            if written is not None:
                return

    await asyncio.gather(*(count() for _ in range(50)))
    found = await records.get("counter")
    assert found is not None
    assert found.value == b"50"


async def test_records_under_a_prefix_come_in_the_order_of_their_last_change(records: Records) -> None:
    for key in ("mention.1", "mention.2", "mention.2.more", "mentions.3", "mention", "person.1"):
        await records.put(key, key.encode())
    await records.put("mention.1", b"changed")
    assert await keys(records, "mention") == ["mention.2", "mention.2.more", "mention.1"]
    assert await keys(records, "mention.2") == ["mention.2.more"]
    assert [record.value async for record in records.under("person")] == [b"person.1"]
    async for record in records.under("mention"):
        assert await records.get(record.key) == record


async def test_whoever_changes_all_that_it_sees_comes_to_an_end(records: Records) -> None:
    for number in range(20):
        await records.put(f"mention.{number}", b"old")
    seen = []
    async for record in records.under("mention"):
        seen.append(record.key)
        assert await records.replace(record, b"new") is not None
        await records.put(f"mention.new-{record.key}", b"new")
    assert seen == [f"mention.{number}" for number in range(20)]
    assert len(await keys(records, "mention")) == 40


async def test_what_nobody_changes_is_seen_once_while_others_write(records: Records) -> None:
    for number in range(50):
        await records.put(f"mention.still-{number}", b"")
        await records.put(f"mention.busy-{number}", b"0")
    stop = asyncio.Event()

    async def write() -> None:
        number = 0
        while not stop.is_set():
            await records.put(f"mention.busy-{number % 50}", b"1")
            await records.delete(f"mention.busy-{(number + 25) % 50}")
            number += 1
            await asyncio.sleep(0)

    writing = asyncio.create_task(write())
    seen = await keys(records, "mention")
    stop.set()
    await writing
    assert [key for key in seen if "still" in key] == [f"mention.still-{number}" for number in range(50)]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("key", ["", ".", "a..b", "https://example.org/1?a=b c", "straße", "a.b.", ">", "*", "a=b"])
async def test_a_key_may_be_any_text(records: Records, key: str) -> None:
    created = await records.create(key, b"mine")
    assert created is not None
    assert created.key == key
    assert await records.get(key) == created
    assert await records.create(key, b"other") is None
    assert await records.create(f"{key}x", b"other") is not None
    await records.delete(key)
    assert await records.get(key) is None
    assert await records.get(f"{key}x") is not None


@pytest.mark.parametrize("part", ["https://example.org/1?a=b c", "straße", ">", "*", "a=b", "=41", "@name@server"])
async def test_keys_of_odd_parts_are_found_under_odd_prefixes(records: Records, part: str) -> None:
    await records.put(f"person.{part}.seen", b"1")
    await records.put(f"person.{part}x.seen", b"2")
    await records.put(f"person.{part}", b"3")
    assert await keys(records, f"person.{part}") == [f"person.{part}.seen"]
    assert await keys(records, "person") == [f"person.{part}.seen", f"person.{part}x.seen", f"person.{part}"]


async def test_the_same_name_is_the_same_book_and_another_is_another(queue: AnyQueue, records: Records) -> None:
    await records.put("mention.1", b"here")
    again = await queue.records("BOT", keep_seconds=None)
    other = await queue.records("OTHER", keep_seconds=None)
    assert await again.get("mention.1") == await records.get("mention.1")
    assert await other.get("mention.1") is None
    assert await queue.claimed("mention.1") is None


async def test_a_record_goes_when_it_has_grown_old_and_not_before_its_last_change_has(queue: AnyQueue) -> None:
    records = await queue.records("BOT", keep_seconds=2)
    old = await records.create("mention.old", b"")
    await records.create("mention.kept", b"0")
    assert old is not None
    async with asyncio.timeout(60):
        while await records.get("mention.old") is not None:
            await records.put("mention.kept", b"1")
            await asyncio.sleep(0.05)
    assert await keys(records, "mention") == ["mention.kept"]
    assert await records.replace(old, b"") is None
    assert await records.create("mention.old", b"again") is not None


async def test_a_book_that_is_there_takes_on_another_age(queue: AnyQueue) -> None:
    records = await queue.records("BOT", keep_seconds=None)
    await records.put("mention.1", b"")
    await queue.records("BOT", keep_seconds=0.2)
    async with asyncio.timeout(60):
        while await records.get("mention.1") is not None:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.05)
    await queue.records("BOT", keep_seconds=None)
    await records.put("mention.2", b"")
    await asyncio.sleep(0.5)
    assert await keys(records, "mention") == ["mention.2"]
