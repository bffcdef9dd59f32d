"""A real file server on loopback that misbehaves as it is told."""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Offer:
    """A file, and how it is served."""

    body: bytes
    etag: str = ""
    ranges: bool = True
    chunked: bool = False
    """No Content-Length; the end of the connection is the end of the file."""
    breaks: deque[int] = field(default_factory=deque)
    """For each request in turn: cut the connection after so many bytes of the body. Later ones are whole."""
    stalls: deque[int] = field(default_factory=deque)
    """For each request in turn: send so many bytes of the body, then nothing."""
    statuses: deque[int] = field(default_factory=deque)
    """For each request in turn: answer with this status instead."""
    redirect: str = ""


class FileServer(ThreadingHTTPServer):
    """Serves `offers` by path, and remembers who asked for what."""

    daemon_threads = True

    def __init__(self, *, certificates: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.offers: dict[str, Offer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Path and headers of each request, in order."""
        self.closing = threading.Event()
        self._scheme = "https" if certificates else "http"
        if certificates:
            self.socket = certificates.wrap_socket(self.socket, server_side=True)

    @property
    def address(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}"

    def ranges_asked(self) -> list[str]:
        return [headers.get("range", "") for _, headers in self.asked]

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet: clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: FileServer
    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
        """Stay quiet."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        offer = self.server.offers.get(self.path)
        if offer is None:
            self.send_error(404)
        elif offer.statuses:
            self.send_error(offer.statuses.popleft())
        elif offer.redirect:
            self.send_response(302)
            self.send_header("Location", offer.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(offer)

    def _send(self, offer: Offer) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        current = self.headers.get("If-Range", offer.etag) == offer.etag
        start = int(wanted[1]) if wanted and offer.ranges and current else 0
        if start and start >= len(offer.body):
            self.send_error(416)
            return
        body = offer.body[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(offer.body) - 1}/{len(offer.body)}")
        if not offer.chunked:
            self.send_header("Content-Length", str(len(body)))
        if offer.etag:
            self.send_header("ETag", offer.etag)
        self.end_headers()
        if offer.breaks:
            self.wfile.write(body[: offer.breaks.popleft()])
        elif offer.stalls:
            self.wfile.write(body[: offer.stalls.popleft()])
            self.wfile.flush()
            self.server.closing.wait(30)
        else:
            self.wfile.write(body)


@contextlib.contextmanager
def serving(certificates: ssl.SSLContext | None = None) -> Iterator[FileServer]:
    """Serve in a thread while the context lasts."""
    with FileServer(certificates=certificates) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


class Authority:
    """Issues the server's certificate; clients trust it by a file or by a context."""

    def __init__(self) -> None:
        self._authority = trustme.CA()

    def server_side(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert("127.0.0.1").configure_cert(context)
        return context

    def client_side(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context

    def write(self, path: Path) -> Path:
        """Write the authority's certificate, for SSL_CERT_FILE."""
        self._authority.cert_pem.write_to_path(str(path))
        return path
