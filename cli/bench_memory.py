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

LOOK_SECONDS: Final = 0.2
"""Between two looks: each process keeps its own high-water mark, so only one that comes and goes between is missed."""


def peak_memory_of_all(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `colorise` with these words; bytes that were resident at most in all its processes.

    The processes' own peaks are added, for those that live at the same time: at least what they held together, and
    more than the machine had to find, since they share libraries.

    Raises:
        Rejected: this system does not tell ("no-proc").
        CalledProcessError: the command failed.
    """
    if not Path("/proc/self/status").exists():
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
    parents, peaks = {}, {}
    for number, fields in _processes():
        parents[number] = int(fields["PPid"])
        peaks[number] = int(fields.get("VmHWM", "0 kB").split()[0]) * 1024
    family = {process}
    while grown := {number for number, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(peaks.get(number, 0) for number in family)


def _processes() -> Iterator[tuple[int, dict[str, str]]]:
    """Number and status of each process there is."""
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # ended meanwhile
            fields = (line.partition(":") for line in status.read_text().splitlines())
            yield int(status.parent.name), {name: text.strip() for name, _, text in fields}
