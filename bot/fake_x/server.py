"""The server around a fake X: on loopback, in this thread or in one of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.fake_x.application import application
from bot.fake_x.exchange import TRANSPORT

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from bot.fake_x.fake import FakeX


class _CuttableProtocol(H11Protocol):
    """Lets a request know its connection, so that it can be cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Server(uvicorn.Server):
    def __init__(self, fake: FakeX, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._fake = fake

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as its base has it
        """Let go of everybody: the server waits for its requests to end. A second signal does not wait."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._fake.stop()


def _listening(host: str, port: int) -> socket.socket:
    """Listen; asyncio sends small answers at once only on a socket that names its protocol."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(1024)
    except OSError:
        made.close()
        raise
    return made


class FakeXServer:
    """A fake X that listens as soon as this is made. As a context manager it answers in a thread of its own."""

    def __init__(self, fake: FakeX) -> None:
        self.fake = fake
        self._socket = _listening(fake.settings.host, fake.settings.port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{fake.settings.host}:{self.port}"
        self._server = _Server(
            fake,
            uvicorn.Config(
                application(fake),
                http=_CuttableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=120,
                timeout_graceful_shutdown=1,
            ),
        )
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Answer until SIGTERM or SIGINT comes."""
        asyncio.run(self._serve())

    def __enter__(self) -> Self:
        """Answer from now on."""
        self._thread = threading.Thread(target=self.run, name="fake X", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, and wait for it."""
        self.fake.stop()
        self._server.should_exit = True
        if self._thread:
            self._thread.join(30)

    async def _serve(self) -> None:
        with self._socket:
            await self._server.serve(sockets=[self._socket])
