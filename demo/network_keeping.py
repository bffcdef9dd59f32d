"""The pretend network's memory: what happens on it is written down, so that a restart of the stand loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from demo.network_posts import ENTRIES, PEOPLE, UPLOADS, Happening
from functions.errors import Postponed, Rejected
from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from pydantic import TypeAdapter

    from demo.network import Network
    from demo.network_posts import Media
    from functions.queues.records import Records
    from functions.stores.protocol import ObjectStore

PAUSE_SECONDS: Final = 1.0
"""Before what could not be written is written again."""

FORGET_SECONDS: Final = 60.0
"""Between looks for what is too old."""

PATIENCE_SECONDS: Final = 2.0
"""That whoever posts waits until it is written down; then it is shown all the same, and written when that works."""

_Kept = TypeVar("_Kept")

_log = logging.getLogger(__name__)


class NetworkKeeping:
    """Writes down what happens, one thing after another.

    Args:
        network: whose memory this is.
        book: with records `post.ID`, `person.ID` and `upload.KEY`; each is kept for a day.
        store: with the files.
    """

    def __init__(self, network: Network, book: Records, store: ObjectStore) -> None:
        self._network = network
        self._book = book
        self._store = store
        self._to_write: asyncio.Queue[Happening] = asyncio.Queue()

    @contextlib.asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Remember what was written down; then write down what happens while the block lasts.

        Raises:
            Postponed: the book cannot be read.
        """
        self._network.restore(
            await self._all("person", PEOPLE), await self._all("upload", UPLOADS), await self._all("post", ENTRIES)
        )
        stop_listening = self._network.listen(self._to_write.put_nowait)
        self._to_write.put_nowait(Happening("joined", person=self._network.bot))
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._forget())]
        try:
            yield
        finally:
            stop_listening()
            await self.written()
            await end(tasks)

    async def written(self) -> None:
        """Wait until all that happened so far is written down, for `PATIENCE_SECONDS` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._to_write.join()

    async def _all(self, prefix: str, adapter: TypeAdapter[_Kept]) -> list[_Kept]:
        found = []
        async for record in self._book.under(prefix):
            try:
                found.append(adapter.validate_json(record.value))
            except ValidationError:
                _log.warning("a record cannot be read and is passed over: %s", record.key)
        return found

    async def _write(self) -> None:
        while True:
            happening = await self._to_write.get()
            while True:
                try:
                    await self._write_down(happening)
                    break
                except Postponed as error:
                    _log.warning("what happens on the timeline cannot be written down now: %s", error.reason)
                    await asyncio.sleep(PAUSE_SECONDS)
                except Rejected as error:
                    _log.error("what happened on the timeline is not written down: %s", error.reason)
                    break
            self._to_write.task_done()

    async def _write_down(self, happening: Happening) -> None:
        entry, person, media = happening.entry, happening.person, happening.media
        put: list[Callable[[], Awaitable[object]]] = []
        if happening.what == "posted" and entry:
            put.append(lambda: self._book.put(f"post.{entry.id}", ENTRIES.dump_json(entry)))
            # A record ends a day after it was written, and nobody is to be gone before what they said.
            person = self._network.people.get(entry.author)
        if person:
            put.append(lambda: self._book.put(f"person.{person.id}", PEOPLE.dump_json(person)))
        if happening.what == "uploaded" and media:
            put.append(lambda: self._book.put(f"upload.{media.key}", UPLOADS.dump_json(media)))
        for write in reversed(put):  # the author before the post
            await write()
        if happening.what in {"deleted", "forgotten"} and entry:
            await self._book.delete(f"post.{entry.id}")
            for each in entry.media if entry.retweets is None else ():
                await self._delete_file(each)
        if happening.what == "expired" and media:
            await self._delete_file(media)

    async def _delete_file(self, media: Media) -> None:
        await self._book.delete(f"upload.{media.key}")
        await asyncio.to_thread(self._store.delete, media.object_name)

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(FORGET_SECONDS)
            self._network.forget()
