"""How a program hears that it is to stop, and how what it does then ends for certain."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Iterable

AGAIN_SECONDS: Final = 0.5
"""Until a task that goes on is cancelled once more: longer than it takes to tidy up where nothing is out of reach."""

PATIENCE_SECONDS: Final = 8.0
"""For a program that loses nothing by being killed to end in: whoever starts programs waits for ten, as a rule."""

THREADS_SECONDS: Final = 1.0
"""For what threads are doing at the end: a server that is there has answered by then."""

_Waited = TypeVar("_Waited")

log = logging.getLogger(__name__)


def told_to_stop(*, within_seconds: float | None = None) -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; the second of them ends the process.

    Call it in the event loop.

    Args:
        within_seconds: after the first signal, until the process is ended as by the second one, for a program that
            loses nothing by that; None waits for as long as it takes.
    """
    stop = asyncio.Event()

    def told() -> None:
        if stop.is_set():
            log.warning("ending at once: what is in hand is left to others")
            os._exit(1)
        log.info("stopping as told; again, to end at once")
        stop.set()
        if within_seconds is not None:
            late = threading.Timer(within_seconds, _end_late, (within_seconds,))
            late.daemon = True
            late.start()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows knows neither here: Ctrl-C ends the process
            loop.add_signal_handler(number, told)
    return stop


def _end_late(seconds: float) -> None:
    log.warning("ending at once: something has not ended in %g s", seconds)
    os._exit(1)


async def end(
    tasks: Iterable[asyncio.Future[Any]],
    *,
    again_seconds: float = AGAIN_SECONDS,
    before: Collection[asyncio.Task[Any]] | None = None,
) -> None:
    """Cancel tasks until they have ended, well or not; errors stay in them.

    Once is not enough: a task that is cancelled at the very moment in which what it waits for arrives may never hear
    of it (`asyncio.wait_for` before Python 3.12, which the client of NATS is made of). Whoever is cancelled in here
    leaves no task behind all the same: it hears of that when they have ended.

    Args:
        tasks: or whatever else waits in this event loop; what has ended already does not matter.
        again_seconds: until those that go on are cancelled once more, whatever they are tidying up.
        before: all tasks there were before these began. Then whatever has begun since is cancelled with those that go
            on, as work of theirs: an `asyncio.TaskGroup` passes on to its tasks only the first time that it is told.
    """
    left, hurry = {task for task in tasks if not task.done()}, None
    others: set[asyncio.Task[Any]] = set()
    while left:
        for task in left | others:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=again_seconds)
        except asyncio.CancelledError as error:
            hurry = error
        left = {task for task in left if not task.done()}
        if before is not None:
            others = asyncio.all_tasks() - {*before, asyncio.current_task()}
    if hurry is not None:
        raise hurry


async def side_by_side(*works: Coroutine[Any, Any, Any]) -> None:
    """Do several things at once until all are done; where one fails the others are ended, and its error is raised.

    An `asyncio.TaskGroup` cancels what it holds a single time, and so may wait without end (see `end`). Of several
    errors the first one is raised, and the others are logged.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        failed = next((task for task in tasks if task.done() and not task.cancelled() and task.exception()), None)
    finally:
        await end(tasks)
    for task in tasks:
        if task is not failed and not task.cancelled() and (error := task.exception()) is not None:
            log.error("something else failed as well", exc_info=error)
    if failed is not None:
        failed.result()


async def leaving_nothing(work: Coroutine[Any, Any, _Waited], *, threads: int | None = None) -> _Waited:
    """The same for all of a program: `asyncio.run` cancels what is left over a single time, and waits for its threads.

    Args:
        work: all of it.
        threads: that `asyncio.to_thread` has; None is what Python takes for good.
    """
    asyncio.get_running_loop().set_default_executor(_Threads(threads))
    try:
        return await work
    finally:
        await end(asyncio.all_tasks() - {asyncio.current_task()})


class _Threads(ThreadPoolExecutor):
    """Threads that nobody waits for at the end: what they ask may never be answered."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as its base
        """Have them end when they have done what they are doing."""
        del wait, cancel_futures
        super().shutdown(wait=False, cancel_futures=True)


def leave(code: int) -> NoReturn:
    """End this process, as `sys.exit` does, but for threads that are still busy after `THREADS_SECONDS`.

    Whatever those would have done is left undone, as it were if the process had been killed.
    """
    until = time.monotonic() + THREADS_SECONDS
    busy = [one for one in threading.enumerate() if one is not threading.current_thread() and not one.daemon]
    for thread in busy:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in busy):
        log.warning("ending although something does not answer: what was asked of it is left undone")
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


async def unless_stopped(waiting: Coroutine[Any, Any, _Waited], stop: asyncio.Event) -> _Waited | None:
    """What is waited for; None where it is told to stop before, and what was waited for has ended then.

    Raises:
        Exception: whatever went wrong with it.
    """
    task, stopping = asyncio.create_task(waiting), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end([task, stopping])
    return None if task.cancelled() else task.result()
