"""A download that is not whole yet: it outlives a broken line and a killed program."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from typing import IO, TYPE_CHECKING, Self

from functions.errors import Postponed

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from functions.colorise.models.card import ModelFile


class BeingFetched(Postponed):
    """Another process is fetching the same file."""


class PartialFile:
    """`NAME.part` beside the file it will be, open and locked while the context lasts.

    Beside it, `NAME.etag` says which version of the file, at which address, the bytes are of.

    Args:
        target: the path of the whole file; its folder is made.
        file: what the whole file will be.

    Raises:
        BeingFetched: another process is writing it.
        OSError: it cannot be written.
    """

    def __init__(self, target: Path, file: ModelFile) -> None:
        self.file = file
        self._target = target
        self._path = target.with_name(f"{target.name}.part")
        self._etag_path = target.with_name(f"{target.name}.etag")
        target.parent.mkdir(parents=True, exist_ok=True)
        self._stream: IO[bytes] = self._path.open("a+b")
        try:
            _lock(self._stream, target)
            self.size = self._path.stat().st_size
            """Bytes that are here."""
            if self.size > file.bytes:
                self.discard()
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if not self.size:
            self._path.unlink(missing_ok=True)
            self._etag_path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Append bytes; a killed program loses none of them."""
        self._stream.write(chunk)
        self._stream.flush()
        self.size += len(chunk)

    def cut(self, size: int) -> None:
        """Keep the first `size` bytes."""
        self._stream.flush()
        self._stream.truncate(size)
        self.size = size

    def discard(self) -> None:
        """Forget all that came."""
        self.cut(0)
        self._etag_path.unlink(missing_ok=True)

    def etag(self, address: str) -> str:
        """The ETag under which the bytes came from this address; empty where it is unknown."""
        try:
            etag, _, origin = self._etag_path.read_text().partition("\n")
        except (OSError, UnicodeDecodeError):
            return ""
        return etag if origin == address else ""

    def remember_etag(self, address: str, etag: str) -> None:
        """Note the ETag for a later If-Range; weak ones promise no equal bytes (RFC 9110, section 13.1.5)."""
        if etag.startswith('"'):
            self._etag_path.write_text(f"{etag}\n{address}")
        else:
            self._etag_path.unlink(missing_ok=True)

    def sha256(self) -> str:
        """Hash what is on disk."""
        self._stream.flush()
        with self._path.open("rb") as whole:
            return hashlib.file_digest(whole, "sha256").hexdigest()

    def seal(self) -> None:
        """Give the whole file its own name."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        if sys.platform == "win32":
            self._stream.close()  # an open file cannot be renamed there
        with contextlib.suppress(FileNotFoundError):  # another process was as far, and sealed it
            self._path.replace(self._target)
        self._etag_path.unlink(missing_ok=True)


def _lock(stream: IO[bytes], target: Path) -> None:
    """Keep a second process from appending to the same file; where there are no locks, the hash finds out."""
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        msg = f"another colorise is fetching {target.name} right now"
        raise BeingFetched(msg, after_seconds=60.0) from error
    except OSError:  # some network file systems have no locks
        return
