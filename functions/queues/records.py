"""What the programs need of a book of records: small values by key, that several programs may change, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True, slots=True)
class Record:
    """A value, and which of those that its key has had."""

    key: str
    value: bytes
    revision: int
    """Grows with every change of any key."""


class Records(Protocol):
    """Values by key, durable once a method returns.

    Keys are parts with dots between them, such as `mention.1234`. Every method raises `Postponed` where the server does
    not answer in time; after that it is not known whether a change was made, or still will be: read again. Over an
    outage that is shorter the question is put again; None then means what it says, and never one's own change.
    """

    async def get(self, key: str) -> Record | None:
        """The record of a key; None where there is none, or it has grown too old."""

    async def create(self, key: str, value: bytes) -> Record | None:
        """Write the first value of a key; None where it has one, whoever else tries at the same moment."""

    async def replace(self, record: Record, value: bytes) -> Record | None:
        """Write another value, unless somebody has changed or deleted the record since it was read: then None."""

    async def put(self, key: str, value: bytes) -> Record:
        """Write a value, whatever is there."""

    async def delete(self, key: str) -> None:
        """Delete a record, if there is one; nothing of it stays on the server."""

    def under(self, prefix: str) -> AsyncIterator[Record]:
        """Records whose keys begin with `prefix` and a dot, each at most once, oldest change first.

        What changes after the first is asked for is left out.
        """
