"""What has happened at the stand of a drill so far: counted, and what went wrong by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cli.demo_visitor import Accepted
    from cli.drill_report import DrillReport
    from cli.drill_stand_things import Look

MOST_CHECKED: Final = 400
"""Addresses of pictures that are gone, to be asked for once more in the end."""


@dataclass(slots=True)
class Day:
    """Kept by everybody who visits."""

    came: Counter[str] = field(default_factory=Counter)
    """Way of visiting → how many went it to its end."""
    accepted: dict[str, Accepted] = field(default_factory=dict)
    """Id of a visit → what is needed to ask for it."""
    settled: dict[str, str] = field(default_factory=dict)
    """Id of a visit → `done`, `deleted`, or the code of its refusal."""
    waits: dict[str, list[float]] = field(default_factory=dict)
    """What was brought → seconds from its first byte to the news that it is in colour."""
    refused: Counter[str] = field(default_factory=Counter)
    """Code → how often."""
    wrong: list[str] = field(default_factory=list)
    """Results that are not what was brought, in colour."""
    failed: list[str] = field(default_factory=list)
    """Visitors who were told something else than is right."""
    served: list[str] = field(default_factory=list)
    """What was shown although it was deleted."""
    checked: int = 0
    """Results that were looked at."""
    asked_after: int = 0
    """Addresses that were asked for after a deletion."""
    pictures: list[str] = field(default_factory=list)
    """Addresses that showed a picture once."""
    again: int = 0
    """Requests that were made again, since the stand was away."""

    def accept(self, accepted: Accepted) -> None:
        """A visit was taken on."""
        self.accepted[accepted.visit] = accepted

    def wait(self, look: Look, seconds: float) -> None:
        """A picture is in colour after so long."""
        self.waits.setdefault(look.value, []).append(seconds)

    def show(self, address: str) -> None:
        """An address has shown a picture."""
        self.pictures.append(address)

    @property
    def visitors(self) -> int:
        """Who came so far."""
        return self.came.total()

    def some_pictures(self) -> list[str]:
        """Addresses over the whole day, `MOST_CHECKED` at most."""
        step = max(1, len(self.pictures) // MOST_CHECKED)
        return self.pictures[::step]

    def add_to(self, report: DrillReport) -> None:
        """Add what is promised of everybody, and the counts."""
        open_ones = [visit for visit in self.accepted if visit not in self.settled]
        done = sum(how == "done" for how in self.settled.values())
        refused = sum(how not in {"done", "deleted"} for how in self.settled.values())
        right = f"{len(self.accepted):,} visits: {done:,} in colour, {refused:,} refused, the others deleted before"
        report.promise("every visit that was accepted ends, in colour or with a reason", open_ones, right=right)
        report.promise("everybody is told what is right", self.failed, right=f"{self.visitors:,} visitors")
        right = f"{self.checked:,} results have their source's luma, and colour"
        report.promise("results are what was brought, in colour", self.wrong, right=right)
        right = f"{self.asked_after:,} addresses asked for again"
        report.promise("what was deleted is served no more", self.served, right=right)
        report.figure("visitors", self.visitors)
        for way, count in sorted(self.came.items()):
            report.figure(f"  {way}", count)
        for code, count in sorted(self.refused.items()):
            report.figure(f"refused as {code}", count)
        report.figure("requests made again since the stand was away", self.again)
