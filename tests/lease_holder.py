"""A program that competes for a lease: it says when it holds it and when it has lost it; told "stop", it leaves.

python -m tests.lease_holder URL NAME [EXPIRE_SECONDS]
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from bot.lease import Lease
from functions.queues.jetstream import NatsQueue

EXPIRE_SECONDS: Final = 2.0
"""Short, for tests that wait for it."""


async def main(url: str, name: str, expire_seconds: float) -> None:
    queue = await NatsQueue.open([url], wait_seconds=60)
    lease = Lease(
        await queue.records("BOT", keep_seconds=None),
        "lease",
        holder=name,
        renew_seconds=3 / 10 * expire_seconds,
        watch_seconds=expire_seconds / 10,
        expire_seconds=expire_seconds,
        margin_seconds=expire_seconds / 5,
    )
    stopping = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    say("begun")
    while not stopping.done():
        async with lease.held() as term:
            say(f"holds {term}")
            losing = asyncio.create_task(lease.lost())
            await asyncio.wait([stopping, losing], return_when=asyncio.FIRST_COMPLETED)
            say(f"ends {term} {lease.is_ours()}")
            losing.cancel()
    await queue.close()


def say(words: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]) if sys.argv[3:] else EXPIRE_SECONDS))
