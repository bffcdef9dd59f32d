"""The stand's own pages and whatever they ask of it, as one part of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.application import Part
from demo.operator import Counter
from demo.pages import Pages
from demo.visit_api import VisitApi
from demo.wall_api import WallApi

if TYPE_CHECKING:
    from demo.stand import Stand


def front_of(stand: Stand) -> Part:
    """Booth, wall, phone and operator."""
    counter = Counter(
        stand.doorkeeper, stand.answers, stand.rules, stand.visits, stand.wall, stand.retention, stand.figures
    )
    pages = Pages(stand)
    own = (VisitApi(stand), WallApi(stand.wall, stand.answers, stand.streams), counter, pages)
    return Part([route for part in own for route in part.routes], stand.lifespan, missing=pages.missing)
