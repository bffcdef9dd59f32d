"""The most memory a command and the processes it starts have held together."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LOOK_SECONDS: Final = 0.1
"""Between two looks: a film's processes hold nearly the same for minutes."""


def peak_memory_of_all(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `colorise` with these words; bytes that were resident at most in all its processes together.

    Pages that several processes share, such as libraries, count once in all: Linux's proportional set size.

    Raises:
        Rejected: this system does not tell ("no-proc").
        CalledProcessError: the command failed.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        msg = "memory of several processes can be measured on Linux only: leave `--only memory` out"
        raise Rejected(msg, code="no-proc")
    command = [sys.executable, "-m", "cli", "--quiet", *words]
    peak = 0
    with subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own words
        while (code := _wait(process)) is None:
            peak = max(peak, _held_by(process.pid))
    if code:
        raise subprocess.CalledProcessError(code, command)
    return peak


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _held_by(process: int) -> int:
    """Bytes, of a process and all that came of it, as far as they live."""
    parents = dict(_parents())
    family = {process}
    while grown := {number for number, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(map(_share_of, family))


def _parents() -> Iterator[tuple[int, int]]:
    """Number of each process there is, and of the one that started it."""
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # ended meanwhile
            parent = next(line for line in status.read_text().splitlines() if line.startswith("PPid:"))
            yield int(status.parent.name), int(parent.split()[1])


def _share_of(process: int) -> int:
    """Bytes of a process; what it shares with others counts in part."""
    with suppress(OSError):  # ended meanwhile
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return 0
