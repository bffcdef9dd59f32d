"""Sends on what follows from an order, and tells what became of it: workers and functions over HTTP alike."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from functions.queues.subjects import cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from functions.jobs import AnyOrder, AnyResult, Order
    from functions.outcome import Outcome

_Answer = TypeVar("_Answer")

Step: TypeAlias = "Callable[[], Awaitable[_Answer]]"
"""Something to be told to the queue; doing it twice is harmless."""

SENDING: Final = "sending"
SENT: Final = "sent"
"""Values of a claim on an order that is sent once."""

SIDE_BY_SIDE: Final = 64
"""Orders that are sent at once: a film has hundreds."""


class OrderSink(Protocol):
    """What is needed of a queue for it."""

    async def send(self, order: Order) -> bool:
        """Put an order into the queue; False: it was there already."""

    async def claim(self, key: str, value: str = "") -> bool:
        """Compare-and-set: True for the first who claims this key, False for all others."""

    async def claimed(self, key: str) -> str | None:
        """The value under which a key was claimed; None where it was not."""

    async def reclaim(self, key: str, value: str) -> None:
        """Change the value of a claim."""

    async def tell(self, result: AnyResult) -> None:
        """Publish a result."""


class Insist(Protocol):
    """Tells the queue something, as stubbornly as whoever has the order in hand wants to be."""

    async def __call__(self, step: Step[_Answer], /) -> _Answer:
        """Take the step."""


async def once(step: Step[_Answer], /) -> _Answer:
    """Take a step without insisting."""
    return await step()


async def pass_on(outcome: Outcome, queue: OrderSink, insist: Insist = once) -> None:
    """Send the orders of an outcome, then tell its results. Doing it again after a failure is harmless.

    Nothing is sent for a job that was cancelled meanwhile.

    Raises:
        Postponed: the queue is out of reach; what was sent stays so.
    """
    orders, once_only = outcome.orders, outcome.once
    for job_id in {order.job_id for order in (*orders, *once_only)}:
        if await insist(partial(queue.claimed, cancelled(job_id))) is not None:
            orders, once_only = (
                tuple(order for order in some if order.job_id != job_id) for some in (orders, once_only)
            )
    for first in range(0, len(orders), SIDE_BY_SIDE):
        await asyncio.gather(*(insist(partial(queue.send, order)) for order in orders[first : first + SIDE_BY_SIDE]))
    for order in once_only:
        await insist(partial(_send_once, queue, order))
    for result in outcome.results:
        await insist(partial(queue.tell, result))


async def _send_once(queue: OrderSink, order: AnyOrder) -> None:
    """Send an order that many want to send, some of them days later.

    Whoever finds it claimed but not sent sends it too, since the one who claimed it may have died before sending: the
    queue knows its `message_id`, and carrying it out twice has the effect of once.
    """
    first = await queue.claim(order.message_id, SENDING)
    if not first and await queue.claimed(order.message_id) == SENT:
        return
    await queue.send(order)
    await queue.reclaim(order.message_id, SENT)
