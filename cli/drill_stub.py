"""Programs beside a drill: a worker that colours nothing, and a sender of many orders.

`python -m cli.drill_stub work SLOTS` carries out orders for pictures until SIGTERM; `python -m cli.drill_stub send MARK
COUNT SOURCE` orders a picture so many times. Both find the queue as all programs do, and say a line when they are ready
and when they are done.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from functions.jobs import ColoriseImage, ImageColorised
from functions.outcome import Outcome
from functions.queues.settings import QueueSettings, open_queue
from functions.stores.protocol import OUTBOX
from functions.worker import work

if TYPE_CHECKING:
    from collections.abc import Sequence

SIDE_BY_SIDE: Final = 64
"""Orders that are sent at once."""


def colour_nothing(order: ColoriseImage) -> Outcome:
    """Answer as if the picture were there."""
    answer = ImageColorised(
        job_id=order.job_id,
        trace_id=order.trace_id,
        target=order.target,
        picture_kind="jpeg",
        width=1,
        height=1,
        verdict="grey",
        seconds=0,
    )
    return Outcome((answer,))


async def carry_out(slots: int) -> None:
    """Work until SIGTERM."""
    queue = await open_queue(QueueSettings())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    _say("ready")
    await work(queue, {"colorise-image": colour_nothing}, stop=stop, slots=slots)
    await queue.close()


async def send(mark: str, count: int, source: str) -> None:
    """Send orders `MARK-0` to `MARK-{COUNT - 1}`."""
    queue = await open_queue(QueueSettings())
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            job_id = f"{mark}-{number}"
            order = ColoriseImage(
                job_id=job_id,
                trace_id=secrets.token_hex(16),
                asked_at=datetime.now(UTC),
                source=source,
                target=f"{OUTBOX}/{job_id}.jpg",
            )
            await queue.send(order)

    _say("ready")
    async with asyncio.TaskGroup() as group:
        for _ in range(SIDE_BY_SIDE):
            group.create_task(some())
    _say("sent")
    await queue.close()


def main(words: Sequence[str]) -> None:
    """Be one of the two."""
    if words[0] == "work":
        asyncio.run(carry_out(int(words[1])))
    else:
        asyncio.run(send(words[1], int(words[2]), words[3]))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
