"""Images that `make images` has assembled, and programs that run from them; without any, these tests are skipped."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

import pytest

from infra.images.confined import Start, command
from infra.images.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER: Final = os.environ.get("COLORISE_IMAGES")

needs_images: Final = pytest.mark.skipif(
    FOLDER is None, reason="COLORISE_IMAGES names no folder of assembled images: make images-try"
)
"""Of tests that need four environments full of packages."""

PATIENCE_SECONDS: Final = 300.0
"""For what takes seconds on a machine that has nothing else to do."""


def image(name: str) -> Tree:
    """An image that was assembled."""
    assert FOLDER is not None
    return Tree.read(Path(FOLDER) / name)


def asked(
    tree: Tree, code: str, *, environment: Mapping[str, str] | None = None, confine: bool | None = None
) -> subprocess.CompletedProcess[str]:
    """Have the image's own Python carry out a few lines."""
    with command(tree, Start(["-c", code], ["python"], environment or {}), confine=confine) as (words, variables):
        return subprocess.run(
            words, env=variables, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )


class Program:
    """A program that runs from its image until the block ends.

    Args:
        tree: the image.
        words: after its entry; None takes the image's own.
        settings: variables beside the image's.
        secrets: folder that it sees where OpenFaaS puts secrets.
        port: that says whether it is ready.
    """

    def __init__(
        self, tree: Tree, words: Sequence[str] | None, settings: Mapping[str, str], *, port: int, secrets: Path
    ) -> None:
        self._stack = contextlib.ExitStack()
        self.name, self.port = tree.config.name, port
        line, variables = self._stack.enter_context(
            command(tree, Start(words, None, settings, {secrets: "/var/openfaas/secrets"}))
        )
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            line, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.told: list[str] = []
        self._reading = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reading.start()

    def until_ready(self) -> float:
        """Wait until it says that it is: seconds since its start."""
        until = self.begun + PATIENCE_SECONDS
        pause = threading.Event()
        while answer("127.0.0.1", self.port, "/_/ready") != http.client.OK:
            assert self.process.poll() is None, f"{self.name} ended: {''.join(self.told)}"
            assert time.monotonic() < until, f"{self.name} is not ready: {''.join(self.told)}"
            pause.wait(0.02)
        return time.monotonic() - self.begun

    def stop(self) -> int:
        """Tell it to stop, as a container's engine does: its exit code."""
        self.process.terminate()
        code = self.process.wait(PATIENCE_SECONDS)
        self._reading.join(PATIENCE_SECONDS)
        return code

    def _read(self, stream: IO[str]) -> None:
        self.told.extend(stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reading.join(PATIENCE_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._stack.close()


def answer(host: str, port: int, path: str) -> int | None:
    """Status with which a port answers; None where nothing does."""
    asked = http.client.HTTPConnection(host, port, timeout=10)
    try:
        asked.request("GET", path)
        return asked.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        asked.close()


def health(tree: Tree, settings: Mapping[str, str]) -> int:
    """Exit code of the image's own health check, beside a program that runs with these settings."""
    entry, *words = tree.config.health
    with command(tree, Start(words, [entry], settings)) as (line, variables):
        return subprocess.run(line, env=variables, check=False, timeout=PATIENCE_SECONDS).returncode
