"""The orders of a queue in memory: who has which in hand, and when one is given to somebody else."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from functions.jobs import Attempt, DeadLetter
from functions.queues.keeping import DUPLICATES_SECONDS, LETTING_GO
from functions.queues.protocol import Depth
from functions.queues.subjects import KINDS, job_of, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(slots=True, eq=False)
class _Entry:
    number: int
    subject: str
    data: bytes
    sent_at: datetime
    attempt: int = 0
    due: float = 0.0
    """On the monotonic clock: nobody is given it before."""
    history: list[Attempt] = field(default_factory=list)


class MemoryOrders:
    """Orders, in the order in which they came.

    Args:
        ack_wait_seconds: silence after which an order is given to somebody else.
        worker: the name under which failed tries are noted.
        bury: keeps a dead letter.
    """

    def __init__(self, *, ack_wait_seconds: float, worker: str, bury: Callable[[DeadLetter], None]) -> None:
        self.ack_wait_seconds = ack_wait_seconds
        self.worker = worker
        self.bury = bury
        self._entries: dict[int, _Entry] = {}
        self._known: dict[str, float] = {}
        self._last = 0
        self._news = asyncio.Event()

    def put(self, subject: str, data: bytes, *, message_id: str) -> bool:
        """Put bytes among them; False where `message_id` is known already."""
        now = time.monotonic()
        while self._known and (oldest := next(iter(self._known.items())))[1] < now - DUPLICATES_SECONDS:
            del self._known[oldest[0]]
        if message_id in self._known:
            return False
        self._known[message_id] = now
        self._last += 1
        self._entries[self._last] = _Entry(self._last, subject, data, datetime.now(UTC))
        self.ring()
        return True

    def take(self, kinds: Sequence[str]) -> MemoryDelivery | None:
        """The next order of these kinds, now in hand; None where nothing is due."""
        now = time.monotonic()
        due = [entry for entry in self._entries.values() if entry.due <= now and kind_of(entry.subject) in kinds]
        if not due:
            return None
        entry = min(due, key=lambda entry: kinds.index(kind_of(entry.subject)))  # the first of equals
        entry.attempt += 1
        entry.due = now + self.ack_wait_seconds
        return MemoryDelivery(self, entry)

    def cancel(self, job_id: str) -> int:
        """Take a job's orders out; how many."""
        gone = [entry.number for entry in self._entries.values() if job_of(entry.subject) == job_id]
        for number in gone:
            del self._entries[number]
        return len(gone)

    def depths(self) -> dict[str, Depth]:
        """Kind of order → how much there is of it."""
        counts = {kind: [0, 0] for kind in KINDS}
        for entry in self._entries.values():
            counts.setdefault(kind_of(entry.subject), [0, 0])[entry.attempt > 0] += 1
        return {kind: Depth(waiting, in_hand) for kind, (waiting, in_hand) in counts.items()}

    def oldest(self) -> dict[str, datetime]:
        """Kind of order → when the first was sent that nobody has been given yet."""
        found: dict[str, datetime] = {}
        for entry in self._entries.values():
            if not entry.attempt:
                found.setdefault(kind_of(entry.subject), entry.sent_at)
        return found

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Subject and bytes of all of them, as they are now."""
        return iter([(entry.subject, entry.data) for entry in self._entries.values()])

    def remove(self, number: int) -> None:
        """Take one out for good, if nobody has."""
        self._entries.pop(number, None)

    def ring(self) -> None:
        """Have all who wait for orders look again."""
        self._news.set()
        self._news = asyncio.Event()

    async def changed(self) -> None:
        """Wait until one is put or given back, or becomes due."""
        now = time.monotonic()
        soonest = min((entry.due for entry in self._entries.values() if entry.due > now), default=None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if soonest is None else soonest - now):
                await self._news.wait()


class MemoryDelivery:
    """An order in hand."""

    def __init__(self, orders: MemoryOrders, entry: _Entry) -> None:
        self._orders = orders
        self._entry = entry
        self._attempt = entry.attempt
        self._history = tuple(entry.history)
        self.settled = False
        """Whether somebody has said how it went."""

    @property
    def data(self) -> bytes:
        """The order as it was sent."""
        return self._entry.data

    @property
    def subject(self) -> str:
        """Such as `orders.colorise-image.JOB`."""
        return self._entry.subject

    @property
    def attempt(self) -> int:
        """1 for the first time."""
        return self._attempt

    @property
    def sent_at(self) -> datetime:
        """When it was put into the queue."""
        return self._entry.sent_at

    @property
    def history(self) -> Sequence[Attempt]:
        """Earlier tries that ended with `again`."""
        return self._history

    async def working(self) -> None:
        """Say that somebody is still at it."""
        if self._attempt == self._entry.attempt:
            self._entry.due = time.monotonic() + self._orders.ack_wait_seconds

    async def done(self) -> None:
        """It is carried out."""
        self.settled = True
        self._orders.remove(self._entry.number)

    async def again(self, reason: str, *, after_seconds: float) -> None:
        """Give it to somebody again after a while."""
        self.settled = True
        if self._attempt == self._entry.attempt:  # otherwise somebody else has it in hand
            self._entry.history.append(Attempt(at=datetime.now(UTC), worker=self._orders.worker, reason=reason))
            self._entry.due = time.monotonic() + after_seconds
            self._orders.ring()

    async def bury(self, reason: str, *, code: str) -> None:
        """Nobody can carry it out."""
        self._orders.bury(
            DeadLetter(
                subject=self.subject,
                data=self.data.decode(errors="replace"),
                job_id=job_of(self.subject),
                reason=reason,
                code=code,
                attempts=self.attempt,
                history=self._history,
                died_at=datetime.now(UTC),
            )
        )
        await self.done()


class MemoryDeliveries:
    """Waits for orders of some kinds."""

    def __init__(self, orders: MemoryOrders, kinds: Sequence[str]) -> None:
        self._orders = orders
        self._kinds = tuple(kinds)
        self._held: MemoryDelivery | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> MemoryDelivery:
        while (delivery := self._orders.take(self._kinds)) is None:
            await self._orders.changed()
        self._held = delivery
        return delivery

    async def let_go(self) -> None:
        """Give back what is in hand, so that somebody else has it at once."""
        if self._held is not None and not self._held.settled:
            await self._held.again(LETTING_GO, after_seconds=0)
