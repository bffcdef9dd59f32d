"""All visits that are kept: in memory for who follows them, and in the book for a restart of the stand."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from demo.visit import Visit
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from functions.queues.records import Records

PREFIX: Final = "visit"
"""Of the records' keys."""

PREVIEWS: Final = 3
"""Of a clip that are kept in memory: the page shows the newest."""

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Live:
    """A visit, and what passes by while it is in work."""

    visit: Visit
    progress: list[dict[str, Any]] = field(default_factory=list)
    """Of a clip: `done` and `of`, in frames, and the number of a `preview`."""
    previews: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=PREVIEWS))
    """Number and JPEG file."""
    task: asyncio.Task[None] | None = None
    """That works on it."""
    is_gone: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tell(self) -> None:
        """Something has changed: whoever follows looks."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def follow(self) -> AsyncIterator[tuple[str, Any]]:
        """What happened so far and what happens, until it is over: `stage`, `progress`, `done`, `failed` with data."""
        stages = progress = 0
        while not self.is_gone:
            changed = self._changed
            for stage, at in self.visit.stages[stages:]:
                stages += 1
                yield "stage", {"stage": stage, "at_ms": at}
            if progress < len(self.progress):
                progress = len(self.progress)
                yield "progress", self.progress[-1]
            if self.visit.refused is not None:
                yield "failed", self.visit.refused
                return
            if self.visit.coloured is not None:
                yield "done", self.visit.coloured
                return
            if changed is self._changed:
                await changed.wait()


class Visits:
    """By id.

    Args:
        book: where they are written down.
    """

    def __init__(self, book: Records) -> None:
        self._book = book
        self._live: dict[str, Live] = {}

    def __len__(self) -> int:
        return len(self._live)

    async def load(self) -> list[Live]:
        """Take on those of an earlier life.

        Raises:
            Postponed: the book is out of reach.
        """
        async for record in self._book.under(PREFIX):
            try:
                visit = Visit.model_validate_json(record.value)
            except ValidationError:
                log.warning("a visit cannot be read and is passed over: %s", record.key)
                continue
            self._live.setdefault(visit.id, Live(visit))
        return list(self._live.values())

    def find(self, visit_id: str) -> Live | None:
        """One that is there."""
        return self._live.get(visit_id)

    def all(self) -> list[Live]:
        """Oldest first."""
        return sorted(self._live.values(), key=lambda live: live.visit.began_at)

    async def add(self, visit: Visit) -> Live:
        """Take on a new one, and write it down.

        Raises:
            Postponed: the book is out of reach; it is not taken on.
        """
        live = Live(visit)
        self._live[visit.id] = live
        try:
            await self.write(live)
        except Postponed:
            del self._live[visit.id]
            raise
        return live

    def change(self, live: Live, visit: Visit) -> None:
        """Change what is known of one, for those who follow it; it is not written down yet."""
        live.visit = visit
        live.tell()

    async def write(self, live: Live) -> None:
        """Write down what is known now.

        Raises:
            Postponed: the book is out of reach.
        """
        async with live.writing:
            if self._live.get(live.visit.id) is live:
                await self._book.put(f"{PREFIX}.{live.visit.id}", live.visit.model_dump_json().encode())

    async def drop(self, live: Live) -> None:
        """Forget one: nothing that is still in work writes it down again.

        Raises:
            Postponed: the book is out of reach; it is forgotten here, and its record is left to `forgotten`.
        """
        self._live.pop(live.visit.id, None)
        live.is_gone = True
        live.tell()
        async with live.writing:
            await self._book.delete(f"{PREFIX}.{live.visit.id}")

    @staticmethod
    def require(live: Live | None) -> Live:
        """One that is there.

        Raises:
            Rejected: it is not ("gone").
        """
        if live is None or live.is_gone:
            msg = "this picture is not here any more"
            raise Rejected(msg, code="gone")
        return live


def in_work(lives: Iterable[Live]) -> list[Live]:
    """Those of which it is not known what became of them."""
    return [live for live in lives if not live.visit.is_settled]
