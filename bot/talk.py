"""What the bot says, and what it said last: across restarts, too, no text is said twice in a row."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Final, Self

from bot.wording import Wording, alt_text

if TYPE_CHECKING:
    from bot.platforms.protocol import AttachmentKind
    from bot.verdicts import Command, Reason
    from bot.wording import Told
    from functions.queues.records import Records

KEY: Final = "said"
"""Of the texts that were said last."""

log = logging.getLogger(__name__)


class Talk:
    """Words for replies.

    Args:
        records: a book that keeps records for ever.
        wording: that goes on from what was said last.
        alt_text_length: that the network takes.
    """

    def __init__(self, records: Records, wording: Wording, *, alt_text_length: int) -> None:
        self._records = records
        self._wording = wording
        self._alt_text_length = alt_text_length

    @classmethod
    async def open(cls, records: Records, *, longest_seconds: float, alt_text_length: int) -> Self:
        """Go on from what was said last.

        Args:
            records: a book that keeps records for ever.
            longest_seconds: of a film that is taken, for those who are told that theirs is too long.
            alt_text_length: that the network takes.

        Raises:
            Postponed: the records are out of reach.
        """
        record = await records.get(KEY)
        try:
            recent = [] if record is None else [str(text) for text in json.loads(record.value)]
        except (ValueError, TypeError):
            log.warning("what was said last cannot be read: a text may be said twice")
            recent = []
        return cls(records, Wording(recent, longest_seconds=longest_seconds), alt_text_length=alt_text_length)

    def answer(self, told: Told) -> str:
        """What goes with coloured pictures or a film."""
        return self._wording.answer(told)

    def decline(self, reason: Reason) -> str:
        """Why there is no picture, and what helps."""
        return self._wording.decline(reason)

    def confirm(self, command: Command) -> str:
        """That a command is obeyed."""
        return self._wording.confirm(command)

    def alt_text(self, original: str | None, *, kind: AttachmentKind, compare: bool) -> str:
        """What those are told who do not see the picture."""
        return alt_text(original, kind=kind, compare=compare, limit=self._alt_text_length)

    async def remember(self) -> None:
        """Write down what was said.

        Raises:
            Postponed: the records are out of reach.
        """
        await self._records.put(KEY, json.dumps(self._wording.recent).encode())
