"""Deletes what is stored of people: after a while, or at once when they ask."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, BaseModel, ValidationError

from bot.orders import INBOX_PREFIX, OUTBOX_PREFIX, names_of
from functions.errors import Postponed, Rejected
from functions.stores.erasing import erase, sweep

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.ledger import Kept, Ledger
    from bot.people import People
    from functions.queues.protocol import Queue
    from functions.queues.records import Records
    from functions.stores.protocol import ObjectStore

SWEEP_SECONDS: Final = 600.0
"""Between looks for what was kept long enough."""

AGAIN: Final = timedelta(hours=1)
"""For which what was erased is erased again at each look: a worker may have had an order in hand for it."""

log = logging.getLogger(__name__)


class _Note(BaseModel):
    names: list[str]
    until: AwareDatetime


class Eraser:
    """Every method raises `Postponed` where something is out of reach.

    Args:
        store: where pictures are.
        queue: where orders may wait.
        ledger: of mentions.
        people: what is remembered of them.
        notes: a book where to write down what is to be erased again.
        drop: lets go of a mention that is being answered.
        keep: how long pictures are kept.
        now: the clock.
    """

    def __init__(  # noqa: PLR0913 - as many places as something is kept in
        self,
        store: ObjectStore,
        queue: Queue,
        ledger: Ledger,
        people: People,
        *,
        notes: Records,
        drop: Callable[[str], Awaitable[None]],
        keep: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._queue = queue
        self._ledger = ledger
        self._people = people
        self._notes = notes
        self._drop = drop
        self._keep = keep
        self._now = now

    async def forget(self, author: str, *, but: str | None = None) -> int:
        """Erase all that is stored of somebody.

        Args:
            author: id of the account.
            but: the mention that asks for it, which is not answered yet.

        Returns:
            How many mentions of theirs there were.
        """
        entries = [kept async for kept in self._ledger.by_author(author) if kept.entry.mention != but]
        for kept in entries:
            await self.erase(kept)
        await self._people.forget(author)
        log.info("forgotten", extra={"mentions": len(entries)})
        return len(entries)

    async def erase(self, kept: Kept) -> None:
        """Erase a mention: its orders, its pictures and films, and its entry."""
        await self._drop(kept.entry.mention)
        kept = await self._ledger.find(kept.entry.mention) or kept  # as far as it had come
        colouring = kept.entry.colouring
        pieces = () if colouring is None else colouring.pieces
        names = [name for piece in pieces for name in names_of(piece)]
        if any(not piece.is_settled for piece in pieces):
            note = _Note(names=names, until=self._now() + AGAIN)
            await self._notes.put(f"erase.{kept.entry.mention}", note.model_dump_json().encode())
        for piece in pieces:
            if not piece.is_settled:
                await self._queue.cancel(piece.job_id)
        await asyncio.to_thread(erase, self._store, names)
        await self._ledger.erase(kept)

    async def sweep(self) -> None:
        """Delete pictures that were kept long enough, and again what was erased while it was in work."""
        async for record in self._notes.under("erase"):
            try:
                note = _Note.model_validate_json(record.value)
                await asyncio.to_thread(erase, self._store, note.names)
            except (ValidationError, Rejected):
                log.exception("what is to be erased again cannot be read: a bug", extra={"key": record.key})
                note = _Note(names=[], until=self._now())
            if note.until <= self._now():
                await self._notes.delete(record.key)
        for prefix in (INBOX_PREFIX, OUTBOX_PREFIX):
            count = await asyncio.to_thread(sweep, self._store, prefix, self._keep, now=self._now())
            if count:
                log.info("deleted what was kept long enough", extra={"prefix": prefix, "objects": count})

    async def sweep_on(self) -> None:
        """Sweep now and then, without end."""
        while True:
            try:
                await self.sweep()
            except Postponed as error:
                log.warning("what was kept long enough is deleted later: %s", error.reason)
            await asyncio.sleep(SWEEP_SECONDS)
