"""What the bot's ledger holds, read past the bot: how far each mention had come when the bot died."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Final

from cli.drill_flow import hush
from functions.queues.settings import open_queue
from functions.stores.settings import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cli.up_address import Running
    from functions.queues.jetstream import NatsQueue
    from functions.queues.records import Records
    from functions.stores.protocol import ObjectStore

BOOK: Final = "BOT_MENTIONS"
KEEP_SECONDS: Final = 14 * 24 * 3600.0
"""The bot's own, from `bot.ledger`: a book takes on what it is opened with."""


class Ledger:
    """The bot's records and objects.

    Args:
        queue: that keeps the records.
        records: the book of mentions.
        store: of objects.
    """

    def __init__(self, queue: NatsQueue, records: Records, store: ObjectStore) -> None:
        self.queue = queue
        self.store = store
        self._records = records

    async def state(self, mention: str) -> str:
        """How far it has come, as the bot calls it; empty where it is not written down."""
        record = await self._records.get(f"mention.{mention}")
        return "" if record is None else str(json.loads(record.value)["state"])

    async def unfinished(self) -> dict[str, str]:
        """Mentions that are not done → how far they have come."""
        mentions = [record.key.rpartition(".")[2] async for record in self._records.under("open")]
        states = {mention: await self.state(mention) for mention in mentions}
        return {mention: state for mention, state in states.items() if state not in {"", "answered", "left", "erased"}}

    async def noted_of(self, account: str) -> list[str]:
        """Mentions that are kept under somebody's name."""
        return [record.key.rpartition(".")[2] async for record in self._records.under(f"author.{account}")]


@contextlib.asynccontextmanager
async def reading_ledger(running: Running) -> AsyncIterator[Ledger]:
    """Open it while the block lasts; a bot need not have run yet.

    Raises:
        Postponed: the queue is out of reach.
    """
    hush()
    queue = await open_queue(running.queue)
    try:
        yield Ledger(queue, await queue.records(BOOK, keep_seconds=KEEP_SECONDS), open_store(running.store))
    finally:
        await queue.close()
