"""The machine room's page: what the functions are doing, and buttons to add, remove and kill workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.addresses import is_local
from demo.answers import in_words, plainly
from demo.machine_moments import Moment
from demo.machine_tries import trace
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from demo.answers import Say
    from demo.events import Streams
    from demo.machine import Machine
    from demo.machine_tries import VisitSteps

STATUSES: Final = {
    "forbidden": 403,
    "no-such-program": 404,
    "no-such-trace": 404,
    "busy": 503,
    "wrong-token": 502,
}
"""Code of a refusal → status; others are 409: it cannot be done as things are."""

StepsOf: TypeAlias = "Callable[[str], Awaitable[VisitSteps | None]]"
"""Id of a visit, or of its job → its own side of the way; None where there is no such visit."""


async def no_visits(_: str) -> VisitSteps | None:
    """Of a stand without visits."""
    return None


class MachineRoom:
    """Routes of the page.

    Args:
        machine: what is shown.
        streams: all that the stand has open.
        may_control: whether somebody may use the buttons.
        steps_of: what visits know of their own way.
        say: request, code and reason → a sentence for whoever asks.
    """

    def __init__(
        self,
        machine: Machine,
        streams: Streams,
        *,
        may_control: Callable[[Request], bool] = is_local,
        steps_of: StepsOf = no_visits,
        say: Say = plainly,
    ) -> None:
        self._machine = machine
        self._streams = streams
        self._may_control = may_control
        self._steps_of = steps_of
        self._say = say

    @property
    def routes(self) -> list[BaseRoute]:
        """To be mounted at the root."""
        workers = "/api/machine/workers"

        def of(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
            return in_words(answer, self._say, STATUSES, otherwise=409)

        return [
            Route("/api/machine/events", of(self._events)),
            Route(workers, of(self._add), methods=["POST"]),
            Route(f"{workers}/{{name}}", of(self._remove), methods=["DELETE"]),
            Route(f"{workers}/{{name}}/kill", of(self._kill), methods=["POST"]),
            Route("/api/machine/traces/{id}", of(self._trace)),
        ]

    async def _events(self, request: Request) -> Response:
        return self._streams.answer(request, self._told())

    async def _told(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        with self._machine.news.listening() as news:
            for moment in self._machine.moments:
                yield _event(moment)
            yield _event(self._machine.state())
            self._machine.look_soon()
            async for thing in news:
                yield _event(thing)

    async def _add(self, request: Request) -> Response:
        return await self._done(request, 201, "add")

    async def _remove(self, request: Request) -> Response:
        return await self._done(request, 202, "remove", self._worker(request))

    async def _kill(self, request: Request) -> Response:
        return await self._done(request, 202, "kill", self._worker(request))

    def _worker(self, request: Request) -> str:
        """The worker that is named: queue and store are programs of `colorise up` as well, and not for this page."""
        name: str = request.path_params["name"]
        if self._may_control(request) and not self._machine.has_worker(name):
            msg = f"there is no worker {name}"
            raise Rejected(msg, code="no-such-program")
        return name

    async def _done(self, request: Request, status: int, do: str, name: str | None = None) -> Response:
        if not self._may_control(request):
            msg = "this can be done at the stand's own machine, or by its operator"
            raise Rejected(msg, code="forbidden")
        answer = await self._machine.control.ask(do, name)
        self._machine.look_soon()
        return JSONResponse({"name": answer.get("name"), "state": answer.get("state")}, status)

    async def _trace(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        visit = await self._steps_of(wanted)
        tries = self._machine.tries.of(wanted if visit is None else visit.job)
        if visit is None and not tries:
            msg = "nothing is known any more of the way of this picture"
            raise Rejected(msg, code="no-such-trace")
        return JSONResponse(trace(tries, visit))


def _event(thing: Moment | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name and data; `message` is what browsers call an event without a name."""
    return ("moment", thing.told()) if isinstance(thing, Moment) else ("message", thing)
