"""Ends programs of a `colorise up` as a crash would, one after another, each kind in its turn."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import psutil  # type: ignore[import-untyped]

from cli.up_program import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from cli.drill_report import DrillReport
    from cli.drill_up import DrillUp

KINDS: Final = ("worker", "split", "nats", "s3")

KILLED: Final = "was killed by signal 9"
"""As `colorise up` tells of a death that was ours."""


class Killer:
    """Kills with SIGKILL.

    Args:
        up: whose programs.
        random: decides the order.
    """

    def __init__(self, up: DrillUp, random: Random) -> None:
        self._up = up
        self._random = random
        self._turns = turns(KINDS, random)
        self._waiting: list[str] = []
        self.killed: list[str] = []
        """Names, in order."""

    async def kill(self) -> str | None:
        """Kill one of those that are ready, and wait until that is noticed; None where none is.

        Every kind has its turn before one has a second. Those that are being started again are spared: `up` waits
        longer each time that a program dies soon, and in the end nothing would run at all.

        Raises:
            Rejected: `colorise up` has ended ("ended").
        """
        name = self._next()
        program = next((one for one in self._up.running.programs if one.name == name), None)
        process = program.find() if program else None
        if name is None or process is None:
            return None
        before = self._deaths(name)
        with contextlib.suppress(psutil.Error):
            process.kill()
        await self._up.until(lambda: self._deaths(name) > before)
        self.killed.append(name)
        return name

    def add_to(self, report: DrillReport) -> None:
        """Tell how many were killed, and that nothing else died."""
        report.figure("kills", len(self.killed))
        for kind in KINDS:
            names = self._up.workers if kind == "worker" else [kind]
            report.figure(f"kills of {kind}", sum(name in names for name in self.killed))
        others = [
            f"{death['name']} {death['how']}: {death['last_line']}"
            for death in self._up.deaths
            if death["how"] != KILLED
        ]
        report.promise("nothing dies by itself", others, right=f"{len(self._up.deaths):,} deaths, all by the drill")

    def _next(self) -> str | None:
        """The first in turn of those that are ready; those that are not keep their turn."""
        ready = {name for name, state in self._up.states.items() if state is State.READY}
        for place in range(len(KINDS)):
            while place >= len(self._waiting):
                self._waiting.append(next(self._turns))
            kind = self._waiting[place]
            names = sorted(ready.intersection(self._up.workers if kind == "worker" else [kind]))
            if names:
                del self._waiting[place]
                return self._random.choice(names)
        return None

    def _deaths(self, name: str) -> int:
        return sum(death["name"] == name for death in self._up.deaths)


def turns(kinds: Sequence[str], random: Random) -> Iterator[str]:
    """Kinds without end, in chance order, but each once before any has its next turn."""
    while True:
        yield from random.sample(kinds, len(kinds))
