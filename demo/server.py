"""Serves the stand until it is told to stop: then streams of events end, and so does it, within two seconds."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final

import uvicorn
from sse_starlette.sse import AppStatus

from demo.connections import PromptConnection, allow_connections
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

LAST_SECONDS: Final = 1
"""For answers that are under way when it stops; streams hear of it within half of it."""

KEEP_ALIVE_SECONDS: Final = 30
"""That a connection without a request stays open: phones on a bad line do not connect anew for each picture."""


class _Guest(uvicorn.Server):
    """A server in somebody else's event loop, who minds the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are."""
        yield


def listening(host: str, port: int) -> socket.socket:
    """Listen.

    Raises:
        OSError: nothing can listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dual = host == "::" and socket.has_dualstack_ipv6()
    listener = socket.create_server((host, port), family=family, dualstack_ipv6=dual, backlog=512)
    # Connections inherit it; without it, answers of which head and body are sent apart wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def serve(
    app: ASGIApp, listener: socket.socket, stop: asyncio.Event, *, certificate: tuple[Path, Path] | None = None
) -> None:
    """Serve until `stop` is set.

    Args:
        app: the stand.
        listener: from `listening`; closed in the end.
        stop: when to end.
        certificate: files with a certificate and its key; None speaks plain HTTP.

    Raises:
        OSError: the certificate cannot be read, or is none.
        Rejected: the stand could not be started; the log has it ("not-started").
    """
    allow_connections()
    files = {} if certificate is None else {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]}
    config = uvicorn.Config(
        app,
        http=PromptConnection,
        lifespan="on",
        log_config=None,  # the program's own
        access_log=False,  # addresses hold tokens
        server_header=False,
        proxy_headers=False,
        ws="none",
        h11_max_incomplete_event_size=64 * 1024,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=LAST_SECONDS,
        **files,  # type: ignore[arg-type] # of all options, mypy says
    )
    server = _Guest(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="stand")
    stopping = asyncio.create_task(stop.wait(), name="told to stop")
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        AppStatus.should_exit = True  # a flag of the whole process: all streams of events end
        server.should_exit = True
        try:
            await serving
        finally:
            AppStatus.should_exit = False
            listener.close()
    if not server.started:
        msg = "the stand could not be started: its log says why"
        raise Rejected(msg, code="not-started")
