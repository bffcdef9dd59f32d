"""Does what people command: to be left alone, to be forgotten, to have an answer deleted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.verdicts import Command

if TYPE_CHECKING:
    from bot.entry import Entry, Obeying
    from bot.erasing import Eraser
    from bot.ledger import Ledger
    from bot.people import People
    from bot.platforms.protocol import Platform

log = logging.getLogger(__name__)


class Servant:
    """Obeys; doing it twice is harmless. Every method raises `Postponed` where something is out of reach.

    Args:
        platform: where answers are.
        ledger: of mentions.
        people: what is remembered of them.
        eraser: deletes what is stored.
    """

    def __init__(self, platform: Platform, ledger: Ledger, people: People, eraser: Eraser) -> None:
        self._platform = platform
        self._ledger = ledger
        self._people = people
        self._eraser = eraser

    async def obey(self, entry: Entry, order: Obeying) -> None:
        """Do what the mention commands, before it is confirmed."""
        log.info("a command", extra={"command": order.command.value})
        match order.command:
            case Command.STOP:
                await self._people.opt_out(entry.author)
            case Command.START:
                await self._people.opt_in(entry.author)
            case Command.FORGET:
                await self._eraser.forget(entry.author, but=entry.mention)
            case Command.DELETE if order.answer is not None:
                kept = await self._ledger.answered_by(order.answer)
                await self._platform.delete(order.answer)
                if kept is not None:
                    await self._eraser.erase(kept)
