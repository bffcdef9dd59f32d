"""A gateway on loopback that calls functions as OpenFaaS's does: at once, or later with a callback.

As OpenFaaS's gateway and its queue worker do (read in their sources), a call for later passes all of its caller's
headers on to the function, `X-Callback-Url` among them.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import threading
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOP: Final = frozenset({"connection", "content-length", "host", "transfer-encoding"})
"""Headers of one connection, which are not passed on."""

PATIENCE_SECONDS: Final = 300.0


@contextlib.contextmanager
def gateway(functions: Mapping[str, int]) -> Iterator[int]:
    """Serve while the block lasts; yields the port.

    Args:
        functions: name → port on this machine.
    """
    later: list[threading.Thread] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        """Calls functions."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(HTTPStatus.OK if self.path == "/_/health" else HTTPStatus.NOT_FOUND, {}, b"")

        def do_POST(self) -> None:
            _, way, name, *rest = self.path.split("/", 3)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if way not in {"function", "async-function"} or name not in functions:
                self._answer(HTTPStatus.NOT_FOUND, {}, b"")
                return
            headers = {"X-Call-Id": str(uuid.uuid4()), **dict(self.headers.items())}
            where = functions[name], "/" + "".join(rest)
            if way == "function":
                self._answer(*_called(*where, headers, body))
                return
            thread = threading.Thread(target=_call_later, args=(*where, headers, body))
            later.append(thread)
            thread.start()
            self._answer(HTTPStatus.ACCEPTED, {"X-Call-Id": headers["X-Call-Id"]}, b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, text in headers.items():
                if name.lower() not in HOP:
                    self.send_header(name, text)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            for thread in [serving, *later]:
                thread.join(PATIENCE_SECONDS)


def _call_later(port: int, path: str, headers: Mapping[str, str], body: bytes) -> None:
    status, answered, answer = _called(port, path, headers, body)
    given = {name.lower(): text for name, text in headers.items()}
    link = given.get("x-callback-url")
    if link is not None:
        parts = urlsplit(link)
        about = {**answered, "X-Function-Status": str(status), "X-Call-Id": given["x-call-id"]}
        _called(parts.port or 80, parts.path, about, answer)


def _called(port: int, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body with which something on this machine answers a POST."""
    passed = {name: text for name, text in headers.items() if name.lower() not in HOP}
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        line.request("POST", path, body, passed)
        answered = line.getresponse()
        return answered.status, dict(answered.getheaders()), answered.read()
    finally:
        line.close()
