"""What a film is before it is coloured: whether most of what it shows is in colour already."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.color.triage import Verdict, triage
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from functions.color.color_space import Pixels


@dataclass(frozen=True, slots=True)
class FilmTriage:
    """What the frames that were looked at are."""

    looked_at: int
    in_color: int
    telling: int
    """Of those looked at, the ones that show anything: a black frame is no word about a film."""

    @property
    def is_color(self) -> bool:
        """Whether most of those that say anything are in colour."""
        return 2 * self.in_color > self.telling

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of a film that is coloured all the same, one line each."""
        if not self.in_color:
            return ()
        return (f"{self.in_color} of {self.looked_at} frames looked at are in colour already: coloured anew",)


def triage_film(pictures: Iterable[Pixels]) -> FilmTriage:
    """Look at frames of a film, each (H, W, 3) blue, green, red; a film may have none that can be looked at."""
    verdicts = Counter(triage(picture).verdict for picture in pictures)
    telling = verdicts.total() - verdicts[Verdict.UNUSABLE]
    return FilmTriage(verdicts.total(), verdicts[Verdict.COLOUR], telling)


def refuse_color(found: FilmTriage, *, remedy: str = "") -> None:
    """Refuse a film that is in colour.

    Args:
        found: what its frames are.
        remedy: how whoever asked gets it coloured all the same.

    Raises:
        Rejected: most of the frames that say anything are in colour ("already-colour").
    """
    if found.is_color:
        msg = f"already in colour: {found.in_color} of {found.looked_at} frames looked at are"
        raise Rejected(f"{msg}; {remedy}" if remedy else msg, code="already-colour")
