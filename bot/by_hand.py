"""What an operator does for somebody who cannot or will not mention the bot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.erasing import Eraser
from bot.ledger import Ledger
from bot.people import People
from bot.run import Books
from functions.queues.settings import open_queue
from functions.stores.settings import open_store

if TYPE_CHECKING:
    from bot.settings import BotSettings
    from functions.queues.settings import QueueSettings
    from functions.stores.settings import StoreSettings


async def forgotten(account: str, settings: BotSettings, queue: QueueSettings, store: StoreSettings) -> int:
    """Erase all that is stored of somebody, beside a bot that runs or without one.

    Args:
        account: id of the account.
        settings: of the bot.
        queue: where it remembers.
        store: where pictures are.

    Returns:
        How many mentions of theirs there were.

    Raises:
        Postponed: queue or store are out of reach; done again, it goes on.
    """
    opened = await open_queue(queue)
    try:
        books = await Books.open(opened, name=settings.books)
        eraser = Eraser(
            open_store(store),
            opened,
            Ledger(books.mentions),
            People(books.people, books.lasting),
            notes=books.mentions,
            drop=_dropped,
            keep=settings.keep,
            now=lambda: datetime.now(UTC),
        )
        return await eraser.forget(account)
    finally:
        await opened.close()


async def _dropped(_: str) -> None:
    """Whoever has it in hand is overtaken at the next step."""
