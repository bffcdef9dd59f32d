"""The ledger of mentions: nothing is forgotten in a crash, and nothing is begun twice.

Keys of the book: `mention.ID` holds the entry; `open.ID` says that it is not finished, so that a restart finds those
without reading all; `author.AUTHOR.ID` finds what is to be erased on request; `answer.ID` leads from a reply to the
mention that it answers; `talk.ID` counts how often the bot spoke in a conversation.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.entry import State, read_entry
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.entry import Entry
    from functions.queues.records import Record, Records

KEEP_SECONDS: Final = 14 * 24 * 3600.0
"""A mention is known for so long: as long as somebody may ask for more colour, or the network may tell of it again."""

log = logging.getLogger(__name__)


class Overtaken(Exception):  # noqa: N818 - not an error: somebody else has it
    """Somebody else has changed the entry: whoever held it lets go of it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as it stands in the ledger; to be changed through `Ledger.advance`."""

    entry: Entry
    record: Record


class Ledger:
    """Entries of mentions.

    Every method raises `Postponed` where the records are out of reach.

    Args:
        records: the book, which keeps a record for `KEEP_SECONDS`.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    async def find(self, mention: str) -> Kept | None:
        """The entry of a mention; None where there is none, or it cannot be read."""
        record = await self._records.get(f"mention.{mention}")
        return None if record is None else _kept(record)

    async def begin(self, entry: Entry) -> Kept | None:
        """Write down a mention for the first time; None where it is there already."""
        await self._records.put(f"open.{entry.mention}", b"")
        if entry.author:
            await self._records.put(_author_key(entry), b"")
        record = await self._records.create(entry.key, _written(entry))
        return None if record is None else Kept(entry, record)

    async def advance(self, kept: Kept, entry: Entry) -> Kept:
        """Write down how far it has come.

        Raises:
            Overtaken: somebody else has written something else.
        """
        if entry.answer is not None and entry.answer != kept.entry.answer:
            await self._records.put(f"answer.{entry.answer}", entry.mention.encode())
        entry = entry.finished() if entry.state.is_final else entry
        record = await self._records.replace(kept.record, _written(entry))
        if record is None:
            raise Overtaken(entry.mention)
        if entry.state.is_final:
            await self._records.delete(f"open.{entry.mention}")
        return Kept(entry, record)

    async def unfinished(self) -> AsyncIterator[Kept]:
        """Entries that are not finished, oldest first."""
        async for record in self._records.under("open"):
            mention = record.key.removeprefix("open.")
            kept = await self.find(mention)
            if kept is None or kept.entry.state.is_final:  # whoever wrote the one key died before the other
                await self._records.delete(record.key)
                continue
            yield kept

    async def by_author(self, author: str) -> AsyncIterator[Kept]:
        """All entries of somebody's mentions."""
        prefix = f"author.{author}"
        async for record in self._records.under(prefix):
            kept = await self.find(record.key.removeprefix(f"{prefix}."))
            if kept is not None:
                yield kept

    async def answered_by(self, post: str) -> Kept | None:
        """The entry that a post of the bot's answers; None where that is not known (any more)."""
        record = await self._records.get(f"answer.{post}")
        return None if record is None else await self.find(record.value.decode())

    async def said_in(self, conversation: str) -> int:
        """How many mentions of a conversation were taken on."""
        record = await self._records.get(f"talk.{conversation}")
        return 0 if record is None else int(record.value)

    async def note_said(self, conversation: str) -> None:
        """One more was taken on."""
        said = await self.said_in(conversation)
        await self._records.put(f"talk.{conversation}", str(said + 1).encode())

    async def erase(self, kept: Kept) -> None:
        """Keep nothing but that there is nothing left to do; whoever is at work on it is overtaken."""
        entry = kept.entry
        await self._records.put(entry.key, _written(entry.erased()))
        await self._records.delete(f"open.{entry.mention}")
        if entry.answer is not None:
            await self._records.delete(f"answer.{entry.answer}")
        if entry.author:
            await self._records.delete(_author_key(entry))


def left(entry: Entry, why: str) -> Entry:
    """The entry, given up."""
    return entry.model_copy(update={"state": State.LEFT, "left": why})


def _author_key(entry: Entry) -> str:
    return f"author.{entry.author}.{entry.mention}"


def _written(entry: Entry) -> bytes:
    return entry.model_dump_json(exclude_none=True).encode()


def _kept(record: Record) -> Kept | None:
    try:
        return Kept(read_entry(record.value), record)
    except Rejected as error:
        log.warning("%s: %s", record.key, error.reason)
        return None
