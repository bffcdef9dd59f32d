"""What happens, told to all who listen at the moment; who is too slow is let go of, and comes again by themselves."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

BEHIND: Final = 1000
"""Things that a listener may lag behind: a browser on a bad line, not one that has gone to sleep."""

_Thing = TypeVar("_Thing")


class FanOut(Generic[_Thing]):
    """Tells things to listeners. Use it from one event loop."""

    def __init__(self) -> None:
        self._listeners: list[asyncio.Queue[_Thing | None]] = []

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._listeners)

    def tell(self, thing: _Thing) -> None:
        """Tell it to all."""
        for heard in tuple(self._listeners):
            if heard.qsize() < BEHIND:
                heard.put_nowait(thing)
            else:
                self._listeners.remove(heard)
                heard.put_nowait(None)

    @contextlib.contextmanager
    def listening(self) -> Iterator[AsyncIterator[_Thing]]:
        """What is told while the block runs; it ends early for who is too slow."""
        heard: asyncio.Queue[_Thing | None] = asyncio.Queue()
        self._listeners.append(heard)
        try:
            yield _told(heard)
        finally:
            if heard in self._listeners:
                self._listeners.remove(heard)


async def _told(heard: asyncio.Queue[_Thing | None]) -> AsyncIterator[_Thing]:
    while (thing := await heard.get()) is not None:
        yield thing
