"""A stand's stream: one connection over which mentions come as JSON, a line each, and blank lines while there are none.

It is read in a thread of its own, from which the lines come to the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any, Final

import urllib3

from bot.platforms.protocol import Unreachable
from bot.platforms.stand_http import RETRY_SECONDS, strange, unreachable
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    import requests

LONGEST_LINE: Final = 1024 * 1024
"""Bytes; a post with all that belongs to it has a few thousand."""

DOING: Final = "GET /network/stream"

_PIECE_BYTES: Final = 64 * 1024
_ENDING_SECONDS: Final = 2.0
"""For which the thread is waited for; it hangs longer only where the stand has not even answered yet."""


class StandStream:
    """Reads lines until it is stopped.

    Args:
        open_answer: connects; called in the thread.
    """

    def __init__(self, open_answer: Callable[[], requests.Response]) -> None:
        self._open_answer = open_answer
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[Mapping[str, Any] | Exception] = asyncio.Queue()
        self._stopped = threading.Event()
        self._response: requests.Response | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="stand-stream", daemon=True)

    def start(self) -> None:
        """Connect."""
        self._thread.start()

    async def lines(self) -> AsyncGenerator[Mapping[str, Any]]:
        """What the stand sends; raises where the stream ends."""
        while True:
            line = await self._lines.get()
            if isinstance(line, Exception):
                raise line
            yield line

    async def stop(self) -> None:
        """Hang up; the thread is gone soon, or as soon as the stand answers."""
        self._stopped.set()
        with self._lock:
            if self._response is not None:
                # A thread that waits for a line hears of the end at once; closing alone would wait for it.
                with contextlib.suppress(OSError, ValueError, RuntimeError):
                    self._response.raw.shutdown()
        await asyncio.to_thread(self._thread.join, _ENDING_SECONDS)

    def _run(self) -> None:
        try:
            response = self._open_answer()
        except Exception as error:  # noqa: BLE001 - it goes on in the thread of whoever listens
            self._tell(error)
            return
        with response:
            with self._lock:
                self._response = response
            try:
                self._read(response)
            except (Postponed, Rejected) as error:
                self._tell(error)
            except (OSError, ValueError, RuntimeError, AttributeError, urllib3.exceptions.HTTPError) as error:
                # The last three are how a connection that is cut from our side ends.
                self._tell(unreachable(error, doing=f"{DOING}, or was silent for too long"))
            finally:
                with self._lock:
                    self._response = None

    def _read(self, response: requests.Response) -> None:
        rest = b""
        while not self._stopped.is_set():
            piece = response.raw.read1(_PIECE_BYTES)
            if not piece:
                msg = "the stand ended the stream"
                raise Unreachable(msg, after_seconds=RETRY_SECONDS)
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > LONGEST_LINE:
                raise strange(DOING)
            for line in lines:
                if line.strip():
                    self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise strange(DOING)
        self._tell(told)

    def _tell(self, what: Mapping[str, Any] | Exception) -> None:
        # After the end there is nobody to tell, and perhaps no loop.
        if not self._stopped.is_set():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._lines.put_nowait, what)
