"""A callback address on loopback that fails as often as it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.http_web import raw_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


@dataclass
class Receiver:
    """What was posted; for each post in turn a status to answer with, 0 to hang up, and 200 after the last."""

    statuses: deque[int]
    port: int = 0
    tries: int = 0
    taken: asyncio.Queue[tuple[dict[str, str], bytes]] = field(default_factory=asyncio.Queue)
    """Headers in lower case and bodies of those answered with 200."""

    @property
    def link(self) -> str:
        return f"http://127.0.0.1:{self.port}/back"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.tries += 1
        status = self.statuses.popleft() if self.statuses else 200
        if not status:
            return
        writer.write(f"HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        if status == 200:
            self.taken.put_nowait((headers, body))


@contextlib.asynccontextmanager
async def receiving(statuses: Sequence[int] = ()) -> AsyncIterator[Receiver]:
    """Listen while the block lasts."""
    receiver = Receiver(deque(statuses))
    async with raw_server(receiver.answer) as receiver.port:
        yield receiver
