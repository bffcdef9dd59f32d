"""Streams of events of the stub of the stand, that a test in another thread may add to."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from sse_starlette import EventSourceResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response


class Channel:
    """Events told to all who listen; whoever comes late hears all that `remembered` keeps.

    Its methods belong to the loop of the server.
    """

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.listeners: set[asyncio.Queue[tuple[str, Any] | None]] = set()
        self.arrived = asyncio.Event()
        """Set when somebody listens."""

    def tell(self, event: str, data: Any, *, remembered: bool = True) -> None:
        """Tell it now; an empty name is that of events without one."""
        if remembered:
            self.told.append((event, data))
        for listener in self.listeners:
            listener.put_nowait((event, data))

    def forget(self, event: str, **having: Any) -> None:
        """Late listeners do not hear of those events whose data has these values."""
        self.told = [
            one
            for one in self.told
            if one[0] != event or any(one[1].get(name) != value for name, value in having.items())
        ]

    def break_off(self) -> None:
        """End all streams in the middle, as a broken wire does; browsers come back at once."""
        for listener in self.listeners:
            listener.put_nowait(None)

    def response(self) -> Response:
        """The stream as it is answered to a browser."""
        return EventSourceResponse(self._events())

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        queue: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
        for known in self.told:
            queue.put_nowait(known)
        self.listeners.add(queue)
        self.arrived.set()
        try:
            yield {"comment": "here", "retry": 100}
            while one := await queue.get():
                event, data = one
                yield {"event": event, "data": json.dumps(data)} if event else {"data": json.dumps(data)}
        finally:
            self.listeners.discard(queue)
