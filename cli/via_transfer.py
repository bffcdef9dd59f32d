"""Bringing sources into the store and results out of it; all of it blocks, and is called in threads."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias

from functions.errors import Rejected
from functions.stores.protocol import INBOX, KEPT_DAYS

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import WriteableBuffer

    from functions.stores.protocol import ObjectInfo, ObjectStore

STEP_BYTES: Final = 1 << 20
"""Read and written at once."""

STALE_AFTER: Final = timedelta(days=KEPT_DAYS[INBOX]) * 3 / 4
"""A source that was there already is brought anew when it is older: the store would delete it under the workers."""

Shown: TypeAlias = Callable[[int, int], None]
"""Takes the bytes that are done, and all of them."""


class Stopped(Exception):  # noqa: N818 - not wrong, but over
    """Nobody waits for this transfer any more."""


class Transfers:
    """Uploads and downloads of one run; use it from any thread.

    Args:
        store: they go to and come from.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End what is under way at its next step, by `Stopped`."""
        self._stopped.set()

    def bring(self, name: str, data: bytes, *, content_type: str) -> None:
        """Put bytes into the store, unless they are there: the name follows from them.

        Raises:
            Rejected: the store does not take them.
            Postponed: the store is out of reach, or full.
        """
        if not self._has(name, len(data)):
            self._store.write(name, data, content_type=content_type)

    def bring_file(self, name: str, file: Path, *, content_type: str, show: Shown) -> None:
        """Put a file's bytes into the store, a few at a time, unless they are there.

        Raises:
            Rejected: the store does not take them.
            Postponed: the store is out of reach, or full.
            OSError: the file cannot be read.
        """
        size = file.stat().st_size
        if not self._has(name, size):
            with file.open("rb") as opened, _Watched(opened, lambda done: self._step(done, size, show)) as watched:
                self._store.write(name, io.BufferedReader(watched, STEP_BYTES), content_type=content_type)

    def sha256_of(self, file: Path, *, show: Shown) -> str:
        """Read a file through.

        Raises:
            OSError: it cannot be read.
        """
        digest, done, size = hashlib.sha256(), 0, file.stat().st_size
        with file.open("rb") as opened:
            while part := opened.read(STEP_BYTES):
                digest.update(part)
                done += len(part)
                self._step(done, size, show)
        return digest.hexdigest()

    def forget(self, name: str) -> None:
        """Delete a source that is not what its name says.

        Raises:
            Postponed: the store is out of reach.
        """
        self._store.delete(name)

    def read(self, name: str) -> bytes:
        """Read a result whole.

        Raises:
            Rejected: it is gone ("missing-object").
            Postponed: the store is out of reach.
        """
        return self._store.read(name)

    def find(self, name: str) -> ObjectInfo:
        """What is known of an object that must be there.

        Raises:
            Rejected: it is not ("missing-object").
            Postponed: the store is out of reach.
        """
        found = self._store.find(name)
        if found is None:
            msg = f"the result is gone from the store ({name}): its time was over; run the same command again"
            raise Rejected(msg, code="missing-object")
        return found

    def fetch(self, found: ObjectInfo, target: BinaryIO, *, show: Shown) -> Callable[[], None]:
        """Give what copies an object to `target`; called again after a `Postponed`, it goes on where it was.

        What is given raises:
            Rejected: the object is gone, or has been replaced by another ("changed").
            Postponed: the store is out of reach.
            OSError: the target cannot be written to.
        """
        done = 0

        def go_on() -> None:
            nonlocal done
            if done and self.find(found.name) != found:
                msg = f"the result was replaced while it was fetched ({found.name}): run the same command again"
                raise Rejected(msg, code="changed")
            with self._store.open(found.name) as source:
                source.seek(done)
                while part := source.read(STEP_BYTES):
                    target.write(part)
                    done += len(part)
                    self._step(done, found.size, show)

        return go_on

    def _has(self, name: str, size: int) -> bool:
        found = self._store.find(name)
        return found is not None and found.size == size and datetime.now(UTC) - found.modified < STALE_AFTER

    def _step(self, done: int, size: int, show: Shown) -> None:
        if self._stopped.is_set():
            raise Stopped
        show(done, size)


class _Watched(io.RawIOBase):
    """A file that tells how far it has been read."""

    def __init__(self, file: BinaryIO, step: Callable[[int], None]) -> None:
        self._file = file
        self._step = step

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        part = self._file.read(memoryview(buffer).nbytes)
        memoryview(buffer)[: len(part)] = part
        self._step(self._file.tell())
        return len(part)
