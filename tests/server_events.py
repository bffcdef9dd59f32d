"""Server-sent events as a browser hears them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import httpx

from cli.demo_visitor import events_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LONG_SECONDS = 60


class Events:
    """What comes on one stream: pairs of a name, `message` where there is none, and what was said."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._told = events_of(response)

    async def next(self, *names: str) -> tuple[str, Any]:
        """The next event of these names; of any, where none is given."""
        async with asyncio.timeout(LONG_SECONDS):
            while True:
                event = await self._event()
                if not names or event[0] in names:
                    return event

    async def until(self, name: str, **wanted: object) -> dict[str, Any]:
        """The next event of this name with these fields."""
        async with asyncio.timeout(LONG_SECONDS):
            while True:
                found, said = await self._event()
                if found == name and all(said.get(field) == value for field, value in wanted.items()):
                    return dict(said)

    async def _event(self) -> tuple[str, Any]:
        async for event in self._told:
            return event
        msg = "the stream ended"
        raise ConnectionError(msg)


@contextlib.asynccontextmanager
async def listening(address: str) -> AsyncIterator[Events]:
    """Listen while the block lasts; each stream has a connection of its own."""
    async with (
        httpx.AsyncClient(timeout=LONG_SECONDS, trust_env=False) as client,
        client.stream("GET", address) as response,
    ):
        yield Events(response)
