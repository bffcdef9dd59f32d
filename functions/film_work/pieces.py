"""A film's pieces in the store: which are finished, and what was done for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final

from pydantic import TypeAdapter, ValidationError

from functions.errors import Rejected
from functions.film_work.names import account_name, film_folder, piece_name
from functions.stores.protocol import KEPT_DAYS, WORK
from functions.video.chunk_report import ChunkReport  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    from functions.stores.protocol import ObjectStore
    from functions.video.source import OpenSource

GENERATION: Final = 1
"""Of pieces: another number when the same film, plan and wishes come to lead to other bytes. Those that an older
program left in the store are then not mixed with new ones."""

PIECE_TYPE: Final = "video/x-matroska"

FRESH: Final = timedelta(days=KEPT_DAYS[WORK] - 1)
"""A piece with less than a day left before the store deletes it is made again: it might be gone when it is joined."""

LONGEST_BYTES: Final = 1 << 20
"""Of an account; a film with all its frames damaged names them in a quarter of that."""


@dataclass(frozen=True, slots=True)
class Account:
    """What was done for a finished piece."""

    report: ChunkReport
    network: str
    """That coloured it, as told by `functions.colorise.engine`: equal for equal colours."""
    seconds: float


class Pieces:
    """The pieces of one film.

    They are not deleted when the film is joined: another job may count on them, or the same order come a second time.
    The store deletes them after some days, as everything under `work/`.

    Args:
        store: where they are.
        key: of the film.
    """

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key

    def finished(self) -> set[int]:
        """Numbers of the chunks whose pieces are there and fresh.

        Raises:
            Postponed: the store is out of reach.
        """
        oldest = datetime.now(UTC) - FRESH
        stems = [
            found.name.rpartition("/")[2].removesuffix(".json")
            for found in self._store.list(film_folder(self._key))
            if found.name.endswith(".json") and found.modified > oldest
        ]
        return {int(stem) for stem in stems if stem.isdecimal()}

    def account(self, chunk: int) -> Account | None:
        """What was done for a chunk; None where its piece is not finished, or about to be deleted.

        Raises:
            Postponed: the store is out of reach.
        """
        found = self._store.find(account_name(self._key, chunk))
        if found is None or found.modified <= datetime.now(UTC) - FRESH:
            return None
        try:
            return _ACCOUNT.validate_json(self._store.read(found.name, max_bytes=LONGEST_BYTES))
        except (Rejected, ValidationError):  # just gone, or of another version: the piece is made again
            return None

    def keep(self, chunk: int, piece: BinaryIO, account: Account) -> None:
        """Put a piece into the store, and then its account: from now on it is finished.

        Raises:
            Postponed: the store is out of reach, or full.
        """
        self._store.write(piece_name(self._key, chunk), piece, content_type=PIECE_TYPE)
        name = account_name(self._key, chunk)
        self._store.write(name, _ACCOUNT.dump_json(account), content_type="application/json")

    def open(self, chunk: int) -> OpenSource:
        """Opens a chunk's piece by ranges."""
        name = piece_name(self._key, chunk)
        return lambda: self._store.open(name)

    def forget(self) -> None:
        """Count no piece as finished any more: one of them is damaged.

        Raises:
            Postponed: the store is out of reach.
        """
        for chunk in self.finished():
            self._store.delete(account_name(self._key, chunk))


_ACCOUNT: Final = TypeAdapter(Account)
