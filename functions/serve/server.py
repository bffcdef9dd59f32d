"""Runs an application until it is told to stop, and then until the last call is answered."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from functions.serve.application import application
from functions.serve.gate import Gate

if TYPE_CHECKING:
    from types import FrameType

    from starlette.types import ASGIApp

    from functions.serve.function import Function

PORT: Final = 8080
"""Where OpenFaaS calls its functions."""

LAST_BYTES_SECONDS: Final = 10
"""For callers to take their answers, once all calls are answered and the server stops."""


async def serve(
    function: Function,
    *,
    host: str = "0.0.0.0",  # noqa: S104 - in a container
    port: int = PORT,
    listener: socket.socket | None = None,
) -> None:
    """Serve a function until SIGTERM or SIGINT, and then until all calls are answered; a second one ends it.

    While it drains it goes on listening, and refuses calls with 503. In a thread other than the main one it listens to
    no signals.

    Args:
        function: what to serve.
        host: address to listen at.
        port: to listen at.
        listener: a socket to use instead of host and port.

    Raises:
        OSError: nothing can listen there.
        Exception: whatever warming up failed with.
    """
    gate = Gate(function.limits.max_inflight)
    listener = listener or listening(host, port)
    await _Server(application(function, gate), gate).serve(sockets=[listener])
    if gate.failure is not None:
        raise gate.failure


def listening(host: str, port: int) -> socket.socket:
    """Listen; `::` is all addresses, of both kinds.

    Raises:
        OSError: nothing can listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dual = host == "::" and socket.has_dualstack_ipv6()
    listener = socket.create_server((host, port), family=family, dualstack_ipv6=dual)
    # Connections inherit it. asyncio sets it only where a socket names its protocol, which these do not; without it
    # every answer waits 40 ms, for head and body are sent apart.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """Uvicorn, but draining: it would stop listening at once, and callers would see refused connections."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        config = uvicorn.Config(
            app,
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=LAST_BYTES_SECONDS,
        )
        super().__init__(config)
        self._gate = gate

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - named by the base class
        """Drain; the second time, stop. Called between any two instructions: nothing else may be done here."""
        if self._gate.draining:
            self.should_exit = self.force_exit = True
        self._gate.drain()

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop now; asked ten times a second."""
        return await super().on_tick(counter) or self._gate.finished
