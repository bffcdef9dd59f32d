"""Coloured pictures on their way from the store to the network."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.verdicts import Reason
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from bot.entry import Colouring, Entry, Piece
    from bot.gate import Gate
    from bot.platforms.protocol import Platform
    from bot.talk import Talk
    from functions.stores.protocol import ObjectStore

ASK_OPERATOR_SECONDS: Final = 300.0
"""Until something is tried again that the operator must put right first, such as wrong credentials."""

log = logging.getLogger(__name__)


class Uploader:
    """Uploads what is coloured, with alt text.

    Args:
        platform: to upload to.
        store: where coloured pictures are.
        talk: what to say of them.
        gate: to uploading.
    """

    def __init__(self, platform: Platform, store: ObjectStore, talk: Talk, gate: Gate) -> None:
        self._platform = platform
        self._store = store
        self._talk = talk
        self._gate = gate

    async def upload(self, entry: Entry, colouring: Colouring) -> tuple[Colouring, tuple[str, ...]]:
        """Upload all that is done, side by side.

        Returns:
            The colouring, in which what the network does not take is marked as broken; and the ids of the others, in
            their order.

        Raises:
            Postponed: network or store are out of reach, or the network refuses us.
        """
        done = [piece for piece in colouring.pieces if piece.done]
        uploads = await asyncio.gather(*(self._one(entry, colouring, piece) for piece in done), return_exceptions=True)
        ids: dict[str, str] = {}
        for piece, uploaded in zip(done, uploads, strict=True):
            if isinstance(uploaded, Rejected):
                log.warning("a coloured picture is not taken: %s", uploaded.reason, extra={"code": uploaded.code})
                if uploaded.code == "bad-credentials":
                    raise Postponed(uploaded.reason, after_seconds=ASK_OPERATOR_SECONDS) from uploaded
            elif isinstance(uploaded, BaseException):
                raise uploaded
            else:
                ids[piece.job_id] = uploaded
        pieces = tuple(_after(piece, is_there=piece.job_id in ids) for piece in colouring.pieces)
        return colouring.model_copy(update={"pieces": pieces}), tuple(ids.values())

    async def _one(self, entry: Entry, colouring: Colouring, piece: Piece) -> str:
        alt_text = self._talk.alt_text(piece.attachment.alt_text, kind=piece.kind, compare=colouring.compare)

        async def upload() -> str:
            with await asyncio.to_thread(self._store.open, piece.target) as media:
                return await self._platform.upload(
                    media, kind=piece.kind, content_type=piece.content_type, alt_text=alt_text
                )

        return await self._gate.through((entry.posted_at, entry.mention), upload, retry_unreachable=True)


def _after(piece: Piece, *, is_there: bool) -> Piece:
    if is_there or not piece.done:
        return piece
    return piece.model_copy(update={"done": False, "failed": Reason.BROKEN})
