"""Objects in the memory of one process: for tests, and for trying things out."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from functions.stores import ranges
from functions.stores.names import checked
from functions.stores.protocol import KEPT_DAYS, ObjectInfo
from functions.stores.refusals import changed, missing, no_links, too_large

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, eq=False)
class _Object:
    """One version of an object: it is told from others by being itself."""

    data: bytes
    content_type: str
    modified: datetime


class MemoryStore:
    """An `ObjectStore` that is gone with its process."""

    def __init__(self) -> None:
        self._objects: dict[str, _Object] = {}
        self._kept_days: Mapping[str, int] = {}
        self._lock = threading.Lock()

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes:
        """Hand out the object's own bytes: they cannot be changed."""
        data = self._found(name).data
        if max_bytes is not None and len(data) > max_bytes:
            raise too_large(name, len(data), max_bytes)
        return data

    def open(self, name: str) -> BinaryIO:
        """Open by ranges as a far store does, so that a replaced object is found out here as well."""
        version = self._found(name)

        def fetch(start: int, stop: int) -> bytes:
            if self._found(name) is not version:
                raise changed(name)
            return version.data[start:stop]

        return ranges.opened(fetch, len(version.data))

    def write(self, name: str, data: bytes | BinaryIO, *, content_type: str) -> None:
        """Keep a copy; a stream is read whole."""
        checked(name)
        whole = data if isinstance(data, bytes) else data.read()
        with self._lock:
            self._objects[name] = _Object(whole, content_type, datetime.now(UTC))

    def find(self, name: str) -> ObjectInfo | None:
        """Say what is known, from memory."""
        found = self._objects.get(checked(name))
        return None if found is None else ObjectInfo(name, len(found.data), found.modified, found.content_type)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List what is there at the moment of the call."""
        with self._lock:
            found = sorted((name, kept) for name, kept in self._objects.items() if name.startswith(prefix))
        return (ObjectInfo(name, len(kept.data), kept.modified, "") for name, kept in found)

    def delete(self, name: str) -> None:
        """Forget the object."""
        with self._lock:
            self._objects.pop(checked(name), None)

    def link(self, name: str, *, seconds: int, file_name: str | None = None) -> str:
        """Refuse: nobody else can look into this memory.

        Raises:
            Rejected: always ("no-links").
        """
        del seconds, file_name
        raise no_links(checked(name), "the memory of one program")

    def prepare(self, kept_days: Mapping[str, int] = KEPT_DAYS) -> None:
        """Say how long objects are kept, and delete what is older: nothing else does, so repeat it now and then."""
        self._kept_days = dict(kept_days)
        self.expire(datetime.now(UTC))

    def expire(self, now: datetime) -> int:
        """Delete what has been kept for as long as `prepare` said, and return how many objects that were."""
        with self._lock:
            old = [
                name
                for name, kept in self._objects.items()
                for prefix, days in self._kept_days.items()
                if name.startswith(f"{prefix}/") and kept.modified + timedelta(days=days) <= now
            ]
            for name in old:
                del self._objects[name]
        return len(old)

    def _found(self, name: str) -> _Object:
        found = self._objects.get(checked(name))
        if found is None:
            raise missing(name)
        return found
