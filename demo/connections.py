"""Connections that are closed where somebody opens one and does not ask, or never comes to the end of asking."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

ASK_SECONDS: Final = 120.0
"""From the last answer, or the beginning, until a request has arrived to its last byte: half of it for a large upload
over a bad line, a quarter for a connection that is kept open without one."""

OPEN_FILES: Final = 8192
"""That are asked of the system, which gives a program a thousand or fewer: each connection is one."""

_ASKING: Final = frozenset({h11.IDLE, h11.SEND_BODY})
"""States of whoever is to ask something still, or has not come to its end."""


class PromptConnection(H11Protocol):
    """One connection of uvicorn's, with an end to waiting."""

    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its base
        """Begin to wait for the first request, as after an answer for the next one."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._unset_keepalive_if_required()
        if self._hurry is not None:
            self._hurry.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
        self._hurry = self.loop.call_later(ASK_SECONDS, self._close_if_asking)

    def _close_if_asking(self) -> None:
        if self.conn.their_state in _ASKING:
            self.transport.abort()


def allow_connections() -> None:
    """Have the system allow more connections at once, as far as it lets us."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has neither the limit nor the module
        import resource  # noqa: PLC0415 - as above

        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
        if now != resource.RLIM_INFINITY and now < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
