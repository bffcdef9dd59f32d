"""A wire to a server that can be cut: questions still arrive for a while, answers do not."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class CutWire:
    """Passes on what is sent over loopback, both ways.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._wires: set[asyncio.StreamWriter] = set()
        self._mute = False
        self.url = ""

    def mute(self) -> None:
        """Swallow all that the server says from now on."""
        self._mute = True

    def cut(self) -> None:
        """Break all connections; new ones are passed on as at first."""
        self._mute = False
        for wire in self._wires:
            wire.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on one connection."""
        with contextlib.suppress(OSError):
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._wires |= {writer, server_writer}
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pass_on(reader, server_writer, answers=False))
                    group.create_task(self._pass_on(server_reader, writer, answers=True))
            finally:
                self._wires -= {writer, server_writer}
                server_writer.transport.abort()
        writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not (answers and self._mute):
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()


@contextlib.asynccontextmanager
async def cut_wire(port: int) -> AsyncIterator[CutWire]:
    """A wire to this port while the context lasts."""
    wire = CutWire(port)
    listener = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.url = f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        listener.close()
        wire.cut()
