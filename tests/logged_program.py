"""One of our programs in a process of its own, whose log can be waited for."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PATIENCE_SECONDS = 180.0


class LoggedProgram:
    """Runs until the block ends, with nobody's own settings.

    Args:
        module: that `python -m` runs.
        words: its arguments.
        environment: variables of ours.
        folder: that it works in; None is the tests' own.
    """

    def __init__(self, module: str, *words: str, environment: Mapping[str, str], folder: Path | None = None) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COLORISE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            env={**clean, **environment},
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
        self.lines: list[str] = []
        """All that it has written up to now."""
        self._news: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def told(self, event: str, **wanted: object) -> list[dict[str, Any]]:
        """Lines up to now that say so."""
        found = []
        for line in list(self.lines):
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [line for line in found if line.get("event") == event and wanted.items() <= line.items()]

    def until(self, event: str) -> dict[str, Any]:
        """Wait for the next line that begins so."""
        until = time.monotonic() + PATIENCE_SECONDS
        while (told := self._news.get(timeout=max(0.0, until - time.monotonic()))) is not None:
            if str(told.get("event", "")).startswith(event):
                return told
        raise AssertionError(self.log)

    def until_ready(self, port: int) -> None:
        """Wait until it says at its health port that it is."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            with contextlib.suppress(OSError):
                if asked(port, "/_/ready")[0] == 200:
                    return
            assert self.process.poll() is None, self.log
            assert time.monotonic() < until, self.log
            time.sleep(0.02)

    def stop(self) -> int:
        """Tell it to stop: its exit code, when all of its log is there."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self._ended()

    def _ended(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            with contextlib.suppress(ValueError):
                self._news.put(json.loads(line))
        self._news.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self._ended()
        assert self.process.stderr is not None
        self.process.stderr.close()


Start: TypeAlias = "Callable[[str, str, dict[str, str]], LoggedProgram]"
"""Module, mode and environment → the program."""


@contextlib.contextmanager
def starting() -> Iterator[Start]:
    """What starts programs, which are ended with the block."""
    with contextlib.ExitStack() as stack:
        yield lambda module, mode, environment: stack.enter_context(
            LoggedProgram(module, mode, environment=environment)
        )


def asked(port: int, path: str) -> tuple[int, str]:
    """Status and words of a program's own little server."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def free_ports(count: int) -> list[int]:
    """Different ones, nobody's at the moment."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
