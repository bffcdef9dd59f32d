"""Ends programs of a stand as a crash would, one kind after another, and waits until they are back."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

import psutil  # type: ignore[import-untyped]

from cli.drill_kills import KILLED, turns
from cli.up_program import State

if TYPE_CHECKING:
    from random import Random

    from cli.drill_report import DrillReport
    from cli.drill_up import DrillUp

KINDS: Final = ("worker", "stand", "bot")


class StandKiller:
    """Kills with SIGKILL.

    Args:
        up: the `colorise demo` whose programs they are.
        random: decides the order.
    """

    def __init__(self, up: DrillUp, random: Random) -> None:
        self._up = up
        self._random = random
        self._turns = turns(KINDS, random)
        self.killed: list[str] = []
        """Names, in order."""
        self.back: dict[str, list[float]] = {}
        """Name → seconds from a kill until it was ready again."""

    @property
    def of_the_stand(self) -> int:
        """How often the stand was killed."""
        return self.killed.count("stand")

    async def kill(self) -> None:
        """Kill the next one, and wait until it is ready again.

        Raises:
            Rejected: everything has ended, or it does not come back ("ended").
        """
        kind = next(self._turns)
        name = self._random.choice(self._up.workers) if kind == "worker" else kind
        await self._up.until(lambda: self._up.states[name] is State.READY)
        process = next(one for one in self._up.running.programs if one.name == name).find()
        before, began = len(self._up.deaths), time.monotonic()
        if process is not None:
            with contextlib.suppress(psutil.Error):
                process.kill()
        await self._up.until(lambda: any(death["name"] == name for death in self._up.deaths[before:]))
        await self._up.until(lambda: self._up.states[name] is State.READY)
        self.killed.append(name)
        self.back.setdefault(kind, []).append(time.monotonic() - began)

    def add_to(self, report: DrillReport) -> None:
        """Tell how many were killed and how soon they were back, and that nothing else died."""
        for kind, values in sorted(self.back.items()):
            report.figure(f"kills of the {kind}", len(values))
            report.figure("  until it is ready again, at worst", max(values), "s", values=tuple(values))
        others = [
            f"{death['name']} {death['how']}: {death['last_line']}"
            for death in self._up.deaths
            if death["how"] != KILLED
        ]
        others += [
            f"{name} died {sum(death['name'] == name for death in self._up.deaths)} times"
            for name in {death["name"] for death in self._up.deaths}
            if sum(death["name"] == name for death in self._up.deaths) > self.killed.count(name)
        ]
        report.promise("nothing dies by itself", others, right=f"{len(self._up.deaths):,} deaths, all by the drill")
