"""X's filtered stream: one connection over which posts come as JSON, a line each.

What it sends, and how its end is told: https://docs.x.com/x-api/fundamentals/consuming-streaming-data and
https://docs.x.com/x-api/fundamentals/handling-disconnections (read 2026-11).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol

import urllib3

from bot.platforms.protocol import LimitedUntil, Unreachable
from bot.platforms.twitter_errors import Answer, detail, is_second_stream, limited
from bot.platforms.twitter_http import unreachable
from bot.platforms.twitter_limits import RETRY_SECONDS
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from datetime import datetime

    import requests

URL: Final = "https://api.x.com/2/tweets/search/stream"

TAG: Final = "colorisebot"
"""Of our rule: what others made for the same app is left alone."""

LONGEST_LINE: Final = 1024 * 1024
"""Bytes; a post with all that belongs to it has a few thousand."""

_PIECE_BYTES: Final = 64 * 1024
_ENDING_SECONDS: Final = 2.0
"""For which the thread is waited for; it hangs longer only where X has not even answered yet."""

_log = logging.getLogger(__name__)


def rule(username: str) -> str:
    """What we want to hear of: https://docs.x.com/x-api/posts/filtered-stream/integrate/operators."""
    return f"@{username} -is:retweet"


class Rules(Protocol):
    """The rules of the app's stream."""

    def all(self) -> list[Mapping[str, str]]:
        """Each with `id`, `value` and `tag`."""

    def add(self, value: str, tag: str) -> Mapping[str, str]:
        """Add one, and give it as it is now."""

    def delete(self, ids: list[str]) -> None:
        """Delete some."""


def update_rules(rules: Rules, username: str) -> str:
    """See to it that there is our rule and no older one of ours, and return its id.

    The new one is added before old ones are deleted: a post that comes in between is heard twice rather than never.
    """
    wanted = rule(username)
    ours = [each for each in rules.all() if each.get("tag") == TAG]
    current = next((each for each in ours if each.get("value") == wanted), None)
    kept = (current or rules.add(wanted, TAG))["id"]
    if old := [each["id"] for each in ours if each["id"] != kept]:
        rules.delete(old)
    return kept


class StreamReader:
    """Reads a stream in a thread of its own, from which its lines come to the event loop.

    Args:
        open_answer: brings rules up to date and connects; gives our rule's id and X's answer. Called in the thread.
        now: our clock.
    """

    def __init__(
        self, open_answer: Callable[[], tuple[str, requests.Response]], *, now: Callable[[], datetime]
    ) -> None:
        self._open_answer = open_answer
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[Mapping[str, Any] | Exception | None] = asyncio.Queue()
        self._stopped = threading.Event()
        self._response: requests.Response | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="x-stream", daemon=True)

    def start(self) -> None:
        """Connect."""
        self._thread.start()

    async def lines(self) -> AsyncGenerator[Mapping[str, Any] | None]:
        """None once it is connected, then what X sends; raises where the stream ends."""
        while True:
            line = await self._lines.get()
            if isinstance(line, Exception):
                raise line
            yield line

    async def stop(self) -> None:
        """Hang up; the thread is gone soon, or as soon as X answers."""
        self._stopped.set()
        with self._lock:
            if self._response is not None:
                # A thread that waits for a line hears of the end at once; closing alone would wait for it.
                with contextlib.suppress(OSError, ValueError, RuntimeError):
                    self._response.raw.shutdown()
        await asyncio.to_thread(self._thread.join, _ENDING_SECONDS)

    def _run(self) -> None:
        try:
            rule_id, response = self._open_answer()
        except (Postponed, Rejected) as error:
            self._tell(error)
            return
        except Exception as error:  # noqa: BLE001 - it goes on in the thread of whoever listens
            self._tell(error)
            return
        with response:
            with self._lock:
                self._response = response
            try:
                if not self._stopped.is_set():
                    self._tell(None)
                    self._read(response, rule_id)
            except (Postponed, Rejected) as error:
                self._tell(error)
            except (OSError, ValueError, RuntimeError, AttributeError, urllib3.exceptions.HTTPError) as error:
                # The last three are how a connection that is cut from our side ends.
                self._tell(unreachable(error, doing="the stream, or was silent for too long"))
            finally:
                with self._lock:
                    self._response = None

    def _read(self, response: requests.Response, rule_id: str) -> None:
        rest = b""
        while not self._stopped.is_set():
            piece = response.raw.read1(_PIECE_BYTES, decode_content=True)
            if not piece:
                msg = "X ended the stream"
                raise Unreachable(msg, after_seconds=RETRY_SECONDS)
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > LONGEST_LINE:
                msg = f"X sent a line of more than {LONGEST_LINE} bytes on the stream"
                raise Unreachable(msg, after_seconds=RETRY_SECONDS)
            for line in lines:
                if line.strip():
                    self._hear(line, rule_id)

    def _hear(self, line: bytes, rule_id: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            _log.warning("X sent a line of %d bytes on the stream that is no JSON object; it is skipped", len(line))
        elif isinstance(told.get("data"), dict):
            matched = [str(each.get("id")) for each in told.get("matching_rules") or () if isinstance(each, dict)]
            if not matched or rule_id in matched:
                self._tell(told)
        elif told.get("errors") or told.get("connection_issue"):
            raise _ended(told, self._now())
        else:
            _log.info("X sent something on the stream that is no post; it is skipped")

    def _tell(self, what: Mapping[str, Any] | Exception | None) -> None:
        # After the end there is nobody to tell, and perhaps no loop.
        if not self._stopped.is_set():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._lines.put_nowait, what)


def _ended(told: Mapping[str, Any], now: datetime) -> LimitedUntil | Unreachable:
    if is_second_stream(told):
        return limited(Answer(429, {}, told), doing="the stream", now=now)
    return Unreachable(f"X ended the stream: {detail(told)}", after_seconds=RETRY_SECONDS)
