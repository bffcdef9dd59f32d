"""What the programs need of a queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from functions.jobs import AnyResult, Attempt, DeadLetter, Order
    from functions.queues.records import Records


@dataclass(frozen=True, slots=True)
class Depth:
    """How much there is of a kind of order."""

    waiting: int
    """Not given to anybody yet."""
    in_hand: int
    """Given to a worker that has not said how it went."""


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A dead letter and the number it is kept under."""

    number: int
    letter: DeadLetter


class Delivery(Protocol):
    """An order in hand. Whoever has it says how it went with exactly one of `done`, `again` and `bury`."""

    @property
    def data(self) -> bytes:
        """The order as it was sent."""

    @property
    def subject(self) -> str:
        """Such as `orders.colorise-image.JOB`."""

    @property
    def attempt(self) -> int:
        """1 for the first time that it is given to anybody."""

    @property
    def sent_at(self) -> datetime:
        """When it was put into the queue."""

    @property
    def history(self) -> Sequence[Attempt]:
        """Of earlier tries, those that ended with `again`; the others ended with a worker's death or silence."""

    async def working(self) -> None:
        """Say that somebody is still at it; otherwise it is given to somebody else after `ack_wait`."""

    async def done(self) -> None:
        """It is carried out, and gone for good when this returns."""

    async def again(self, reason: str, *, after_seconds: float) -> None:
        """Give it to somebody again after a while."""

    async def bury(self, reason: str, *, code: str) -> None:
        """Nobody can carry it out: it is among the dead letters when this returns, and in the queue no more."""


class Queue(Protocol):
    """Orders to carry out, results to read. Once opened it stays so: a lost server is looked for without end.

    Every method raises `Postponed` where the server does not answer in time.
    """

    async def send(self, order: Order) -> bool:
        """Put an order into the queue; it is on disk when this returns. False: it was there already (`message_id`)."""

    async def tell(self, result: AnyResult) -> None:
        """Publish a result; kept for a while, so that an asker who was away can read it."""

    def deliveries(self, kinds: Sequence[str]) -> AbstractAsyncContextManager[AsyncIterator[Delivery]]:
        """Orders of these kinds, one at a time: those of an earlier kind go before those of a later one.

        No further order is held while one is in hand. The iterator waits for orders for ever, over any outage; when
        the block is left, nothing is held any more.
        """

    def results(self, job_id: str | None = None) -> AbstractAsyncContextManager[AsyncIterator[AnyResult]]:
        """Results of a job, from its first on, or of all jobs from now on; without end.

        It listens when the block begins: what is told from then on is not missed, whatever dies meanwhile.
        """

    async def last_result(self, job_id: str) -> AnyResult | None:
        """What was told of a job last, as long as results are kept; None where nothing was, or it cannot be read."""

    async def cancel(self, job_id: str) -> int:
        """Take a job's orders out of the queue; those in hand are not stopped. Returns how many there were."""

    async def claim(self, key: str, value: str = "") -> bool:
        """Compare-and-set: True for the first who claims this key, False for all others, for days."""

    async def claimed(self, key: str) -> str | None:
        """The value under which a key was claimed; None where it was not."""

    async def reclaim(self, key: str, value: str) -> None:
        """Change the value of a claim."""

    async def records(self, name: str, *, keep_seconds: float | None) -> Records:
        """Open a book of records, and make it where there is none.

        Args:
            name: of capital letters, such as `BOT`; whoever gives the same name has the same book.
            keep_seconds: each record is kept for so long after its last change; None for ever. A book that is there
                takes it on.
        """

    async def depths(self) -> dict[str, Depth]:
        """Kind of order → how much there is of it."""

    async def oldest(self) -> dict[str, datetime]:
        """Kind of order → when the one that has waited longest was sent, of those that nobody has been given yet.

        Kinds of which none waits are left out.
        """

    def orders(self, job_id: str | None = None) -> AsyncIterator[tuple[str, bytes]]:
        """Subject and bytes of orders that are in the queue, as they were sent; nothing is taken out."""

    def dead_letters(self) -> AsyncIterator[KeptLetter]:
        """All of them, oldest first."""

    async def retry(self, number: int) -> bool:
        """Put a dead letter's order into the queue again, as a new one; False where there is no such letter."""

    async def purge_dead(self, number: int | None = None) -> int:
        """Delete a dead letter, or all of them; how many."""

    async def close(self) -> None:
        """Let go of the server, in less than two seconds; what was sent has arrived."""
