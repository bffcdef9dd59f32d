"""The operator: known by a number, changes settings, clears the wall, and reads the figures."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.addresses import is_local, place_of
from demo.answers import Later, json_of
from demo.security import set_cookie
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from demo.answers import Answers
    from demo.figures import Figures
    from demo.links import Links
    from demo.retention import Retention
    from demo.rules import RuleBook
    from demo.visits import Visits
    from demo.wall import Wall

COOKIE: Final = "operator"
SESSION: Final = timedelta(hours=12)
"""A day at a fair."""

DIGITS: Final = 6
"""Of a PIN that is made here: with five tries a minute, all would take four months."""

TRIES: Final = 5
PAUSE: Final = timedelta(minutes=1)
"""So many wrong numbers from one address in so long; then none is looked at."""

PLACES: Final = 1000
"""Addresses that are remembered."""


def made_pin() -> str:
    """A number for one life of the stand."""
    return "".join(secrets.choice("0123456789") for _ in range(DIGITS))


class Doorkeeper:
    """Knows the operator.

    Args:
        pin: the operator's number.
        links: signs the session; it ends with another number as well.
        now: the clock.
    """

    def __init__(self, pin: str, links: Links, *, now: Callable[[], datetime]) -> None:
        self._pin = pin.encode()
        self._links = links
        self._now = now
        self._purpose = f"operator.{hashlib.sha256(self._pin).hexdigest()}"
        self._wrong: dict[str, deque[datetime]] = {}

    def is_operator(self, request: Request) -> bool:
        """Whether somebody has given the number. To sit at the stand's machine is not enough."""
        token = request.cookies.get(COOKIE, "")
        return self._links.read(self._purpose, token, max_age=SESSION) == COOKIE

    def may_control(self, request: Request) -> bool:
        """Whether somebody may use the buttons of the machine room: at the machine, or as the operator."""
        return is_local(request) or self.is_operator(request)

    def require(self, request: Request) -> None:
        """Let nobody else pass.

        Raises:
            Rejected: it is not the operator ("forbidden").
        """
        if not self.is_operator(request):
            msg = "only the operator may do this: give the number at /operator first"
            raise Rejected(msg, code="forbidden")

    def let_in(self, request: Request, response: Response, pin: object) -> None:
        """Begin a session.

        Raises:
            Later: the address has given too many wrong numbers ("pin-too-often").
            Rejected: the number is wrong ("wrong-pin").
        """
        place, now = place_of(request), self._now()
        wrong = self._wrong.setdefault(place, deque(maxlen=TRIES))
        while len(self._wrong) > PLACES:
            del self._wrong[next(iter(self._wrong))]
        if len(wrong) == TRIES and now - wrong[0] < PAUSE:
            msg = "that were too many wrong numbers: wait a minute"
            raise Later(msg, code="pin-too-often", after_seconds=(wrong[0] + PAUSE - now).total_seconds())
        if not isinstance(pin, str) or not hmac.compare_digest(pin.strip().encode(), self._pin):
            wrong.append(now)
            msg = "that is not the number"
            raise Rejected(msg, code="wrong-pin")
        token = self._links.token(self._purpose, COOKIE)
        set_cookie(request, response, COOKIE, token, seconds=round(SESSION.total_seconds()))


class Counter:
    """Routes behind the counter.

    Args:
        doorkeeper: knows the operator.
        answers: in words.
        rules: that may be changed.
        visits: that may be deleted.
        wall: that may be cleared.
        retention: deletes.
        figures: to be read.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - as many things as the operator may touch
        self,
        doorkeeper: Doorkeeper,
        answers: Answers,
        rules: RuleBook,
        visits: Visits,
        wall: Wall,
        retention: Retention,
        figures: Figures,
    ) -> None:
        self._doorkeeper = doorkeeper
        self._answers = answers
        self._rules = rules
        self._visits = visits
        self._wall = wall
        self._retention = retention
        self._figures = figures

    @property
    def routes(self) -> list[BaseRoute]:
        """To be mounted at the root."""
        of = self._answers.of
        return [
            Route("/api/operator/session", of(self._begin), methods=["POST"]),
            Route("/api/operator/session", of(self._end), methods=["DELETE"]),
            Route("/api/operator/settings", of(self._settings)),
            Route("/api/operator/settings", of(self._change), methods=["PUT"]),
            Route("/api/operator/wall", of(self._clear), methods=["DELETE"]),
            Route("/api/operator/visits/{id}", of(self._delete), methods=["DELETE"]),
            Route("/api/operator/figures.csv", of(self._table)),
        ]

    async def _begin(self, request: Request) -> Response:
        response = Response(status_code=204)
        self._doorkeeper.let_in(request, response, (await json_of(request)).get("pin"))
        return response

    async def _end(self, _: Request) -> Response:
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response

    async def _settings(self, request: Request) -> Response:
        self._doorkeeper.require(request)
        return JSONResponse(self._rules.now.model_dump(mode="json"))

    async def _change(self, request: Request) -> Response:
        self._doorkeeper.require(request)
        return JSONResponse((await self._rules.change(await json_of(request))).model_dump(mode="json"))

    async def _clear(self, request: Request) -> Response:
        self._doorkeeper.require(request)
        return JSONResponse({"pictures": await self._wall.clear()})

    async def _delete(self, request: Request) -> Response:
        self._doorkeeper.require(request)
        live = self._visits.find(request.path_params["id"])
        if live is not None:
            await self._retention.erase(live)
        return Response(status_code=204)

    async def _table(self, request: Request) -> Response:
        self._doorkeeper.require(request)
        headers = {"Content-Disposition": 'attachment; filename="figures.csv"'}
        return Response(self._figures.csv(), headers=headers, media_type="text/csv; charset=utf-8")
