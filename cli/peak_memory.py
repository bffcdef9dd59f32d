"""The most memory a program has held."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = (
    "import sys; from cli.main import main; from cli.peak_memory import peak_memory;"
    "code = main(sys.argv[1:]); print(peak_memory()); sys.exit(code)"
)


def peak_memory() -> int:
    """Bytes that were resident at most in this process."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux's ru_maxrss counts what the parent held when it forked; the high-water mark of the memory map does not.
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def peak_memory_of(words: Sequence[str]) -> int:
    """Run `colorise` with these words in a process of its own; bytes that were resident at most.

    Raises:
        CalledProcessError: the command failed.
    """
    answer = subprocess.run([sys.executable, "-c", PROGRAM, *words], check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    return int(answer.stdout.split()[-1])
