"""What is in a queue, looked at for its operator; nothing is taken out of it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from functions.errors import Rejected
from functions.jobs import ColoriseChunk, ColoriseImage, SplitVideo, parse_order
from functions.queues.protocol import Depth
from functions.queues.subjects import job_of, kind_of

if TYPE_CHECKING:
    from datetime import datetime

    from functions.jobs import AnyOrder, AnyResult
    from functions.queues.protocol import KeptLetter, Queue

SILENCE_SECONDS: Final = 1.0
"""After which no more results of a job are expected: those that were told come at once, one after another."""


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job's orders of one kind that are in the queue, waiting or in hand."""

    job_id: str
    kind: str
    orders: int
    """How many; of a film as many as chunks are left."""
    asked_at: datetime | None
    """When the job was asked for; None where its orders cannot be read."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The queue at a glance."""

    jobs: tuple[QueuedJob, ...]
    """Oldest first."""
    depths: dict[str, Depth]


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order of a job."""

    kind: str
    subject: str
    about: str
    """What it is about, for people."""
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownJob:
    """All that is known of a job."""

    job_id: str
    orders: tuple[KnownOrder, ...]
    results: tuple[AnyResult, ...]
    letters: tuple[KeptLetter, ...]

    @property
    def is_known(self) -> bool:
        """Whether there is any trace of it."""
        return bool(self.orders or self.results or self.letters)


async def listing(queue: Queue) -> Listing:
    """Look at all orders.

    Raises:
        Postponed: the queue does not answer.
    """
    found: dict[tuple[str, str], QueuedJob] = {}
    async for subject, data in queue.orders():
        job_id, kind, asked_at = job_of(subject) or "?", kind_of(subject), _asked_at(data)
        before = found.get((job_id, kind))
        found[job_id, kind] = QueuedJob(
            job_id,
            kind,
            1 if before is None else before.orders + 1,
            asked_at if before is None or before.asked_at is None else before.asked_at,
        )
    depths = await queue.depths()
    for job in found.values():  # a kind that no worker has ever asked for is not counted
        if job.kind not in depths:
            depths[job.kind] = Depth(sum(other.orders for other in found.values() if other.kind == job.kind), 0)
    return Listing(tuple(found.values()), depths)


async def known_job(queue: Queue, job_id: str, *, silence_seconds: float = SILENCE_SECONDS) -> KnownJob:
    """Gather what is known of a job.

    Args:
        queue: that it was sent to.
        job_id: its name.
        silence_seconds: after which no more results are expected.

    Raises:
        Postponed: the queue does not answer.
    """
    orders = [_known(subject, data) async for subject, data in queue.orders(job_id)]
    results: list[AnyResult] = []
    async with queue.results(job_id) as told:
        with contextlib.suppress(TimeoutError):
            while not (results and results[-1].final):
                async with asyncio.timeout(silence_seconds):
                    results.append(await anext(told))
    letters = [kept for kept in await dead_letters(queue) if kept.letter.job_id == job_id]
    return KnownJob(job_id, tuple(orders), tuple(results), tuple(letters))


async def dead_letters(queue: Queue) -> list[KeptLetter]:
    """All dead letters, oldest first.

    Raises:
        Postponed: the queue does not answer.
    """
    return [kept async for kept in queue.dead_letters()]


def _known(subject: str, data: bytes) -> KnownOrder:
    order = _readable(data)
    return KnownOrder(
        kind=kind_of(subject),
        subject=subject,
        about="cannot be read" if order is None else _about(order),
        asked_at=None if order is None else order.asked_at,
    )


def _about(order: AnyOrder) -> str:
    if isinstance(order, ColoriseImage | SplitVideo):
        return f"{order.source} → {order.target}"
    if isinstance(order, ColoriseChunk):
        return f"chunk {order.chunk} of {order.plan}"
    return order.plan


def _asked_at(data: bytes) -> datetime | None:
    order = _readable(data)
    return None if order is None else order.asked_at


def _readable(data: bytes) -> AnyOrder | None:
    """An order, unless it is of another version or damaged: an operator wants to see those as well."""
    try:
        return parse_order(data)
    except Rejected:
        return None
