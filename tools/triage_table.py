"""Measure triage on the open set's held-out half, and print the tables of docs/triage.md.

Usage: python -m tools.triage_table [--half development] [--every N] [--photos FOLDER [--skip N] [--count N]]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2

from functions.color.triage import Verdict, triage
from tools.triage_set import cases, pale_cases, photo_cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tools.triage_set import Case

SATURATIONS: Final = (1.0, 0.7, 0.5, 0.3, 0.2, 0.1)


@dataclass
class Tally:
    """What was expected, what was said, and of which kinds."""

    said: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    kinds: Counter[tuple[str, bool]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, case: Case) -> None:
        """Judge one picture."""
        found = triage(case.pixels)
        right = found.verdict in case.expected
        self.said[" or ".join(case.expected), found.verdict] += 1
        self.kinds[case.kind, right] += 1
        if not right:
            self.wrong.append(f"{case.source}, {case.kind}: {found.reason}")

    @property
    def cases(self) -> int:
        """How many pictures were judged."""
        return self.kinds.total()

    @property
    def share_right(self) -> float:
        """Of all pictures, 0 to 1."""
        return sum(count for (_, right), count in self.kinds.items() if right) / self.cases


def tally_of(pictures: Iterable[Case]) -> Tally:
    """Judge every picture, one in memory at a time."""
    tally = Tally()
    for case in pictures:
        tally.add(case)
    return tally


def confusion(tally: Tally) -> Iterator[str]:
    """Lines of the confusion table, in Markdown: a row is what a picture is, a column what was said."""
    yield f"| is \\ said | {' | '.join(Verdict)} | right |"
    yield "|---|" + "---:|" * (len(Verdict) + 1)
    for row in dict.fromkeys(expected for expected, _ in tally.said):
        counts = [tally.said[row, verdict] for verdict in Verdict]
        right = sum(count for verdict, count in zip(Verdict, counts, strict=True) if verdict in row.split(" or "))
        yield f"| {row} | {' | '.join(map(str, counts))} | {right / sum(counts):.1%} |"


def by_kind(tally: Tally) -> Iterator[str]:
    """Lines of the table of kinds, in Markdown."""
    yield "| kind | pictures | right |"
    yield "|---|---:|---:|"
    for kind in dict.fromkeys(kind for kind, _ in tally.kinds):
        right, wrong = tally.kinds[kind, True], tally.kinds[kind, False]
        yield f"| {kind} | {right + wrong} | {right / (right + wrong):.1%} |"


def main() -> int:
    """Print the tables; what was wrong goes to standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=["held-out", "development"], default="held-out")
    parser.add_argument("--every", type=int, default=1, help="judge one in so many")
    parser.add_argument("--photos", type=Path, help="judge photographs from a folder of tars instead")
    parser.add_argument("--skip", type=int, default=0, help="photographs to pass over first")
    parser.add_argument("--count", type=int, default=1000)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = (
        photo_cases(asked.photos, asked.skip, asked.count) if asked.photos else cases(asked.half, every=asked.every)
    )
    tally = tally_of(pictures)
    print(f"{tally.cases} pictures, {tally.share_right:.1%} right\n", *confusion(tally), "", *by_kind(tally), sep="\n")
    print(*tally.wrong, sep="\n", file=sys.stderr)
    if not asked.photos:
        print("\n| saturation left | called in colour |\n|---:|---:|")
        for saturation in SATURATIONS:
            verdicts = [triage(case.pixels).verdict for case in pale_cases(asked.half, saturation)]
            print(f"| {saturation} | {verdicts.count(Verdict.COLOUR) / len(verdicts):.0%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
