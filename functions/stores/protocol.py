"""What the programs need of a store of objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

INBOX: Final = "inbox"
"""What strangers sent."""

WORK: Final = "work"
"""Plans and pieces of films."""

OUTBOX: Final = "outbox"
"""Results."""

KEPT_DAYS: Final[Mapping[str, int]] = {INBOX: 1, WORK: 3, OUTBOX: 7}
"""Prefix → days after which the store deletes what is under it."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of an object without reading it."""

    name: str
    size: int
    """Bytes."""
    modified: datetime
    """With its time zone."""
    content_type: str
    """Empty where only a listing was asked."""


class ObjectStore(Protocol):
    """Objects by name. All methods may be called from several threads at once.

    Every method raises `Postponed` where the store cannot be reached, is overloaded or answers with an error of its
    own (after a few quick tries of its own), and `Rejected` where the name or the request can never succeed.
    """

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes:
        """Read an object.

        Raises:
            Rejected: there is none ("missing-object"), or it is larger than `max_bytes` ("too-large").
            Postponed: the store is out of reach.
        """

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading: seekable, read by ranges of a few hundred KB as they are needed, never whole.

        What is read is one version of the object: where it is replaced meanwhile, reading raises `Rejected`
        ("changed").

        Raises:
            Rejected: there is none ("missing-object").
            Postponed: the store is out of reach; reading may raise it too.
        """

    def write(self, name: str, data: bytes | BinaryIO, *, content_type: str) -> None:
        """Write an object; it is there whole or not at all, and replaces one of the same name.

        Args:
            name: of the object.
            data: bytes, or a stream that is read from where it stands to its end, in parts.
            content_type: such as `image/jpeg`.

        Raises:
            Postponed: the store is out of reach, or full.
        """

    def find(self, name: str) -> ObjectInfo | None:
        """What is known of an object; None where there is none."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """All objects whose name begins with `prefix`, by name."""

    def delete(self, name: str) -> None:
        """Delete an object, if there is one."""

    def link(self, name: str, *, seconds: int, file_name: str | None = None) -> str:
        """An address under which anybody can read the object for a while.

        Args:
            name: of the object.
            seconds: until the address stops working.
            file_name: that a browser saves it under.
        """

    def prepare(self, kept_days: Mapping[str, int] = KEPT_DAYS) -> None:
        """Make the bucket or folder if it is not there, and say how long what is in it is kept; harmless to repeat."""
