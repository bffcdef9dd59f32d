"""A server on loopback that answers as X might, word for word as a test has it."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from bot.platforms.twitter_credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Asked:
    """A request, with its headers' names in lower case."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer; nothing is added to its headers but its length."""

    status: int = 200
    body: Any = None
    """Bytes, or what is sent as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Cut the connection after so many bytes of the body."""


CUT = Reply(cut_after=-1)
"""No answer at all."""

Script: TypeAlias = "Callable[[Asked], Reply]"

KEYS = Credentials("consumer-key-1", "consumer-secret-2", "42-access-token-3", "access-secret-4", "bearer-token-5")

ME = Reply(body={"data": {"id": "42", "username": "colorisebot", "protected": False}})


class ScriptedX(ThreadingHTTPServer):
    """Answers by script, and remembers what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scripts: dict[str, Script | list[Reply]] = {"GET /2/users/me": [ME]}
        """Method and path → what to answer; of a list one after the other, the last for ever."""
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def reply(self, asked: Asked) -> Reply:
        script = self.scripts.get(f"{asked.method} {asked.path}", [Reply(404, {"title": "Not Found"})])
        if not isinstance(script, list):
            return script(asked)
        return script.pop(0) if len(script) > 1 else script[0]

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet: clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedX
    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = -1
    """Answers go out at once and whole: two small packets would wait for each other."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
        """Stay quiet."""

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        parts = urlsplit(self.path)
        asked = Asked(self.command, headers.get("host", ""), parts.path, dict(parse_qsl(parts.query)), headers, body)
        self.server.asked.append(asked)
        reply = self.server.reply(asked)
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        if reply.body is None:
            content = b""
        if reply.cut_after == -1:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        length = {} if "Transfer-Encoding" in reply.headers else {"Content-Length": str(len(content))}
        for name, value in {**length, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: reply.cut_after])
        self.close_connection = reply.cut_after is not None

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - named by the base class


@contextlib.contextmanager
def scripted_x() -> Iterator[ScriptedX]:
    """Answer in threads while the context lasts."""
    with ScriptedX() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def tweet(post_id: str, **more: Any) -> dict[str, Any]:
    """A mention, as X writes it."""
    return {
        "id": post_id,
        "author_id": "7",
        "text": "@colorisebot please",
        "created_at": "2026-11-05T12:00:00.000Z",
        **more,
    }
