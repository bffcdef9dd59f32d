"""A lock between processes, held as long as a file is open: whoever dies lets it go."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Try to hold the lock that is this file, while the block runs; False where another process holds it.

    The file may be deleted by whoever holds it: the next one makes another.

    Raises:
        OSError: the file's folder cannot be made, or the file not be opened.
    """
    file = _opened(path)
    try:
        yield file is not None
    finally:
        if file is not None:
            os.close(file)


def _opened(path: Path) -> int | None:
    """The open and locked file; None where another process has it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _try_lock(file):
                os.close(file)
                return None
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        except FileNotFoundError:
            pass
        os.close(file)  # it was deleted between opening and locking: what we hold is nobody's any more


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
