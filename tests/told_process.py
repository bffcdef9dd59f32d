"""A program in a process of its own that tells what happens, a line of JSON each, and can be waited for."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import psutil  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONG_SECONDS = 120


class ToldProcess:
    """Started with nobody's own settings; ended with the block.

    Args:
        words: the command.
        environment: more of it.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COLORISE_")}
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**clean, **(environment or {})}
        )
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.seen: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        """Lines of standard error."""
        self._readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_complaints, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def _read_complaints(self) -> None:
        assert self.process.stderr is not None
        self.complaints.extend(line.rstrip("\n") for line in self.process.stderr)

    def heard(self, **wanted: object) -> dict[str, Any]:
        """The next event with these fields."""
        until = time.monotonic() + LONG_SECONDS
        while True:
            event = self._events.get(timeout=max(0, until - time.monotonic()))
            assert event is not None, f"it ended: {self.complaints}; before: {self.seen}"
            self.seen.append(event)
            if all(event.get(name) == value for name, value in wanted.items()):
                return event

    def processes(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def ended(self) -> int:
        """Its exit code, once it has ended of itself; everything that it said is in `seen` and `complaints` then."""
        code = self.process.wait(LONG_SECONDS)
        for reader in self._readers:
            reader.join(LONG_SECONDS)
        while (event := self._events.get(timeout=LONG_SECONDS)) is not None:
            self.seen.append(event)
        self._events.put(None)
        return code

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(LONG_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.process.poll() is None:
                self.end(signal.SIGTERM)
        finally:
            self.process.kill()
