"""All programs of `colorise up` together: started at once, kept alive, and stopped in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from typing import TYPE_CHECKING, Any, Final

from cli import up_logs
from cli.up_keeper import WATCH_SECONDS, Keeper
from cli.up_program import State, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cli.up_program import Death, Program
    from cli.up_telling import Teller

_log = logging.getLogger(__name__)

WORKER_SECONDS: Final = 2.5
"""For workers to end what they have in hand, or to give it back. What is killed then is given to another worker at the
next start."""

SERVER_SECONDS: Final = 1.9
"""For the servers, after them: NATS takes 0.1, SeaweedFS 1.5. Both lose nothing that they acknowledged when they are
killed. With the above it is less than the five seconds after which people press Ctrl-C again."""

SAME_SIGNAL_SECONDS: Final = 0.5
"""Within which a second signal is the first one again: a terminal sends it to all of a group, and `timeout` or `uv run`
pass on what they got."""


class Supervisor:
    """Runs programs until it is told to stop.

    Args:
        programs: to run.
        elsewhere: servers that are used and not run: name → address, and whether it is there.
        logs: folder of their logs.
        teller: hears of everything.
        record: writes down what runs; called whenever that changes, with whether all has been ready.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        elsewhere: Mapping[str, tuple[str, Callable[[], bool]]],
        logs: Path,
        teller: Teller,
        record: Callable[[Sequence[Status], bool], None],
    ) -> None:
        for program in programs:
            up_logs.begin(logs / f"{program.name}.log")
        self._keepers = [Keeper(program, logs / f"{program.name}.log", self) for program in programs]
        self._elsewhere = {name: there for name, (_, there) in elsewhere.items()}
        self._others = [Status(name, address, State.STARTING) for name, (address, _) in elsewhere.items()]
        self._teller = teller
        self._record = record
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._began = 0.0
        self._was_ready = False
        self._alone = False
        self._recorded: tuple[int | None, ...] = ()
        self._stopping_since = 0.0

    async def run(self, began: float) -> bool:
        """Run until a signal comes; whether everything was ready before.

        Args:
            began: on the monotonic clock; the time to ready is told from there.

        Raises:
            BrokenPipeError: nobody reads any more what is told; everything has been stopped.
        """
        self._listen()
        self._began = began
        work = [asyncio.create_task(keeper.keep()) for keeper in self._keepers]
        work += [asyncio.create_task(self._look_for(status)) for status in self._others]
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([stopped, *work], return_when=asyncio.FIRST_COMPLETED)
            for task in work:
                if task.done():
                    task.result()  # they work without end: a bug
        finally:
            await self._end([stopped, *work])
        if self._alone:
            raise BrokenPipeError
        return self._was_ready

    def changed(self, status: Status) -> None:
        """Hear from a keeper."""
        everything = self._statuses()
        now_ready = not self._was_ready and all(one.ready_once for one in everything)
        self._was_ready |= now_ready
        if not self._stop.is_set():  # what is being stopped may have to be found by the next one, if we are killed
            self._write()
        self._tell(lambda: self._teller.table(everything, status))
        if now_ready:
            self._tell(lambda: self._teller.ready(time.monotonic() - self._began))

    def died(self, death: Death) -> None:
        """Hear from a keeper."""
        self._tell(lambda: self._teller.died(death))

    def _tell(self, say: Callable[[], None]) -> None:
        """Say something, and stop where nobody reads it any more."""
        if self._alone:
            return
        try:
            say()
        except BrokenPipeError:
            self._alone = True
            self._stop.set()

    def _statuses(self) -> list[Status]:
        return [*self._others, *(keeper.status for keeper in self._keepers)]

    def _write(self) -> None:
        """Write down what runs, if it is not what was written last."""
        now = (*(keeper.status.pid for keeper in self._keepers), int(self._was_ready))
        if now == self._recorded:
            return
        self._recorded = now
        try:
            self._record([keeper.status for keeper in self._keepers], self._was_ready)
        except OSError as error:  # the disk is full, perhaps: no reason to stop what works
            _log.warning("cannot write down what runs: %s", error)

    async def _look_for(self, status: Status) -> None:
        """See that a server that is not ours is there, now and later."""
        there = self._elsewhere[status.name]
        while True:
            found = await asyncio.to_thread(there)
            state = State.ELSEWHERE if found else State.UNREADY
            if state is not status.state:
                status.state = state
                status.ready_once |= found
                self.changed(status)
            await asyncio.sleep(WATCH_SECONDS)

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
            if (number := getattr(signal, name, None)) is None:
                continue
            try:
                loop.add_signal_handler(number, self._asked)
            except NotImplementedError:  # on Windows
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._asked))

    def _asked(self) -> None:
        """Stop; asked again, stop at once."""
        if not self._stop.is_set():
            self._stopping_since = time.monotonic()
            self._stop.set()
        elif time.monotonic() - self._stopping_since > SAME_SIGNAL_SECONDS:
            self._hurry.set()

    async def _end(self, work: Sequence[asyncio.Task[Any]]) -> None:
        began = time.monotonic()
        self._stop.set()  # from here on, a signal asks to hurry
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        self._tell(self._teller.stopping)
        try:
            await self._stop_all([keeper for keeper in self._keepers if not keeper.program.is_server], WORKER_SECONDS)
        finally:
            await self._stop_all([keeper for keeper in self._keepers if keeper.program.is_server], SERVER_SECONDS)
        self._tell(lambda: self._teller.stopped(time.monotonic() - began))

    async def _stop_all(self, keepers: Sequence[Keeper], seconds: float) -> None:
        stopping = [asyncio.create_task(keeper.stop(seconds)) for keeper in keepers]
        hurry = asyncio.create_task(self._hurry.wait())
        everything = asyncio.gather(*stopping)
        ends: list[asyncio.Future[Any]] = [hurry, everything]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if self._hurry.is_set():
            for keeper in keepers:
                keeper.kill()
        hurry.cancel()
        await everything
