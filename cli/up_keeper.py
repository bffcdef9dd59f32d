"""Keeping one program alive: it is started, watched, and started again whenever it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from cli import up_launch, up_logs
from cli.up_processes import kill_group, started_at
from cli.up_program import Death, State, Status

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Sequence

    from cli.up_program import Program

POLL_SECONDS: Final = 0.05
"""Between questions whether a program is ready."""

WATCH_SECONDS: Final = 2.0
"""Between questions whether it still is."""

STUCK_SECONDS: Final = 5.0
"""That a program may take to end which is stuck."""


class Listener(Protocol):
    """Who wants to hear of a program."""

    def changed(self, status: Status) -> None:
        """It is in another state."""

    def died(self, death: Death) -> None:
        """It has died, and is started again."""


@dataclass(slots=True)
class BackOff:
    """How long to wait before a program is started again: hardly at first, longer each time that it dies soon."""

    first_seconds: float = 0.1
    longest_seconds: float = 30.0
    calm_seconds: float = 30.0
    """A life so long clears what was before."""
    in_a_row: int = 0

    def after(self, lived_seconds: float) -> float:
        """Seconds to wait after a life that lasted so long."""
        self.in_a_row = 1 if lived_seconds >= self.calm_seconds else self.in_a_row + 1
        doublings = min(self.in_a_row - 1, 30)  # a number that 2 to its power fits anywhere
        return float(min(self.first_seconds * 2**doublings, self.longest_seconds))


class Keeper:
    """Keeps a program alive until it is told to stop it."""

    def __init__(self, program: Program, log: Path, listener: Listener) -> None:
        self.program = program
        self.status = Status(program.name, program.address, is_server=program.is_server, is_worker=program.is_worker)
        self._log = log
        self._listener = listener
        self._back_off = BackOff()
        self._process: Process | None = None
        self._said_before = 0  # bytes of the log that earlier lives wrote

    async def keep(self) -> None:
        """Run the program, again and again, until this is cancelled; the program lives on then, for `stop` to end."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            how = await self._live()
            pause = self._back_off.after(loop.time() - began)
            self.status.deaths, self.status.how = self.status.deaths + 1, how
            self._enter(State.WAITING)
            last = up_logs.last_line(self._log, self._said_before)
            self._listener.died(Death(self.program.name, how, self._back_off.in_a_row, pause, last, self._log))
            await asyncio.sleep(pause)
            self.status.restarts += 1

    async def stop(self, seconds: float) -> None:
        """End the program within `seconds`, and all that it started: kindly if there is time, and by force then.

        Where another call waits for the end already, this only shortens its patience.
        """
        process = self._process
        if process is not None and process.returncode is None:
            asked = self.status.state is State.STOPPING  # a worker that is told twice drops what it has in hand
            self._enter(State.STOPPING)
            await self._end(process, seconds, asked=asked)
        self._clear()
        self._enter(State.STOPPED)

    def kill(self) -> None:
        """End the program now, with all that it started, as a crash would: `keep` starts it again, `stop` is glad."""
        if self._process is not None and self._process.returncode is None:
            kill_group(self._process.pid)

    async def _live(self) -> str:
        """One life; how it ended."""
        try:
            self._process = process = await self._start()
        except OSError as error:
            return f"cannot be started ({error.strerror or error})"
        self.status.pid, self.status.started = process.pid, started_at(process.pid)
        self._enter(State.STARTING)
        ending, watching = asyncio.create_task(process.wait()), asyncio.create_task(self._watch())
        try:
            await asyncio.wait([ending, watching], return_when=asyncio.FIRST_COMPLETED)
            stuck = watching.done()
            if stuck:
                watching.result()
                await self._end(process, STUCK_SECONDS)
            code = await ending
        finally:
            ending.cancel()
            watching.cancel()
        kill_group(process.pid)
        if stuck:
            return "was stuck and had to be ended"
        return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"

    async def _start(self) -> Process:
        program = self.program
        self._clear()
        program.folder.mkdir(mode=0o700, parents=True)
        up_logs.bound(self._log)
        log = up_logs.opened(self._log)
        try:
            self._said_before = os.fstat(log).st_size
            return await asyncio.create_subprocess_exec(
                *bound_to_us(program.command),
                cwd=program.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **apart(),
            )
        finally:
            os.close(log)

    @staticmethod
    async def _end(process: Process, seconds: float, *, asked: bool = False) -> None:
        if not asked:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)
        kill_group(process.pid)
        await process.wait()

    async def _watch(self) -> None:
        """See how it is, until it is stuck and will fare better when it is started again."""
        stuck = False
        while not (stuck and self.program.may_go_on()):
            if not stuck and await asyncio.to_thread(self.program.is_ready):
                self._enter(State.READY)
            elif self.status.state is State.READY:
                self._enter(State.UNREADY)
            await asyncio.sleep(WATCH_SECONDS if stuck or self.status.state is State.READY else POLL_SECONDS)
            if not stuck and self.program.stuck_at is not None:
                stuck = up_logs.says(self._log, self._said_before, self.program.stuck_at)
            up_logs.bound(self._log)

    def _enter(self, state: State) -> None:
        if state in (State.WAITING, State.STOPPED):
            self.status.pid = None
        if state is not self.status.state or state is State.STARTING:
            self.status.state = state
            self.status.ready_once |= state is State.READY
            self._listener.changed(self.status)

    def _clear(self) -> None:
        """Take away what its last life has left."""
        shutil.rmtree(self.program.folder, ignore_errors=True)
        for path in self.program.litter:
            with contextlib.suppress(OSError):
                path.unlink()


def bound_to_us(command: Sequence[str]) -> list[str]:
    """The command, of a process that does not outlive this one, where the system can see to it."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", str(Path(up_launch.__file__)), str(os.getpid()), *command]


def apart() -> dict[str, Any]:
    """Let Ctrl-C on the terminal reach us alone: we stop the others in their order."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}
