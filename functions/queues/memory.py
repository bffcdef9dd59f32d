"""A queue inside one process and one event loop: for tests, and for programs that are their own worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from functions.errors import Rejected
from functions.jobs import encoded, parse_result
from functions.queues.keeping import ACK_WAIT_SECONDS, CLAIMS_SECONDS, DEAD_SECONDS, RESULTS_SECONDS
from functions.queues.memory_orders import MemoryDeliveries, MemoryOrders
from functions.queues.memory_records import MemoryRecords
from functions.queues.protocol import KeptLetter
from functions.queues.subjects import cancelled, job_of, order_subject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from functions.jobs import AnyResult, DeadLetter, Order
    from functions.queues.protocol import Delivery, Depth
    from functions.queues.records import Records

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Told:
    number: int
    job_id: str
    data: bytes
    at: float


class MemoryQueue:
    """Keeps everything in memory, and everything is lost with it. Use it from one event loop only.

    Args:
        ack_wait_seconds: silence after which an order is given to somebody else.
        worker: the name under which failed tries are noted.
    """

    def __init__(self, *, ack_wait_seconds: float = ACK_WAIT_SECONDS, worker: str = "memory") -> None:
        self._orders = MemoryOrders(ack_wait_seconds=ack_wait_seconds, worker=worker, bury=self._bury)
        self._told: list[_Told] = []
        self._last_told = 0
        self._news = asyncio.Event()
        self._claims = MemoryRecords(keep_seconds=CLAIMS_SECONDS)
        self._books: dict[str, MemoryRecords] = {}
        self._dead: dict[int, DeadLetter] = {}
        self._last_dead = 0

    async def send(self, order: Order) -> bool:
        """Put an order into the queue; False where it was sent before."""
        return self._orders.put(order_subject(order), encoded(order), message_id=order.message_id)

    async def send_bytes(self, subject: str, data: bytes, *, message_id: str) -> bool:
        """Put into the queue what may be no order at all."""
        return self._orders.put(subject, data, message_id=message_id)

    async def tell(self, result: AnyResult) -> None:
        """Publish a result."""
        now = time.monotonic()
        while self._told and self._told[0].at < now - RESULTS_SECONDS:
            del self._told[0]
        self._last_told += 1
        self._told.append(_Told(self._last_told, result.job_id, encoded(result), now))
        self._news.set()
        self._news = asyncio.Event()

    @contextlib.asynccontextmanager
    async def deliveries(self, kinds: Sequence[str]) -> AsyncIterator[AsyncIterator[Delivery]]:
        """Orders of these kinds, one at a time."""
        deliveries = MemoryDeliveries(self._orders, kinds)
        try:
            yield deliveries
        finally:
            await deliveries.let_go()

    @contextlib.asynccontextmanager
    async def results(self, job_id: str | None = None) -> AsyncIterator[AsyncIterator[AnyResult]]:
        """Results of a job, from its first on, or of all jobs from now on."""
        yield self._results(job_id, after=self._last_told if job_id is None else 0)

    async def last_result(self, job_id: str) -> AnyResult | None:
        """What was told of a job last."""
        told = next((told for told in reversed(self._told) if told.job_id == job_id), None)
        if told is None:
            return None
        try:
            return parse_result(told.data)
        except Rejected as error:
            _log.warning("a result was skipped: %s", error.reason, extra={"job_id": told.job_id})
            return None

    async def cancel(self, job_id: str) -> int:
        """Take a job's orders out of the queue, and keep what is in hand from sending more."""
        await self.reclaim(cancelled(job_id), "")
        return self._orders.cancel(job_id)

    async def claim(self, key: str, value: str = "") -> bool:
        """Compare-and-set."""
        return await self._claims.create(key, value.encode()) is not None

    async def claimed(self, key: str) -> str | None:
        """The value under which a key was claimed."""
        found = await self._claims.get(key)
        return None if found is None else found.value.decode()

    async def reclaim(self, key: str, value: str) -> None:
        """Change the value of a claim."""
        await self._claims.put(key, value.encode())

    async def records(self, name: str, *, keep_seconds: float | None) -> Records:
        """Open a book of records: the same for the same name, for as long as this queue lives."""
        book = self._books.setdefault(name, MemoryRecords(keep_seconds=keep_seconds))
        book.keep_seconds = keep_seconds
        return book

    async def depths(self) -> dict[str, Depth]:
        """Kind of order → how much there is of it; what waits for its next try counts as in hand, as in NATS."""
        return self._orders.depths()

    async def oldest(self) -> dict[str, datetime]:
        """Kind of order → when the one that has waited longest was sent, of those that nobody has been given yet."""
        return self._orders.oldest()

    async def orders(self, job_id: str | None = None) -> AsyncIterator[tuple[str, bytes]]:
        """Subject and bytes of orders that are in the queue."""
        for subject, data in self._orders:
            if job_id in (None, job_of(subject)):
                yield subject, data

    async def dead_letters(self) -> AsyncIterator[KeptLetter]:
        """All of them, oldest first."""
        for number, letter in self._kept().items():
            yield KeptLetter(number, letter)

    async def retry(self, number: int) -> bool:
        """Put a dead letter's order into the queue again."""
        letter = self._kept().get(number)
        if letter is None:
            return False
        self._orders.put(letter.subject, letter.data.encode(), message_id=f"retry.{number}")
        self._dead.pop(number, None)
        return True

    async def purge_dead(self, number: int | None = None) -> int:
        """Delete a dead letter, or all of them."""
        gone = [kept for kept in self._kept() if number in (None, kept)]
        for kept in gone:
            del self._dead[kept]
        return len(gone)

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _results(self, job_id: str | None, *, after: int) -> AsyncIterator[AnyResult]:
        while True:
            news = self._news
            for told in [told for told in self._told if told.number > after]:
                after = told.number
                if job_id not in (None, told.job_id):
                    continue
                try:
                    result = parse_result(told.data)
                except Rejected as error:
                    _log.warning("a result was skipped: %s", error.reason, extra={"job_id": told.job_id})
                    continue
                yield result
            if news is self._news:
                await news.wait()

    def _bury(self, letter: DeadLetter) -> None:
        self._last_dead += 1
        self._dead[self._last_dead] = letter

    def _kept(self) -> dict[int, DeadLetter]:
        now = datetime.now(UTC)
        self._dead = {
            number: letter
            for number, letter in self._dead.items()
            if (now - letter.died_at).total_seconds() < DEAD_SECONDS
        }
        return self._dead
