"""A `colorise up` of our own, in a folder of its own, and what its programs have used of the cores."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.up_address import find_running
from infra.capacity.measuring.machine import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.up_address import Running

STOP_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Up:
    """A pipeline that runs."""

    running: Running
    pids: Mapping[str, int]
    """Of its programs by name: `nats`, `s3`, `split`, `colorise-1` …"""

    def cpu_seconds(self) -> dict[str, float]:
        """What each program has used since its start."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}


@contextlib.contextmanager
def running_up(workers: int) -> Iterator[Up]:
    """Run `colorise up` with so many workers that colour, until the block ends.

    Raises:
        RuntimeError: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="colorise-capacity-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        words = ["-m", "cli", "up", "--data", str(data), "--workers", str(workers), "--json"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COLORISE_")}
        process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True, env=clean)  # noqa: S603 - our own words
        try:
            if process.stdout is None or not any(json.loads(line)["event"] == "ready" for line in process.stdout):
                msg = f"colorise up ended before it was ready; its logs were in {data}/logs"
                raise RuntimeError(msg)
            running = find_running(data)
            if running is None:
                msg = f"colorise up says that it is ready, and nothing runs on {data}"
                raise RuntimeError(msg)
            yield Up(running, {program.name: program.pid for program in running.programs})
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=STOP_SECONDS)
            process.kill()
            process.wait()


def used(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Seconds on a core between two looks: by `workers`, `split`, `store` and `queue`."""
    spent = {name: after[name] - before[name] for name in before}
    return {
        "workers": sum(seconds for name, seconds in spent.items() if name.startswith("colorise-")),
        "split": spent["split"],
        "store": spent["s3"],
        "queue": spent["nats"],
    }
