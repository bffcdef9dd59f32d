"""Where synchronous code meets waiting: an event loop in a thread of its own.

The command prints, draws its bars and hears Ctrl-C in its main thread; whatever waits for a queue or a store does so in
this loop, and goes on while a pager holds the main thread up.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Self, TypeVar

from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

STORE_CALLS: Final = 8
"""Uploads and downloads at a time: as many photographs are in memory at most, and a store nearby is kept busy."""

WAKE_SECONDS: Final = 0.5
"""Between looks of a thread that waits: a signal that comes just before it begins to wait would not be heard else."""

_Words = ParamSpec("_Words")
_Value = TypeVar("_Value")


class Bridge:
    """Runs coroutines for a thread that has no event loop. Use it as a context manager, from one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._calls = ThreadPoolExecutor(STORE_CALLS, thread_name_prefix="store")
        self._loop.set_default_executor(self._calls)
        self._thread = threading.Thread(target=self._loop.run_forever, name="bridge", daemon=True)

    def call(
        self, work: Callable[_Words, Coroutine[Any, Any, _Value]], *words: _Words.args, **named: _Words.kwargs
    ) -> _Value:
        """Run a coroutine function to its end and return or raise what it does.

        Raises:
            KeyboardInterrupt: while it waited. By then the coroutine was cancelled and has tidied up; whoever
                interrupts once more does not wait for that.
        """
        over: Future[_Value] = Future()
        started: list[asyncio.Task[_Value]] = []

        def start() -> None:
            task = self._loop.create_task(work(*words, **named))
            task.add_done_callback(lambda task: _tell(task, over))
            started.append(task)

        def stop() -> None:
            if started:
                started[0].cancel()
            else:
                _cancel(over)

        try:
            self._loop.call_soon_threadsafe(start)
            _wait_for(over)
            return over.result()
        except KeyboardInterrupt:
            self._loop.call_soon_threadsafe(stop)
            _wait_for(over)
            raise

    @contextlib.contextmanager
    def entered(self, manager: AbstractAsyncContextManager[_Value]) -> Iterator[_Value]:
        """Hold an asynchronous context manager while the block runs; one task enters and leaves it.

        Raises:
            Exception: what entering or leaving it raises.
        """
        leave = asyncio.Event()
        inside: Future[_Value] = Future()
        holder = self.call(_begun, manager, inside, leave)
        try:
            yield self.call(_inside, holder, inside)
        finally:
            self.call(_ended, holder, leave, has_entered=inside.done() and not inside.cancelled())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.call(_without_others)
        self._calls.shutdown(wait=False, cancel_futures=True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _wait_for(over: Future[Any]) -> None:
    while not wait([over], WAKE_SECONDS).done:
        pass


def _tell(task: asyncio.Task[_Value], over: Future[_Value]) -> None:
    """Say how a task ended; one that is cancelled before it has begun runs no line of its own."""
    if task.cancelled():
        _cancel(over)
        return
    error = task.exception()
    if error is None:
        over.set_result(task.result())
    else:
        over.set_exception(error)


def _cancel(over: Future[Any]) -> None:
    """Let nobody wait any more."""
    if over.cancel():
        over.set_running_or_notify_cancel()


async def _begun(
    manager: AbstractAsyncContextManager[_Value], inside: Future[_Value], leave: asyncio.Event
) -> asyncio.Task[None]:
    return asyncio.create_task(_held(manager, inside, leave))


async def _held(manager: AbstractAsyncContextManager[_Value], inside: Future[_Value], leave: asyncio.Event) -> None:
    async with manager as value:
        inside.set_result(value)
        await leave.wait()


async def _inside(holder: asyncio.Task[None], inside: Future[_Value]) -> _Value:
    """Wait until the holder has entered; where it cannot, raise what it raised."""
    entered = asyncio.wrap_future(inside)
    both: list[asyncio.Future[Any]] = [holder, entered]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if not entered.done():
        entered.cancel()
        await holder
    return await entered


async def _ended(holder: asyncio.Task[None], leave: asyncio.Event, *, has_entered: bool) -> None:
    """Let the holder leave and raise what that raises; one that has not entered is cancelled."""
    leave.set()
    if has_entered:
        await holder
    else:
        await end([holder])


async def _without_others() -> None:
    """Cancel what still runs, and wait for its end."""
    await end(asyncio.all_tasks() - {asyncio.current_task()})
