"""How a film is to be coloured and written, and the plan that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.video.calm import Calm
from functions.video.decode import is_deinterlaced
from functions.video.plan import plan
from functions.video.settings import Deinterlace, EncodeSettings

if TYPE_CHECKING:
    from fractions import Fraction

    from functions.video.film import Film
    from functions.video.plan import Plan
    from functions.video.timeline import Timeline


@dataclass(frozen=True, slots=True)
class FilmWishes:
    """How a film is to be coloured and written."""

    encode: EncodeSettings = field(default_factory=EncodeSettings)
    calm: Calm = field(default_factory=Calm)
    saturation: float = 1.0
    """0 is grey, 1 what the network meant, 2 twice that."""
    deinterlace: Deinterlace = "auto"
    compare: bool = False
    """Before and after side by side, in frames of twice the width."""


def plan_film(
    film: Film,
    timeline: Timeline,
    wishes: FilmWishes,
    *,
    start: Fraction | float | None = None,
    end: Fraction | float | None = None,
) -> Plan:
    """Cut a film into chunks with as many frames around each as its colours depend on.

    Args:
        film: what is known of it.
        timeline: its frames.
        wishes: how it is to be coloured.
        start: seconds from the first frame; frames before it are left out.
        end: seconds from the first frame; frames from it on are left out.

    Raises:
        Rejected: no frame lies between `start` and `end`.
    """
    calm = wishes.calm
    neighbours = int(is_deinterlaced(film, wishes.deinterlace))
    return plan(
        timeline,
        margin_before=calm.margin_before,
        margin_after=calm.margin_after,
        neighbours=neighbours,
        start=start,
        end=end,
    )
