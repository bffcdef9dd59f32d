"""From the pictures of a mention to coloured ones in the store."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast

from bot.entry import State
from bot.orders import REASONS, after, is_news, order_of, placed
from bot.platforms.protocol import Forbidden
from bot.verdicts import Reason
from functions.errors import Rejected

if TYPE_CHECKING:
    from bot.entry import Colouring, Entry, Piece
    from bot.ledger import Kept, Ledger
    from bot.platforms.protocol import Platform
    from functions.jobs import AnyResult
    from functions.queues.protocol import Queue
    from functions.queues.sorted_results import SortedResults
    from functions.stores.protocol import ObjectStore

DOWNLOADS: Final = 4
"""At once; a clip may take all of a line."""

IN_MEMORY_BYTES: Final = 4 * 1024 * 1024
"""Of a download; what is larger goes to the disk. Photos of a network are smaller as a rule."""

LOOK_SECONDS: Final = 60.0
"""Until a result that does not come is looked for, and its order sent again: harmless, and right should it be lost."""

log = logging.getLogger(__name__)


class ContentFilter(Protocol):
    """Looks at what a stranger sent, before it is coloured. Called in a thread."""

    def __call__(self, content: BinaryIO, content_type: str, /) -> bool:
        """Whether it may be coloured."""


class Colourist:
    """Fetches what is to be coloured, orders it, and waits for what becomes of it.

    Args:
        platform: where mentions come from.
        store: where pictures go.
        queue: where orders go.
        results: of all orders, from before the first one is sent.
        ledger: of mentions.
        content_filter: None lets everything pass.
        max_bytes: of a picture or film that is downloaded.
        mark: whether photos get a small mark.
    """

    def __init__(  # noqa: PLR0913 - as many parts as the way has
        self,
        platform: Platform,
        store: ObjectStore,
        queue: Queue,
        results: SortedResults,
        ledger: Ledger,
        *,
        content_filter: ContentFilter | None,
        max_bytes: int,
        mark: bool,
    ) -> None:
        self._platform = platform
        self._store = store
        self._queue = queue
        self._results = results
        self._ledger = ledger
        self._filter = content_filter
        self._max_bytes = max_bytes
        self._mark = mark
        self._downloads = asyncio.Semaphore(DOWNLOADS)

    async def order(self, kept: Kept, colouring: Colouring) -> Kept:
        """Put the pictures into the store and the orders into the queue; doing it twice is harmless.

        Raises:
            Postponed: network, store or queue are out of reach.
            Overtaken: somebody else has the mention.
        """
        fetched = await asyncio.gather(*map(self._fetched, colouring.pieces), return_exceptions=True)
        for one in fetched:  # only now, so that none is left fetching
            if isinstance(one, BaseException):
                raise one
        pieces = tuple(one for one in fetched if not isinstance(one, BaseException))
        for piece in pieces:
            if not piece.is_settled:
                await self._send(kept.entry, colouring, piece)
        return await self._ledger.advance(kept, _with(kept.entry, pieces, State.ORDERED))

    async def settle(self, kept: Kept, colouring: Colouring) -> Kept:
        """Wait until it is known what became of each; one after the other, for they are in work side by side.

        Raises:
            Postponed: the queue is out of reach.
            Overtaken: somebody else has the mention.
        """
        pieces = list(colouring.pieces)
        for index, piece in enumerate(pieces):
            while not pieces[index].is_settled:
                result = await self._result(kept.entry, colouring, pieces[index])
                log.info("a result came", extra={"position": piece.position, "result": result.kind})
                pieces[index] = after(pieces[index], result)
                if not pieces[index].is_settled:  # a film's plan, or another order, is not to be forgotten
                    kept = await self._ledger.advance(kept, _with(kept.entry, tuple(pieces), State.ORDERED))
        return await self._ledger.advance(kept, _with(kept.entry, tuple(pieces), State.COLOURED))

    async def _fetched(self, piece: Piece) -> Piece:
        """The piece, with its picture in the store, or the reason why it is not."""
        if piece.is_settled or piece.source:
            return piece
        there = placed(piece)
        try:
            if await asyncio.to_thread(self._store.find, there.source) is None:
                async with self._downloads:
                    await self._download(piece, there.source)
        except Rejected as error:
            log.info("a picture cannot be fetched: %s", error.reason, extra={"position": piece.position})
            return piece.model_copy(update={"failed": REASONS.get(error.code, Reason.BROKEN)})
        return there

    async def _download(self, piece: Piece, source: str) -> None:
        if piece.attachment.url is None:
            reason = "the network does not show it"
            raise Forbidden(reason, code="protected")
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spooled:
            file = cast("BinaryIO", spooled)
            content_type = await self._platform.download(piece.attachment, file, max_bytes=self._max_bytes)
            file.seek(0)
            if self._filter is not None and not await asyncio.to_thread(self._filter, file, content_type):
                reason = "the content filter refuses it"
                raise Rejected(reason, code="filtered")
            file.seek(0)
            await asyncio.to_thread(self._store.write, source, file, content_type=content_type)

    async def _result(self, entry: Entry, colouring: Colouring, piece: Piece) -> AnyResult:
        """The next thing that is told of a piece and is not known yet."""
        async with self._results.of(piece.job_id) as following:
            result = await self._queue.last_result(piece.job_id)  # it may have been told while nobody listened
            if result is None:
                await self._send(entry, colouring, piece)
            while result is None or not is_news(result, piece):
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        result = await following()
                except TimeoutError:
                    result = await self._queue.last_result(piece.job_id)
                    if result is None:
                        await self._send(entry, colouring, piece)
        return result

    async def _send(self, entry: Entry, colouring: Colouring, piece: Piece) -> None:
        await self._queue.send(order_of(entry, colouring, piece, self._platform.limits, mark=self._mark))


def _with(entry: Entry, pieces: tuple[Piece, ...], state: State) -> Entry:
    colouring = entry.colouring
    assert colouring is not None  # noqa: S101 - pieces are of a colouring
    return entry.model_copy(update={"task": colouring.model_copy(update={"pieces": pieces}), "state": state})
