"""Ends a child that takes more than its order may cost."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from functions.sandbox.limits import MEGABYTE

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

LOOK_SECONDS: Final = 0.5
"""Between looks; a child is over its limits for no longer."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an order may cost."""

    core_seconds: float
    clock_seconds: float
    memory_bytes: int


class Watch:
    """Looks at a child while it has an order in hand.

    Core seconds and memory are known on Linux only; elsewhere the clock alone counts.

    Args:
        process: the child.
        look_seconds: between looks.
    """

    def __init__(self, process: subprocess.Popen[bytes], *, look_seconds: float = LOOK_SECONDS) -> None:
        self._process = process
        self._look_seconds = look_seconds
        self._begun = threading.Event()
        self._closed = False
        self._lock = threading.Lock()
        self._over: Callable[[], str | None] | None = None
        self.why: str | None = None
        """Why it was ended; None where it was not."""
        threading.Thread(target=self._run, name="sandbox watch", daemon=True).start()

    def begin(self, allowance: Allowance) -> None:
        """An order begins now."""
        clock, spent = time.monotonic(), core_seconds(self._process.pid)

        def over() -> str | None:
            if time.monotonic() - clock > allowance.clock_seconds:
                return f"it took longer than {allowance.clock_seconds:,.0f} s"
            if core_seconds(self._process.pid) - spent > allowance.core_seconds:
                return f"it took more than {allowance.core_seconds:,.0f} s of a core"
            if resident_bytes(self._process.pid) > allowance.memory_bytes:
                return too_much_memory(allowance.memory_bytes)
            return None

        with self._lock:
            self._over = over
        self._begun.set()

    def end(self) -> None:
        """The order is over."""
        with self._lock:
            self._over = None
        self._begun.clear()

    def close(self) -> None:
        """Watch no more."""
        self._closed = True
        self.end()
        self._begun.set()

    def _run(self) -> None:
        while self._begun.wait() and not self._closed:
            with self._lock:
                why = self._over() if self._over is not None else None
                if why is not None:
                    self.why, self._over = why, None
                    self._process.kill()
                    return
            time.sleep(self._look_seconds)


def too_much_memory(most: int) -> str:
    """What is said of an order that took more bytes than it may."""
    return f"it took more than {most // MEGABYTE:,} MB of memory"


def core_seconds(pid: int) -> float:
    """Seconds of cores that a process has used, with all its threads; 0 where that cannot be known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime: proc_pid_stat(5)


def resident_bytes(pid: int) -> int:
    """Memory that a process holds; 0 where that cannot be known."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
