"""A proxy in front of an S3 server that misbehaves as it is told, while it runs."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cli.up_ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_BYTES: Final = 1 << 14
UPSTREAM_SECONDS: Final = 120
EVERY: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass
class Fault:
    """What is done to requests: those of `methods` whose path holds `path`; the first fault that fits one is it."""

    times: int | None = None
    """Requests that it is done to; None until `FaultProxy.pass_on`."""
    methods: frozenset[str] = EVERY
    path: str = ""
    spared: int = 0
    """Requests that would fit and pass before it begins."""


@dataclass
class Answer(Fault):
    """An S3 error instead of an answer; nothing reaches the server."""

    status: int = 503
    code: str = "SlowDown"


@dataclass
class Stall(Fault):
    """So many bytes of the answer's body, then silence until `FaultProxy.pass_on`; None does not even begin."""

    after: int | None = None


@dataclass
class Cut(Fault):
    """So many bytes of the answer's body, then the end of the connection; None does not even begin."""

    after: int | None = None


@dataclass(frozen=True)
class Request:
    """What a client sent; its body is passed on and forgotten."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)


class FaultProxy(ThreadingHTTPServer):
    """Passes on what clients send, but for `faults`; remembers what was sent."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, endpoint: str) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.upstream = urlsplit(endpoint).netloc
        self.requests: list[Request] = []
        """All of them in order, whatever became of them."""
        self.hurt: Counter[str] = Counter()
        """Kind of fault → requests that it was done to."""
        self.stalled = threading.Event()
        """Set when a request begins to wait."""
        self.released = threading.Event()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def fail(self, *faults: Fault) -> None:
        """Misbehave so, besides whatever else it was told."""
        with self._lock:
            self._faults += faults

    def pass_on(self) -> None:
        """Forget all faults; those who wait for an answer are cut off."""
        with self._lock:
            self._faults.clear()
        self.release()

    def release(self) -> None:
        """Cut off those who wait for an answer; faults that are still to come are not forgotten."""
        released, self.released = self.released, threading.Event()
        self.stalled.clear()
        released.set()

    def fault_of(self, request: Request) -> Fault | None:
        """What is done to a request, and remember it; None passes it on."""
        with self._lock:
            self.requests.append(request)
            for fault in self._faults:
                if fault.times == 0 or request.method not in fault.methods or fault.path not in request.path:
                    continue
                if fault.spared:
                    fault.spared -= 1
                    continue
                fault.times = None if fault.times is None else fault.times - 1
                self.hurt[type(fault).__name__.lower()] += 1
                return fault
        return None

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet: clients that hang up are part of it."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultProxy
    protocol_version = "HTTP/1.1"
    timeout = UPSTREAM_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
        """Stay quiet."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = self.server.fault_of(Request(self.command, self.path, headers))
        if isinstance(fault, Answer):
            self._refuse(fault)
        elif isinstance(fault, (Stall, Cut)) and fault.after is None:
            self._leave(fault)
        else:
            self._pass_on(body, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - named by the base class

    def _refuse(self, fault: Answer) -> None:
        body = f"<?xml version='1.0'?><Error><Code>{fault.code}</Code><Message>told to</Message></Error>".encode()
        self.send_response(fault.status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _leave(self, fault: Stall | Cut) -> None:
        self.wfile.flush()
        if isinstance(fault, Stall):
            released = self.server.released
            self.server.stalled.set()
            released.wait(UPSTREAM_SECONDS)
        self.close_connection = True

    def _pass_on(self, body: bytes, fault: Fault | None) -> None:
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=UPSTREAM_SECONDS)
        with contextlib.closing(upstream):
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)  # with the client's Host: it is signed
            upstream.endheaders(body or None)
            answer = upstream.getresponse()
            length = answer.getheader("Content-Length")
            whole = b"" if length is not None else answer.read()
            self.send_response(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP | {"date", "server"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", length or str(len(whole)))
            self.end_headers()
            if self.command != "HEAD":
                self._send(answer, whole, fault)

    def _send(self, answer: http.client.HTTPResponse, whole: bytes, fault: Fault | None) -> None:
        limit = fault.after if isinstance(fault, (Stall, Cut)) else None
        sent = 0
        while piece := whole or answer.read(STEP_BYTES):
            whole = b""
            if limit is not None and sent + len(piece) > limit:
                self.wfile.write(piece[: limit - sent])
                self._leave(fault)  # type: ignore[arg-type]  # only these have a limit
                return
            self.wfile.write(piece)
            sent += len(piece)


@contextlib.contextmanager
def fault_proxy(endpoint: str) -> Iterator[FaultProxy]:
    """Stand in front of the server at this URL while the context lasts."""
    with FaultProxy(endpoint) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.pass_on()
            proxy.shutdown()
            thread.join()
