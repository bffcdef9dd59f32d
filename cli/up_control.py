"""Adding, removing and killing workers of a running `colorise up`: lines of JSON over loopback, for who has the token.

A request is a line such as `{"token": "…", "do": "kill", "name": "colorise-1"}`; a connection may send several. The
answer is a line: `{"ok": true, …}`, or `{"ok": false, "code": "no-such-program", "reason": "…"}`. What is no such line
ends the connection without an answer, so that a page in somebody's browser gets nothing by posting here.

    status              all programs
    add                 one more worker that colours
    remove  name        a worker ends what it has in hand, and is gone then
    kill    name        SIGKILL, for a show: it is started again, and its order is given to another

run.json has the address, and the token is the secret `colorise_control_token`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from cli.up_ports import LOOPBACK
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence

    from cli.up_program import Program, Status

LONGEST_LINE: Final = 4096
"""Bytes of a request; a token and a name have a hundred."""

_log = logging.getLogger(__name__)


class Supervising(Protocol):
    """What is asked of those who keep the programs running."""

    @property
    def was_ready(self) -> bool:
        """Whether everything has been ready once."""

    @property
    def is_stopping(self) -> bool:
        """Whether all of it is being stopped."""

    def statuses(self) -> Sequence[Status]:
        """How all programs are."""

    def add(self, program: Program) -> Status:
        """Run one more."""

    def remove(self, name: str) -> Status:
        """Let one end."""

    def kill(self, name: str) -> Status:
        """Kill one."""


class Hiring(Protocol):
    """What is asked of those who know what a worker is."""

    def may_leave(self, name: str) -> bool:
        """Whether a program of this name is a worker that can be taken away."""

    def another(self, names: Collection[str]) -> Program:
        """Make one more."""


class Control:
    """Carries out requests."""

    def __init__(self, supervisor: Supervising, crew: Hiring) -> None:
        self._supervisor = supervisor
        self._crew = crew
        self._methods: dict[str, Callable[[str], dict[str, Any]]] = {
            "status": lambda _: self._status(),
            "add": lambda _: self._add(),
            "remove": self._remove,
            "kill": self._kill,
        }

    def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked, and give the answer's fields.

        Raises:
            Rejected: it cannot be done.
            OSError: a file cannot be written.
        """
        method = self._methods.get(str(request.get("do")))
        name = request.get("name", "")
        if method is None or not isinstance(name, str):
            msg = f"a request has `do`: {', '.join(self._methods)}; and `name` where it is about one program"
            raise Rejected(msg, code="bad-request")
        return method(name)

    def _status(self) -> dict[str, Any]:
        programs = [self._told(status) for status in self._supervisor.statuses()]
        return {
            "ready": self._supervisor.was_ready,
            "stopping": self._supervisor.is_stopping,
            "programs": programs,
        }

    def _add(self) -> dict[str, Any]:
        program = self._crew.another([status.name for status in self._supervisor.statuses()])
        return self._told(self._supervisor.add(program))

    def _remove(self, name: str) -> dict[str, Any]:
        if not self._crew.may_leave(name):
            self._known(name)
            msg = f"{name} cannot be taken away: there is only one of its kind"
            raise Rejected(msg, code="needed")
        return self._told(self._supervisor.remove(name))

    def _kill(self, name: str) -> dict[str, Any]:
        self._known(name)
        victim = self._told(self._supervisor.kill(name))
        _log.warning("killed as asked: %s, process %s", name, victim["pid"])
        return victim

    def _known(self, name: str) -> None:
        if name not in {status.name for status in self._supervisor.statuses()}:
            msg = f"there is no program {name}"
            raise Rejected(msg, code="no-such-program")

    def _told(self, status: Status) -> dict[str, Any]:
        shown = ("name", "state", "pid", "started", "restarts", "deaths", "how", "address", "is_worker")
        return {name: getattr(status, name) for name in shown} | {"removable": self._crew.may_leave(status.name)}


@contextlib.asynccontextmanager
async def control_server(supervisor: Supervising, crew: Hiring, *, port: int, token: str) -> AsyncIterator[None]:
    """Answer on a port of loopback while the block lasts.

    Raises:
        OSError: the port is taken.
    """
    control = Control(supervisor, crew)
    wanted = token.encode()
    open_now: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        try:
            # It is gone, or its line is too long, or none of ours.
            with contextlib.suppress(OSError, ValueError, RecursionError):
                while line := await reader.readline():
                    answer = _answer(control, _request(line), wanted)
                    writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
                    await writer.drain()
                    if answer.get("code") == "wrong-token":
                        return
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, port, limit=LONGEST_LINE)
    try:
        yield
    finally:
        server.close()
        for writer in tuple(open_now):
            writer.close()


def _request(line: bytes) -> dict[str, Any]:
    request = json.loads(line)
    if not isinstance(request, dict):
        msg = "no request"
        raise ValueError(msg)  # noqa: TRY004 - the same as a line that is no JSON
    return request


def _answer(control: Control, request: dict[str, Any], wanted: bytes) -> dict[str, Any]:
    if not hmac.compare_digest(str(request.get("token")).encode(errors="replace"), wanted):
        reason = "the token is another one: it is the secret colorise_control_token of this colorise up"
        return {"ok": False, "code": "wrong-token", "reason": reason}
    try:
        return {"ok": True} | control.carry_out(request)
    except Rejected as error:
        return {"ok": False, "code": error.code, "reason": error.reason}
    except OSError as error:
        return {"ok": False, "code": "failed", "reason": " ".join(str(error).split())}
