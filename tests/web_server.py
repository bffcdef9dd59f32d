"""Routes behind a real server on loopback, in the test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp


class _Guest(uvicorn.Server):
    """A server that leaves the signals to the test."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(what: Sequence[BaseRoute] | ASGIApp, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve while the block lasts; gives the address. What is open still is broken off in the end."""
    app = what if callable(what) else Starlette(routes=list(what))
    # The protocol is named: asyncio lets small packets go at once only where it is.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind((host, 0))
        listener.listen()
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=0)
        server = _Guest(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
