"""What was done for a chunk of a film, and for all of them together."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

DAMAGED_NAMED: Final = 5
"""Numbers of damaged frames that a note gives; the first ones, for there may be thousands."""


@dataclass(slots=True)
class ChunkReport:
    """What was done for a chunk."""

    number: int = 0
    """The chunk's."""
    frames: int = 0
    """Written."""
    inferred: int = 0
    """Of those, the frames that the network looked at."""
    repeats: int = 0
    """Of those, the frames that show the same as the one before."""
    shots: int = 0
    """That begin in it."""
    damaged: tuple[int, ...] = ()
    """Numbers of frames that could not be decoded and show a neighbour."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it, one line each."""
        if not self.damaged:
            return ()
        named = ", ".join(map(str, self.damaged[:DAMAGED_NAMED]))
        more = ", …" if len(self.damaged) > DAMAGED_NAMED else ""
        return (f"{len(self.damaged)} frames cannot be decoded and show a neighbour: {named}{more}",)

    def to_json(self) -> str:
        """One line; `from_json` gives an equal report."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> ChunkReport:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        fields = json.loads(text)
        try:
            return cls(**{**fields, "damaged": tuple(fields["damaged"])})
        except (KeyError, TypeError) as error:
            msg = "no report on a chunk"
            raise ValueError(msg) from error


def summed(reports: Iterable[ChunkReport]) -> ChunkReport:
    """What was done for all chunks; the numbers of damaged frames come in the reports' order."""
    total = ChunkReport()
    for report in reports:
        total.frames += report.frames
        total.inferred += report.inferred
        total.repeats += report.repeats
        total.shots += report.shots
        total.damaged += report.damaged
    return total
