"""A worker in a process of its own, whose handler does what the job's name says: to be killed, and to be measured.

Run it with `python -m tests.stub_worker URL ACK_WAIT_SECONDS SLOTS`; it says `ready`, and the name of each job before
it begins with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from functions.jobs import ImageColorised
from functions.outcome import Outcome
from functions.queues.jetstream import NatsQueue
from functions.worker import Tries, work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.jobs import ColoriseImage

ROOT = Path(__file__).parent.parent


def colorise(order: ColoriseImage) -> Outcome:
    """Colour nothing; `kill-…` kills the process, `hang-…` takes a minute."""
    task = order.job_id.partition("-")[0]
    if task in {"kill", "hang"}:
        sys.stdout.write(f"{order.job_id}\n")
        sys.stdout.flush()
    if task == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "hang":
        time.sleep(60)
    done = ImageColorised(
        job_id=order.job_id,
        trace_id=order.trace_id,
        target=order.target,
        picture_kind="jpeg",
        width=1,
        height=1,
        verdict="grey",
        seconds=0,
    )
    return Outcome(results=(done,))


async def main(url: str, ack_wait_seconds: float, slots: int) -> None:
    """Work until SIGTERM."""
    queue = await NatsQueue.open([url], ack_wait_seconds=ack_wait_seconds)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await work(
        queue,
        {"colorise-image": colorise},
        stop=stop,
        slots=slots,
        heartbeat_seconds=ack_wait_seconds / 3,
        tries=Tries(silences=2),
    )
    await queue.close()


@contextlib.contextmanager
def stub_worker(url: str, *, ack_wait_seconds: float = 1, slots: int = 1) -> Iterator[subprocess.Popen[str]]:
    """Run one while the context lasts; its output is read line by line."""
    arguments = [sys.executable, "-m", "tests.stub_worker", url, str(ack_wait_seconds), str(slots)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
