"""Claims about who calls next: nobody is overtaken by an order that came later, and no room stays empty."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from functions.connector.line import Line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LONG = 3600.0
"""Seconds of a pause that no test waits for."""


class Waiters:
    """Orders that wait in a line, and those that were let go, in turn."""

    def __init__(self) -> None:
        self.line = Line()
        self.gone: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, name: str, *, rank: int = 0, seconds: float = LONG) -> None:
        """Have one stand in line."""
        place = self.line.place(rank)
        self._tasks.add(asyncio.create_task(self._wait(name, self.line.wait(place, seconds=seconds))))
        await asyncio.sleep(0)  # it begins
        await asyncio.sleep(0)  # and has the lock, which nobody else holds for longer

    async def _wait(self, name: str, waiting: object) -> None:
        await waiting  # type: ignore[misc]
        self.gone.put_nowait(name)

    async def next(self) -> str:
        """Who is let go next."""
        async with asyncio.timeout(60):
            return await self.gone.get()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def waiters() -> AsyncIterator[Waiters]:
    waiters = Waiters()
    yield waiters
    await waiters.end()


async def test_each_call_that_ends_lets_one_go_the_first_who_came(waiters: Waiters) -> None:
    for name in ("a", "b", "c"):
        await waiters.add(name)
    for name in ("a", "b", "c"):
        await waiters.line.ended()
        assert await waiters.next() == name
        assert waiters.gone.empty()
    assert waiters.line.empty


async def test_several_calls_that_end_at_once_let_as_many_go(waiters: Waiters) -> None:
    for name in ("a", "b", "c"):
        await waiters.add(name)
    await waiters.line.ended()
    await waiters.line.ended()
    assert [await waiters.next(), await waiters.next()] == ["a", "b"]
    assert not waiters.line.empty


async def test_the_more_urgent_kind_goes_first_whenever_it_came(waiters: Waiters) -> None:
    await waiters.add("chunk", rank=1)
    await waiters.add("picture", rank=0)
    await waiters.line.ended()
    await waiters.line.ended()
    assert [await waiters.next(), await waiters.next()] == ["picture", "chunk"]


async def test_the_first_goes_after_its_pause_and_then_the_next_after_its_own(waiters: Waiters) -> None:
    await waiters.add("a", seconds=0.02)
    await waiters.add("b", seconds=0.01)
    await waiters.add("c")
    assert [await waiters.next(), await waiters.next()] == ["a", "b"]
    assert not waiters.line.empty


async def test_whoever_was_refused_again_keeps_its_place() -> None:
    line = Line()
    first, second = line.place(0), line.place(0)
    others = asyncio.create_task(line.wait(second, seconds=LONG))
    await asyncio.sleep(0)
    await line.wait(first, seconds=0)  # before the other, although it came to the line later
    again = asyncio.create_task(line.wait(first, seconds=LONG))
    await asyncio.sleep(0)
    await line.ended()
    async with asyncio.timeout(60):
        await again
    assert not others.done()
    others.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await others
    assert line.empty


async def test_room_that_nobody_waits_for_is_not_kept_for_later(waiters: Waiters) -> None:
    await waiters.line.ended()
    await waiters.add("a")
    await asyncio.sleep(0.02)
    assert waiters.gone.empty()


async def test_one_that_gives_up_is_in_nobody_s_way(waiters: Waiters) -> None:
    line = waiters.line
    first = asyncio.create_task(line.wait(line.place(0), seconds=LONG))
    await asyncio.sleep(0)
    await waiters.add("b", seconds=0.01)
    assert waiters.gone.empty()
    first.cancel()
    assert await waiters.next() == "b"


async def test_all_go_when_the_line_is_closed_and_nobody_waits_any_more(waiters: Waiters) -> None:
    for name in ("a", "b"):
        await waiters.add(name)
    await waiters.line.close()
    assert {await waiters.next(), await waiters.next()} == {"a", "b"}
    await waiters.add("late")
    assert await waiters.next() == "late"
