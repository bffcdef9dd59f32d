"""The wall over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from demo.answers import Answers
    from demo.events import Streams
    from demo.wall import Wall


class WallApi:
    """Routes of the wall: pictures come and go by their visits.

    Args:
        wall: to be shown.
        answers: in words.
        streams: all that are open.
    """

    def __init__(self, wall: Wall, answers: Answers, streams: Streams) -> None:
        self._wall = wall
        self._answers = answers
        self._streams = streams

    @property
    def routes(self) -> list[BaseRoute]:
        """To be mounted at the root."""
        return [Route("/api/wall/events", self._answers.of(self._events))]

    async def _events(self, request: Request) -> Response:
        return self._streams.answer(request, self._wall.follow())
