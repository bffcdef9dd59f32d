"""A bot of the drill as a program of its own: started, frozen, killed, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psutil  # type: ignore[import-untyped]

from cli.drill_up import PATIENCE_SECONDS
from cli.up_keeper import apart, bound_to_us
from functions.errors import Rejected

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STOP_SECONDS: Final = 20.0
"""That a program may take to end when it is asked to."""


@dataclass(slots=True)
class BotProcess:
    """A `python -m bot`."""

    number: int
    process: Process
    log: Path
    ended_by_us: bool = False
    is_frozen: bool = False

    @property
    def lives(self) -> bool:
        """Whether it runs."""
        return self.process.returncode is None

    def freeze(self) -> None:
        """Have it stand still."""
        self.is_frozen = True
        psutil.Process(self.process.pid).suspend()

    async def kill(self) -> None:
        """End it as a crash would."""
        self.ended_by_us = True
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """Ask it to stop, and wait for it."""
        self.ended_by_us = True
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        if self.lives:
            self.process.kill()
            await self.process.wait()

    def lines(self) -> list[dict[str, Any]]:
        """What it has written into its log."""
        found = []
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [line for line in found if isinstance(line, dict)]

    async def metrics_address(self) -> str:
        """Where its metrics are, as its log says.

        Raises:
            Rejected: it does not say so ("ended").
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while self.lives:
                    for line in self.lines():
                        if "port" in line and line.get("event") == "serving metrics and health":
                            return f"http://127.0.0.1:{line['port']}/metrics"
                    await asyncio.sleep(0.1)
        msg = f"bot {self.number} of the drill does not start: see {self.log}"
        raise Rejected(msg, code="ended")


async def started(command: Sequence[str], log: Path, told: Mapping[str, str], *, stdout: int | None) -> Process:
    """Start a program of ours, whose errors go into its log; nobody's own settings reach it."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("COLORISE_")}
    with log.open("wb") as file:
        return await asyncio.create_subprocess_exec(
            *bound_to_us(list(command)),
            stdin=asyncio.subprocess.DEVNULL if stdout is None else asyncio.subprocess.PIPE,
            stdout=file if stdout is None else stdout,
            stderr=file,
            env={**ours, **told},
            **apart(),
        )
