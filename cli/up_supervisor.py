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
from functions.errors import Rejected
from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cli.up_beside import Beside
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


DRAIN_SECONDS: Final = 120.0
"""For a worker that is taken away while the others go on: enough for a chunk of a film. What it has not ended then is
given to another."""


class Supervisor:
    """Runs programs until it is told to stop; workers may come and go meanwhile.

    Args:
        programs: to run.
        elsewhere: servers that are used and not run: name → address, and whether it is there.
        logs: folder of their logs.
        teller: hears of everything.
        record: writes down what runs; called whenever that changes, with whether all has been ready.
        beside: whose programs are among them, and who hears of everything as well.
    """

    def __init__(  # noqa: PLR0913 - each has its own work
        self,
        programs: Sequence[Program],
        elsewhere: Mapping[str, tuple[str, Callable[[], bool]]],
        logs: Path,
        teller: Teller,
        record: Callable[[Sequence[Status], bool], None],
        *,
        beside: Beside | None = None,
    ) -> None:
        for program in programs:
            up_logs.begin(logs / f"{program.name}.log")
        self._logs = logs
        self._keepers = [Keeper(program, logs / f"{program.name}.log", self) for program in programs]
        self._keeping: dict[str, asyncio.Task[None]] = {}
        self._draining: dict[str, asyncio.Task[None]] = {}
        self._bug: asyncio.Task[None] | None = None
        self._elsewhere = {name: there for name, (_, there) in elsewhere.items()}
        self._others = [
            Status(name, address, is_server=True, is_worker=False) for name, (address, _) in elsewhere.items()
        ]
        self._teller = teller if beside is None else beside.telling(teller, self.stop)
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
        for keeper in self._keepers:
            self._begin(keeper)
        looking = [self._watched(asyncio.create_task(self._look_for(status))) for status in self._others]
        try:
            await self._stop.wait()
            if self._bug is not None:
                self._bug.result()
        finally:
            await self._end([*looking, *self._keeping.values(), *self._draining.values()])
        if self._alone:
            raise BrokenPipeError
        return self._was_ready

    def stop(self) -> None:
        """End everything, as after a signal."""
        self._asked()

    @property
    def was_ready(self) -> bool:
        """Whether everything has been ready once."""
        return self._was_ready

    @property
    def is_stopping(self) -> bool:
        """Whether it has been told to stop."""
        return self._stop.is_set()

    def statuses(self) -> list[Status]:
        """How all programs are, those elsewhere first."""
        return [*self._others, *(keeper.status for keeper in self._keepers)]

    def add(self, program: Program) -> Status:
        """Run one more program from now on, as well kept as the others.

        Raises:
            Rejected: everything is being stopped ("stopping").
        """
        if self._stop.is_set():
            msg = "colorise up is stopping: nothing is started any more"
            raise Rejected(msg, code="stopping")
        log = self._logs / f"{program.name}.log"
        up_logs.begin(log)
        keeper = Keeper(program, log, self)
        self._keepers.append(keeper)
        self._begin(keeper)
        return keeper.status

    def remove(self, name: str) -> Status:
        """Take a program away: from now on it takes no work, and it is gone when it has ended what it has in hand.

        Raises:
            Rejected: there is none of this name ("no-such-program").
        """
        keeper = self._named(name)
        if name not in self._draining and not self._stop.is_set():
            self._draining[name] = self._watched(asyncio.create_task(self._drain(keeper)))
        return keeper.status

    def kill(self, name: str) -> Status:
        """End a program as a crash would; it is started again.

        Raises:
            Rejected: there is none of this name ("no-such-program"), or it does not run now ("not-running").
        """
        keeper = self._named(name)
        if keeper.status.pid is None:
            msg = f"{name} does not run now: it is {keeper.status.state}"
            raise Rejected(msg, code="not-running")
        keeper.kill()
        return keeper.status

    def changed(self, status: Status) -> None:
        """Hear from a keeper."""
        if status.state is State.STOPPED and not self._stop.is_set():  # it was taken away
            self._keepers = [keeper for keeper in self._keepers if keeper.status is not status]
        everything = self.statuses()
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

    def _begin(self, keeper: Keeper) -> None:
        self._keeping[keeper.program.name] = self._watched(asyncio.create_task(keeper.keep()))

    def _watched(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        """Stop everything where a task that is ours breaks."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                self._bug = task
                self._stop.set()

        task.add_done_callback(ended)
        return task

    async def _drain(self, keeper: Keeper) -> None:
        name = keeper.program.name
        keeping = self._keeping.pop(name)
        await end([keeping])
        await keeper.stop(DRAIN_SECONDS)
        del self._draining[name]

    def _named(self, name: str) -> Keeper:
        found = next((keeper for keeper in self._keepers if keeper.program.name == name), None)
        if found is None:
            msg = f"there is no program {name}"
            raise Rejected(msg, code="no-such-program")
        return found

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
        await end(work)
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
