"""A small web server beside the work: metrics, and whether the program is well."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import TYPE_CHECKING

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from prometheus_client import CollectorRegistry
    from starlette.requests import Request

    from functions.telemetry.in_hand import WorkLog

_log = logging.getLogger(__name__)


class _Guest(uvicorn.Server):
    """A server in somebody else's event loop, who minds the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are."""
        yield


def health_app(registry: CollectorRegistry, ready: Callable[[], bool], work: WorkLog | None = None) -> Starlette:
    """Answer on `/metrics`, `/_/health` (alive while it answers) and `/_/ready` (503 while `ready` says no).

    And on `/_/work`, where there is a log of it: the orders in hand and those of lately, as JSON.
    """

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def health(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readiness(_: Request) -> Response:
        return PlainTextResponse("ready\n") if ready() else PlainTextResponse("not ready\n", status_code=503)

    async def in_hand(_: Request) -> Response:
        return JSONResponse(None if work is None else work.told())

    routes = [Route("/metrics", metrics), Route("/_/health", health), Route("/_/ready", readiness)]
    return Starlette(routes=routes if work is None else [*routes, Route("/_/work", in_hand)])


@contextlib.asynccontextmanager
async def health_server(
    registry: CollectorRegistry,
    *,
    ready: Callable[[], bool],
    host: str = "127.0.0.1",
    port: int | None = 0,
    work: WorkLog | None = None,
) -> AsyncIterator[int | None]:
    """Serve while the block lasts, in this event loop; yields the port.

    Args:
        registry: of the metrics.
        ready: whether work can be taken on.
        host: address to listen on; `0.0.0.0` lets other machines in.
        port: 0 is any free one; None serves nothing.
        work: the orders in hand, to be seen as well.

    Raises:
        OSError: the port is taken.
    """
    if port is None:
        yield None
        return
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        # asyncio sets it only where a socket names its protocol; without it every answer waits 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            health_app(registry, ready, work),
            log_config=None,  # the program's own
            access_log=False,  # a line for each look would bury the others
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = _Guest(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="health server")
        bound: int = listener.getsockname()[1]
        _log.info("serving metrics and health", extra={"host": host, "port": bound})
        try:
            yield bound
        finally:
            server.should_exit = True
            await serving
