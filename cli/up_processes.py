"""Processes by number and start, so that none is mistaken for another: to find them again, and to end them."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOCK_SECONDS: Final = 10.0
"""By which two readings of a process's start may differ: they are counted from the system's own start, which moves when
its clock is set. No number is given again so soon."""

LONGEST_SECONDS: Final = 10.0
"""Until a killed process is gone: its last writes must have ended before another one opens the same files."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its number and its start: numbers are given again."""

    name: str
    pid: int
    started: float
    """Seconds since 1970."""
    address: str = ""

    def lives(self) -> bool:
        """Whether it is still there."""
        return self.find() is not None

    def find(self) -> psutil.Process | None:
        """The process itself; None where it is gone."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < CLOCK_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


def this_process(name: str) -> Process:
    """Ourselves."""
    return Process(name, os.getpid(), started_at(os.getpid()))


def started_at(pid: int) -> float:
    """When a process was started, in seconds since 1970; 0 where it has ended already."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def end_leftovers(programs: Sequence[Process]) -> list[str]:
    """Kill the programs that are still there of an `up` that is not, and wait until they are gone.

    On Linux the kernel has killed them already (`up_launch`); elsewhere they live until this.

    Returns:
        Names of those that were found.
    """
    found: list[str] = []
    processes: list[psutil.Process] = []
    for program in programs:
        process = program.find()
        if process is not None:
            found.append(program.name)
            with contextlib.suppress(psutil.Error):
                processes += [process, *process.children(recursive=True)]
                kill_group(program.pid)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=LONGEST_SECONDS)
    return found


def kill_group(pid: int) -> None:
    """Kill a program and all that it started, also after its own end; each program leads a group of its own."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS forbids it where only zombies are left
            os.killpg(pid, signal.SIGKILL)
    else:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            for one in [process, *process.children(recursive=True)]:
                one.kill()
