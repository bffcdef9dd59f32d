"""Streams of server-sent events: a bounded number of them, which end when the stand does."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sse_starlette import EventSourceResponse

from demo.addresses import is_at_machine
from demo.answers import Later

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from demo.figures import Figures

PING_SECONDS: Final = 15
"""Between signs of life: after that it is noticed that nobody listens any more."""

MOST: Final = 400
"""Streams at once to others than the stand's own machine."""

WATCHING: Final = 250
"""Of them on wall, timeline and machine room: however many watch, visitors hear of their own pictures."""

OF_A_VISIT: Final = 8
"""Of them for one visit: a booth, some phones, and those of them that have lost their line and come again."""

RESERVE: Final = 60
"""Further ones, for the stand's own machine."""

SEND_SECONDS: Final = 30.0
"""That a listener may not read: then it is let go of, and comes again."""

AGAIN_SECONDS: Final = 2.0

WATCHED: Final = ""
"""Instead of a visit's id: what everybody may watch."""


class Streams:
    """All that are open.

    Args:
        figures: count them.
        most: at once.
        watching: of them that are of no visit.
        reserve: of the stand's own machine, beside them.
    """

    def __init__(self, figures: Figures, *, most: int = MOST, watching: int = WATCHING, reserve: int = RESERVE) -> None:
        self._figures = figures
        self._most = most
        self._watching = watching
        self._reserve = reserve
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many there are."""
        return self._open.total()

    def answer(
        self, request: Request, events: AsyncIterator[tuple[str, Any]], *, visit: str = WATCHED
    ) -> EventSourceResponse:
        """Answer with a stream of names and data.

        Args:
            request: that is answered.
            events: of the stream.
            visit: id of the one that it tells of.

        Raises:
            Later: there are too many already ("busy").
        """
        extra = self._reserve if is_at_machine(request) else 0
        most_alike = self._watching if visit == WATCHED else OF_A_VISIT
        if self.open >= self._most + extra or self._open[visit] >= most_alike + extra:
            msg = "too many are watching already: try again in a moment"
            raise Later(msg, code="busy", after_seconds=AGAIN_SECONDS)
        return _Stream(self, visit, _encoded(events))

    def counted(self, visit: str, change: int) -> None:
        """One more, or one less."""
        self._open[visit] += change
        if not self._open[visit]:
            del self._open[visit]
        self._figures.streams.set(self.open)


class _Stream(EventSourceResponse):
    def __init__(self, streams: Streams, visit: str, events: AsyncIterator[dict[str, str]]) -> None:
        super().__init__(events, ping=PING_SECONDS, send_timeout=SEND_SECONDS)
        self._streams = streams
        self._visit = visit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._streams.counted(self._visit, 1)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.counted(self._visit, -1)


async def _encoded(events: AsyncIterator[tuple[str, Any]]) -> AsyncIterator[dict[str, str]]:
    async for name, told in events:
        yield {"event": name, "data": json.dumps(told, ensure_ascii=False, separators=(",", ":"))}
