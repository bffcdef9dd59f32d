"""The logs of the programs that `colorise up` runs: DATA/logs/NAME.log, and NAME.log.1 from before."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import re
    from pathlib import Path

LARGEST_BYTES: Final = 8 * 1024 * 1024
"""Of a log; with the one from before, twice as much a program."""

TAIL_BYTES: Final = 4096
LINE_LENGTH: Final = 300


def opened(log: Path) -> int:
    """Open a log to be handed to a program; what is written goes to its end, wherever that has moved to."""
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def begin(log: Path) -> None:
    """Put the log of last time aside."""
    with contextlib.suppress(FileNotFoundError):
        log.replace(_before(log))


def bound(log: Path, largest: int = LARGEST_BYTES) -> None:
    """Put what is in a log aside when it is too large.

    The program goes on writing to the same file, so it is copied and emptied; a line that is written between the two
    is lost.
    """
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > largest:
            shutil.copyfile(log, _before(log))
            _before(log).chmod(0o600)
            os.truncate(log, 0)


def says(log: Path, since: int, line: re.Pattern[str]) -> bool:
    """Whether such a line is among those written since the file had `since` bytes."""
    try:
        with log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(since if since <= end else 0)  # it was emptied meanwhile
            return any(line.search(said.decode(errors="replace")) for said in file)
    except FileNotFoundError:
        return False


def last_line(log: Path, since: int) -> str:
    """Last line that says anything, of those written since the file had `since` bytes; shortened where it is long."""
    try:
        with log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            start = since if since <= end else 0  # it was emptied meanwhile
            file.seek(max(start, end - TAIL_BYTES))
            lines = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return ""
    line = next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "")
    return line if len(line) <= LINE_LENGTH else line[: LINE_LENGTH - 1] + "…"


def _before(log: Path) -> Path:
    return log.with_name(f"{log.name}.1")
