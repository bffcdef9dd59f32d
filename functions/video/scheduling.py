"""Takes back the real-time priority that an encoder gives itself."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TASKS: Final = Path("/proc/self/task")
"""A folder for each thread of the process; Linux alone has it."""


@contextlib.contextmanager
def usual_scheduling() -> Iterator[None]:
    """Leave the process's threads scheduled as they were before the block.

    SVT-AV1, where root runs it, makes the thread that opens it and all of its own real-time ones, of the highest
    priority (`SCHED_FIFO`, 99), and with them every thread and program that is started from there later on. Nothing
    else runs on their cores until they sleep; on two cores, a Go program of two such threads waits for itself for ever.
    """
    if sys.platform != "linux":
        yield
        return
    policy, param = os.sched_getscheduler(0), os.sched_getparam(0)
    already = _real_time()
    try:
        yield
    finally:
        for thread in _real_time() - already:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setscheduler(thread, policy, param)


def _real_time() -> set[int]:
    """Threads that the scheduler prefers to all usual ones; of this one alone where the others cannot be listed."""
    try:
        threads = [int(task.name) for task in TASKS.iterdir()]
    except OSError:  # confined, and then without the right to real-time priority either
        threads = [threading.get_native_id()]
    found = set()
    for thread in threads:
        with contextlib.suppress(ProcessLookupError):
            if os.sched_getscheduler(thread) in {os.SCHED_FIFO, os.SCHED_RR}:
                found.add(thread)
    return found
