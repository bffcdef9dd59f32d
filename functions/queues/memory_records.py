"""A book of records inside one process and one event loop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.queues.records import Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True, slots=True)
class _Written:
    record: Record
    at: float
    """By the monotonic clock."""


class MemoryRecords:
    """Keeps records in memory, and all are lost with it.

    Args:
        keep_seconds: each is kept for so long after its last change; None for ever.
    """

    def __init__(self, *, keep_seconds: float | None) -> None:
        self.keep_seconds = keep_seconds
        self._written: dict[str, _Written] = {}
        """Oldest change first."""
        self._revision = 0

    async def get(self, key: str) -> Record | None:
        """The record of a key."""
        self._forget()
        written = self._written.get(key)
        return None if written is None else written.record

    async def create(self, key: str, value: bytes) -> Record | None:
        """Write the first value of a key."""
        self._forget()
        return None if key in self._written else self._write(key, value)

    async def replace(self, record: Record, value: bytes) -> Record | None:
        """Write another value, unless somebody has changed or deleted the record since it was read."""
        self._forget()
        return self._write(record.key, value) if self._is_there(record) else None

    async def put(self, key: str, value: bytes) -> Record:
        """Write a value."""
        self._forget()
        return self._write(key, value)

    async def delete(self, key: str) -> None:
        """Delete a record."""
        self._written.pop(key, None)

    async def under(self, prefix: str) -> AsyncIterator[Record]:
        """Records under a prefix, as they were last changed before this was asked."""
        self._forget()
        for written in list(self._written.values()):
            if written.record.key.startswith(f"{prefix}.") and self._is_there(written.record):
                yield written.record

    def _write(self, key: str, value: bytes) -> Record:
        self._revision += 1
        record = Record(key, value, self._revision)
        self._written.pop(key, None)
        self._written[key] = _Written(record, time.monotonic())
        return record

    def _is_there(self, record: Record) -> bool:
        written = self._written.get(record.key)
        return written is not None and written.record.revision == record.revision

    def _forget(self) -> None:
        """Drop what has grown too old: all of it stands at the beginning."""
        if self.keep_seconds is None:
            return
        oldest = time.monotonic() - self.keep_seconds
        while self._written and (first := next(iter(self._written.values()))).at <= oldest:
            del self._written[first.record.key]
