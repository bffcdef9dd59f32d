"""The machine that measurements are taken on: what it is, how busy others keep it, and what a process has used of it.

Other programs may run meanwhile. Seconds on a core change little by that, seconds on the clock do; so costs are taken
in the former, and how long a runnable process waits for a core is measured beside them.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import psutil  # type: ignore[import-untyped]

from functions.environment import usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SPIN_SECONDS: Final = 4.0

HARDLY: Final = 0.02
"""Of the time on a core: every switch from one thread to another takes a moment."""

SPIN: Final = """\
import time
wall, own = time.perf_counter(), time.process_time()
while time.perf_counter() - wall < {seconds}:
    sum(range(1000))
print((time.process_time() - own) / (time.perf_counter() - wall))
"""


def cpu_seconds(pid: int) -> float:
    """Seconds on a core that a process has used since its start, with those of threads that have ended.

    On Linux to the nanosecond, from the clock that the kernel has for each process (clock_getcpuclockid(3) says how its
    number is made); elsewhere as psutil says, to about a hundredth of a second.

    Raises:
        OSError: there is no such process.
        psutil.Error: likewise.
    """
    if sys.platform == "linux":
        return time.clock_gettime((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


Threads: TypeAlias = "Mapping[int, Mapping[int, tuple[float, float]]]"
"""Process → thread → seconds since the thread's start: on a core, and runnable with no core free for it."""


def threads_of(pids: Iterable[int]) -> dict[int, dict[int, tuple[float, float]]]:
    """All threads of some processes that are there now; on Linux only, and none elsewhere."""
    found: dict[int, dict[int, tuple[float, float]]] = {}
    for pid in pids:
        threads = found[pid] = {}
        for stat in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                ran, waited, _ = stat.read_text().split()
            except OSError:  # the thread has just ended
                continue
            threads[int(stat.parent.name)] = int(ran) / 1e9, int(waited) / 1e9
    return found


def competition(before: Threads, after: Threads, seconds: float, *, cores: int) -> float:
    """How many busy processes of others shared the cores with ours between two looks.

    Of each process the thread that ran most counts; the others wake for moments, and wait many times as long as they
    run. It was on a core for the share s of the time in which it was runnable; with n of them runnable on average, and
    cores shared evenly, s = cores / (n + others). 0 where they hardly waited: others left cores free.
    """
    ran = waited = 0.0
    for pid, threads in after.items():
        spent = [
            (ran_now - ran_before, waited_now - waited_before)
            for thread, (ran_now, waited_now) in threads.items()
            for ran_before, waited_before in [before.get(pid, {}).get(thread, (0.0, 0.0))]
        ]
        busiest = max(spent, default=(0.0, 0.0))
        ran, waited = ran + busiest[0], waited + busiest[1]
    if waited <= HARDLY * ran or ran <= 0:
        return 0.0
    return max(0.0, cores * (ran + waited) / ran - (ran + waited) / seconds)


def spin(processes: int, seconds: float = SPIN_SECONDS) -> list[float]:
    """The share of a core that each of so many busy processes gets, for a moment: 1 on an idle machine."""
    command = [sys.executable, "-I", "-c", SPIN.format(seconds=seconds)]
    spinning = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]  # noqa: S603 - our own words
    return [float(one.communicate()[0]) for one in spinning]


def competition_of_spin(shares: Sequence[float], *, cores: int) -> float:
    """What `competition` says, from what `spin` found."""
    return max(0.0, cores * len(shares) / sum(shares) - len(shares))


def described() -> dict[str, Any]:
    """The machine, for whoever reads the figures later."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2] for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].strip() if names else model
    return {
        "processor": model,
        "cores": usable_cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def load() -> list[float]:
    """Load averages of 1, 5 and 15 minutes: runnable processes, our own among them."""
    return [round(one, 2) for one in os.getloadavg()]
