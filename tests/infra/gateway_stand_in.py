"""A gateway on loopback that calls functions as OpenFaaS's does: at once, or later with a callback.

As OpenFaaS's gateway, its provider and its queue worker do (read in their sources): a call for later passes all of its
caller's headers on to the function, `X-Callback-Url` among them; a function that is not known is 404 with a line of
text; one that cannot be reached, that breaks off or that takes longer than `upstream_timeout`, is 502 without a word.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import queue
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOP: Final = frozenset({"connection", "content-length", "host", "transfer-encoding"})
"""Headers of one connection, which are not passed on."""

PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True)
class Said:
    """An answer of the gateway's own."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Fault: TypeAlias = Said | Literal["hang up", "half", "lost", "silence"]
"""What is done with a call instead of passing it on: it is answered so; the connection is closed without a word, or
in the middle of an answer; the function is called, and its answer is lost; nothing at all is said."""


@dataclass(frozen=True)
class Call:
    """A call of a function, as it arrived."""

    method: str
    path: str
    """Such as `/function/colorise`."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass
class StandIn:
    """The gateway."""

    functions: dict[str, int]
    """Name → port on this machine."""
    upstream_seconds: float = PATIENCE_SECONDS
    """OpenFaaS's `upstream_timeout`."""
    credentials: str = ""
    """That callers must have in `Authorization`, where it is not empty."""
    faults: deque[Fault] = field(default_factory=deque)
    """For each POST to a function, in turn; those that come after the last one are passed on."""
    always: Fault | None = None
    """For each POST after those."""
    calls: queue.Queue[Call] = field(default_factory=queue.Queue)
    port: int = 0
    ending: threading.Event = field(default_factory=threading.Event)
    later: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def posted(self) -> list[Call]:
        """Calls up to now, but for questions whether a function is ready."""
        return [call for call in list(self.calls.queue) if call.method == "POST"]

    def next_fault(self) -> Fault | None:
        return self.faults.popleft() if self.faults else self.always


@contextlib.contextmanager
def gateway(functions: Mapping[str, int], *, port: int = 0, **settings: object) -> Iterator[StandIn]:
    """Serve while the block lasts.

    Args:
        functions: name → port on this machine.
        port: to listen at; 0 is any free one.
        settings: fields of `StandIn`.
    """
    stand_in = StandIn(dict(functions), **settings)  # type: ignore[arg-type]
    handler = type("Handler", (_Handler,), {"gateway": stand_in})
    with _Server(("127.0.0.1", port), handler) as server:
        stand_in.port = server.server_address[1]
        serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        serving.start()
        try:
            yield stand_in
        finally:
            stand_in.ending.set()
            server.shutdown()
            for thread in [serving, *stand_in.later]:
                thread.join(PATIENCE_SECONDS)


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64
    block_on_close = False  # a caller may keep its connection


class _Handler(http.server.BaseHTTPRequestHandler):
    """Calls functions."""

    protocol_version = "HTTP/1.1"
    gateway: StandIn
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path in {"/_/health", "/healthz"}:
            self._answer(HTTPStatus.OK, {}, b"")
        else:
            self._function(b"")

    def do_POST(self) -> None:
        self._function(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _function(self, body: bytes) -> None:
        given = {name.lower(): text for name, text in self.headers.items()}
        self.gateway.calls.put(Call(self.command, self.path, given, body))
        if self.gateway.credentials and given.get("authorization") != self.gateway.credentials:
            self._answer(HTTPStatus.UNAUTHORIZED, {}, b"invalid credentials\n")
            return
        way, name, rest = [*self.path.split("/", 3)[1:], "", ""][:3]
        fault = self.gateway.next_fault() if self.command == "POST" else None
        if fault is not None and fault != "lost":
            self._misbehave(fault)
        elif way not in {"function", "async-function"} or name.partition("?")[0] not in self.gateway.functions:
            self._answer(HTTPStatus.NOT_FOUND, {}, f"error finding function {name}: server returned 404".encode())
        else:
            name, _, query = name.partition("?")
            path = f"/{rest}" + (f"?{query}" if query else "")
            self._passed_on(way, self.gateway.functions[name], path, body, lost=fault == "lost")

    def _passed_on(self, way: str, port: int, path: str, body: bytes, *, lost: bool) -> None:
        headers = {
            "X-Call-Id": str(uuid.uuid4()),
            "X-Start-Time": "1764352800000000000",
            "X-Forwarded-For": "192.0.2.7",
            "X-Forwarded-Host": self.headers.get("Host", ""),
            **dict(self.headers.items()),
        }
        if way == "async-function":
            thread = threading.Thread(target=_call_later, args=(port, path, headers, body))
            self.gateway.later.append(thread)
            thread.start()
            self._answer(HTTPStatus.ACCEPTED, {"X-Call-Id": headers["X-Call-Id"]}, b"")
            return
        try:
            said = _called(self.command, port, path, headers, body, self.gateway.upstream_seconds)
        except (OSError, http.client.HTTPException):
            lost = True
        if lost:
            self._answer(HTTPStatus.BAD_GATEWAY, {}, b"")
        else:
            self._answer(said.status, said.headers, said.body)

    def _misbehave(self, fault: Fault) -> None:
        if isinstance(fault, Said):
            self._answer(fault.status, fault.headers, fault.body)
            return
        if fault == "half":
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"results"')
        elif fault == "silence":
            self.gateway.ending.wait(PATIENCE_SECONDS)
        self.close_connection = True

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # whoever asked has gone
            self.send_response(status)
            for name, text in headers.items():
                if name.lower() not in HOP:
                    self.send_header(name, text)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


def _call_later(port: int, path: str, headers: Mapping[str, str], body: bytes) -> None:
    said = _called("POST", port, path, headers, body, PATIENCE_SECONDS)
    given = {name.lower(): text for name, text in headers.items()}
    link = given.get("x-callback-url")
    if link is not None:
        parts = urlsplit(link)
        about = {**said.headers, "X-Function-Status": str(said.status), "X-Call-Id": given["x-call-id"]}
        _called("POST", parts.port or 80, parts.path, about, said.body, PATIENCE_SECONDS)


def _called(  # noqa: PLR0913, PLR0917 - a whole request
    method: str, port: int, path: str, headers: Mapping[str, str], body: bytes, seconds: float
) -> Said:
    """What something on this machine answers."""
    passed = {name: text for name, text in headers.items() if name.lower() not in HOP}
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        line.request(method, path, body or None, passed)
        answered = line.getresponse()
        return Said(answered.status, answered.read(), dict(answered.getheaders()))
    finally:
        line.close()
