"""A `colorise up` of a drill's own, in a process of its own: started, listened to, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cli.up_address import Running, find_running
from cli.up_keeper import apart, bound_to_us
from cli.up_program import State
from functions.errors import Rejected

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

PATIENCE_SECONDS: Final = 180.0
"""For what takes seconds: a busy machine may stand still for a minute."""

STOP_SECONDS: Final = 60.0
"""That it may take to stop; then it is killed, and what it runs with it."""

LINE_BYTES: Final = 1 << 20
"""Of what it says at once; a death comes with the last line of a log."""


@dataclass
class DrillUp:
    """A `colorise up` that runs, as its own lines tell of it."""

    data: Path
    process: Process
    states: dict[str, State] = field(default_factory=dict)
    """Program → what it is doing."""
    deaths: list[dict[str, Any]] = field(default_factory=list)
    """In order, as `up` tells of them."""
    ready_seconds: float | None = None
    """From its start, as it says; None before that."""
    greeting: dict[str, Any] | None = None
    """Of a `colorise demo`, as it says: `address` and `pin`; None before that."""
    ended: bool = False
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def running(self) -> Running:
        """How to use it.

        Raises:
            Rejected: it has ended ("ended").
        """
        found = find_running(self.data)
        if found is None:
            raise self._over()
        return found

    @property
    def workers(self) -> list[str]:
        """Those that colour."""
        return sorted(name for name in self.states if name.startswith("colorise-"))

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something is so, looking again at each line that it says.

        Raises:
            Rejected: it ends, or takes too long ("ended").
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS), self._news:
                await self._news.wait_for(lambda: self.ended or happened())
        if not happened():
            raise self._over()

    async def listen(self) -> None:
        """Hear what it says, to its end."""
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        async for line in self.process.stdout:
            async with self._news:
                self._hear(json.loads(line))
                self._news.notify_all()
        async with self._news:
            self.ended = True
            self._news.notify_all()

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "program":
            self.states[event["name"]] = State(event["state"])
        elif event["event"] == "died":
            self.deaths.append(event)
        elif event["event"] == "ready":
            self.ready_seconds = event["seconds"]
        elif event["event"] == "stand":
            self.greeting = event

    def _over(self) -> Rejected:
        states = ", ".join(f"{name} {state.value}" for name, state in self.states.items())
        what = "has ended" if self.ended else "does not get ready"
        msg = f"the drill's colorise up {what} ({states}): see {self.data / 'logs'}"
        return Rejected(msg, code="ended")


@contextlib.asynccontextmanager
async def drill_up(
    data: Path, *, workers: int, told: Mapping[str, str] | None = None, words: Sequence[str] = ("up",)
) -> AsyncIterator[DrillUp]:
    """Run one while the block lasts; it is ready when the block begins.

    Args:
        data: folder, empty or not there.
        workers: that colour.
        told: variables for it, such as the address of a store that it is to use. Nobody's own settings reach it.
        words: that begin the command line; `demo` runs the same and more beside it.

    Raises:
        Rejected: it does not get ready ("ended").
    """
    command = [sys.executable, "-P", "-m", "cli", *words, "--data", str(data), "--workers", str(workers), "--json"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("COLORISE_")}
    process = await asyncio.create_subprocess_exec(
        *bound_to_us(command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
        env={**ours, **(told or {})},
        **apart(),
    )
    up = DrillUp(data, process)
    listening = asyncio.create_task(up.listen(), name="colorise up")
    try:
        await up.until(lambda: up.ready_seconds is not None)
        yield up
    finally:
        await _stopped(process)
        await asyncio.gather(listening, return_exceptions=True)


async def _stopped(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
    if process.returncode is None:
        process.kill()
    await process.wait()
