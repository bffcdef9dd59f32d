"""Objects as files in a folder: for one machine, or several that share a file system."""

from __future__ import annotations

import io
import os
import re
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final

from functions.errors import Postponed, Rejected
from functions.stores import ranges
from functions.stores.names import checked
from functions.stores.protocol import KEPT_DAYS, ObjectInfo
from functions.stores.refusals import changed, missing, no_links, too_large
from functions.whole_file import PARTIAL, replacing, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COPY_BYTES: Final = 1 << 20
"""Of a stream, held at once."""

LATER_SECONDS: Final = 60.0
"""Until somebody may have made room, or put the folder's rights in order."""

TYPE: Final = ".type"
"""Ends the name of the file that holds an object's content type; it begins with a dot, as no object's name does."""

UNKNOWN_TYPE: Final = "application/octet-stream"
"""Of files that somebody has put there by hand."""

ABANDONED: Final = timedelta(days=1)
"""After which half-written files and empty folders are taken for what killed programs left behind."""


class FolderStore:
    """An `ObjectStore` whose objects are files under `root`, by their names.

    An object cannot be where others are below it (`work/1` and `work/1/plan`): writing the second is `Rejected`
    ("name-taken"). Nothing deletes what is too old but `prepare` and `expire`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._kept_days: Mapping[str, int] = {}

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes:
        """Read the file."""
        with self._file("read", name) as (file, stat):
            if max_bytes is not None and stat.st_size > max_bytes:
                raise too_large(name, stat.st_size, max_bytes)
            return file.read()

    def open(self, name: str) -> BinaryIO:
        """Open by ranges, each from the file as it is at that moment: none is held, and a new one is found out."""
        with self._file("open", name) as (_, first):
            pass

        def fetch(start: int, stop: int) -> bytes:
            with self._file("read", name) as (file, stat):
                if _identity(stat) != _identity(first):
                    raise changed(name)
                file.seek(start)
                return file.read(stop - start)

        return ranges.opened(fetch, first.st_size)

    def write(self, name: str, data: bytes | BinaryIO, *, content_type: str) -> None:
        """Write beside its place, then move it there.

        Raises:
            Rejected: there are objects below the name, or one above it ("name-taken").
        """
        path = self._path(name)
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        with ExitStack() as stack:
            with self._touching("write", name):
                with suppress(OSError):
                    path.rmdir()  # an empty folder is no object
                partial = stack.enter_context(replacing(path))
                file = stack.enter_context(partial.open("wb", buffering=0))  # a buffer would fail again when closed
            while piece := stream.read(COPY_BYTES):  # its errors are not the folder's
                with self._touching("write", name):
                    left = memoryview(piece)
                    while left:
                        left = left[file.write(left) :]
            with self._touching("write", name):
                write_whole(_type_path(path), content_type.encode())
                stack.close()

    def find(self, name: str) -> ObjectInfo | None:
        """Look at the file, and at the one with its content type."""
        try:
            with self._file("find", name) as (_, stat):
                pass
        except Rejected as error:
            if error.code != "missing-object":
                raise
            return None
        with self._touching("find", name):
            content_type = _content_type(self._path(name))
        return ObjectInfo(name, stat.st_size, _modified(stat), content_type)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List all at once, by the whole name and not folder by folder."""
        self._see_root()
        above = prefix.rpartition("/")[0]
        if above and not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)*", above, re.ASCII):
            return iter(())  # no object is called so
        with self._touching("list", f"{prefix}*"):
            found = []
            for path in _objects(self._root / above):
                name = path.relative_to(self._root).as_posix()
                with suppress(FileNotFoundError):  # deleted meanwhile
                    stat = path.stat()
                    found.append(ObjectInfo(name, stat.st_size, _modified(stat), ""))
        return iter(sorted((info for info in found if info.name.startswith(prefix)), key=lambda info: info.name))

    def delete(self, name: str) -> None:
        """Delete the file, and the one with its content type."""
        path = self._path(name)
        with self._touching("delete", name), suppress(IsADirectoryError, NotADirectoryError):
            path.unlink(missing_ok=True)
            _type_path(path).unlink(missing_ok=True)

    def link(self, name: str, *, seconds: int, file_name: str | None = None) -> str:
        """Refuse: a path of this machine is no address for anybody, and would work for ever.

        Raises:
            Rejected: always ("no-links").
        """
        del seconds, file_name
        raise no_links(checked(name), f"the folder {self._root}")

    def prepare(self, kept_days: Mapping[str, int] = KEPT_DAYS) -> None:
        """Make the folder, and delete what is too old: nothing else does, so repeat it now and then."""
        self._kept_days = dict(kept_days)
        with self._touching("prepare", "objects"):
            self._root.mkdir(parents=True, exist_ok=True)
        self.expire(datetime.now(UTC))

    def expire(self, now: datetime) -> int:
        """Delete what was kept for as long as `prepare` said, and what killed programs left behind.

        Returns:
            How many objects that were.
        """
        count = 0
        for prefix, days in self._kept_days.items():
            with self._touching("expire", f"{prefix}/*"):
                for folder, _, files in os.walk(self._root / prefix, topdown=False):
                    above = self._root / folder
                    for file in files:
                        with suppress(FileNotFoundError):  # somebody else was faster
                            count += _expired(above / file, now, timedelta(days=days))
                    with suppress(OSError):  # it is not empty
                        if _modified(above.stat()) + ABANDONED <= now:
                            above.rmdir()
        return count

    def _path(self, name: str) -> Path:
        self._see_root()
        return self._root / checked(name)

    def _see_root(self) -> None:
        """Without the folder nothing can be said of objects: they are not missing, a disk may not be mounted yet."""
        if not self._root.is_dir():
            msg = f"there is no folder {self._root}: mount it, or start a program that prepares the store"
            raise Postponed(msg, after_seconds=LATER_SECONDS)

    @contextmanager
    def _file(self, verb: str, name: str) -> Iterator[tuple[BinaryIO, os.stat_result]]:
        path = self._path(name)
        with self._touching(verb, name):
            try:
                file = path.open("rb")
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                raise missing(name) from error
            with file:
                yield file, os.fstat(file.fileno())

    @contextmanager
    def _touching(self, verb: str, name: str) -> Iterator[None]:
        """Turn what the file system says into verdicts."""
        try:
            yield
        except (IsADirectoryError, NotADirectoryError) as error:
            msg = f"cannot {verb} {name} in {self._root}: there are objects below this name, or one above it"
            raise Rejected(msg, code="name-taken") from error
        except OSError as error:
            msg = f"cannot {verb} {name} in {self._root}: {(error.strerror or str(error)).lower()}"
            raise Postponed(msg, after_seconds=LATER_SECONDS) from error


def _objects(folder: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (folder / above / name for name in files if not name.startswith("."))


def _type_path(path: Path) -> Path:
    return path.with_name(f".{path.name}{TYPE}")


def _content_type(path: Path) -> str:
    try:
        return _type_path(path).read_text()
    except FileNotFoundError:
        return UNKNOWN_TYPE


def _identity(stat: os.stat_result) -> tuple[int, int, int]:
    """Of one version: files are replaced, never written to."""
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _modified(stat: os.stat_result) -> datetime:
    return datetime.fromtimestamp(stat.st_mtime, UTC)


def _expired(path: Path, now: datetime, kept: timedelta) -> bool:
    """Delete a file if its time is over; whether it was an object's."""
    if path.name.startswith("."):
        orphan = path.name.endswith(PARTIAL) or not path.with_name(path.name[1:].removesuffix(TYPE)).exists()
        if orphan and _modified(path.stat()) + ABANDONED <= now:
            path.unlink()
        return False
    if _modified(path.stat()) + kept > now:
        return False
    path.unlink()
    _type_path(path).unlink(missing_ok=True)
    return True
