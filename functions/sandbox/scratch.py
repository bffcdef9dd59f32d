"""A folder for the files that a child makes while it works: gone with it, even where nobody was left to delete it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import IO, Final

PREFIX: Final = "colorise-sandbox-"
"""Of the folders, in the one for temporary files."""

LOCK: Final = "lock"
FILES: Final = "files"
"""What is in one: a file that its owner holds locked for as long as it lives, and what the child may write to."""


class Scratch:
    """A folder of one child. Those that killed programs left behind are deleted when it is made."""

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self._folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.files = self._folder / FILES
        self.files.mkdir()
        self._lock = (self._folder / LOCK).open("wb")
        _is_free(self._lock)

    def delete(self) -> None:
        """Delete it, and all that is in it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.close()


def _sweep(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / LOCK).open("rb+") as lock:
            if _is_free(lock):
                shutil.rmtree(folder, ignore_errors=True)


def _is_free(lock: IO[bytes]) -> bool:
    """Lock a file unless somebody else has; whether that is so. Where there are no such locks, all are taken."""
    try:
        import fcntl  # noqa: PLC0415 - Windows has none

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True
