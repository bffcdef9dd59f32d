"""Programs that compete for a lease in one book, over lines that can be cut, slowed down or frozen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.lease import Lease
from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.queues.memory_records import MemoryRecords
    from functions.queues.records import Record
    from tests.stepped_clock import SteppedClock


class Line:
    """A program's own line to a book that all share."""

    def __init__(self, book: MemoryRecords, clock: SteppedClock) -> None:
        self._book = book
        self._clock = clock
        self.cut = False
        """Neither questions nor answers get through."""
        self.deaf = False
        """What is to be changed is changed, but no answer to that gets through."""
        self.late_seconds = 0.0
        """That an answer takes."""
        self.slow_seconds = 0.0
        """That a question takes until it is understood."""
        self.going = asyncio.Event()
        """Not set, the program is frozen: it neither asks nor hears."""
        self.going.set()

    async def get(self, key: str) -> Record | None:
        await self._ask()
        found = await self._book.get(key)
        await self._hear()
        return found

    async def create(self, key: str, value: bytes) -> Record | None:
        await self._ask()
        return await self._answer(await self._book.create(key, value))

    async def replace(self, record: Record, value: bytes) -> Record | None:
        await self._ask()
        return await self._answer(await self._book.replace(record, value))

    async def put(self, key: str, value: bytes) -> Record:
        await self._ask()
        return await self._book.put(key, value)

    async def delete(self, key: str) -> None:
        await self._ask()
        await self._book.delete(key)

    def under(self, prefix: str) -> AsyncIterator[Record]:
        return self._book.under(prefix)

    async def _ask(self) -> None:
        if self.cut:
            msg = "the line is cut"
            raise Postponed(msg, after_seconds=1)
        if self.slow_seconds:
            await self._clock.sleep(self.slow_seconds)
        await self.going.wait()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self.going.wait()

    async def _answer(self, answer: Record | None) -> Record | None:
        await self._hear()
        if self.deaf:
            msg = "the answer is lost"
            raise Postponed(msg, after_seconds=1)
        return answer

    async def _hear(self) -> None:
        if self.late_seconds:
            await self._clock.sleep(self.late_seconds)
        await self.going.wait()
        if self.cut:
            msg = "the line is cut"
            raise Postponed(msg, after_seconds=1)


class Program:
    """Competes for the lease, and works while it has it."""

    def __init__(self, name: str, book: MemoryRecords, clock: SteppedClock) -> None:
        self.name = name
        self.line = Line(book, clock)
        self.lease = Lease(self.line, "lease", holder=name, now=clock.monotonic, sleep=self.line.sleep)
        self.terms: list[int] = []
        self.losses = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Leave in good order."""
        self.line.going.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def die(self) -> None:
        """Leave without a word."""
        self.line.cut = True
        await self.stop()

    async def _run(self) -> None:
        while True:
            async with self.lease.held() as term:
                self.terms.append(term)
                await self.lease.lost()
                self.losses += 1
