"""Puts the tables into docs/capacity.md, between the marks that name them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.capacity.costs import read_costs
from infra.capacity.tables import TABLES

if TYPE_CHECKING:
    from infra.capacity.costs import Costs

PAGE: Final = Path(__file__).parents[2] / "docs" / "capacity.md"

_PLACE: Final = re.compile(r"<!-- table: (?P<name>[a-z ]+) -->\n.*?<!-- end -->", re.DOTALL)


def filled(text: str, costs: Costs) -> str:
    """The page with its tables made anew; what stands outside the marks stays.

    Raises:
        ValueError: a mark names no table, or a table has no mark.
    """
    named = [place["name"] for place in _PLACE.finditer(text)]
    if sorted(named) != sorted(TABLES):
        msg = f"the page has places for {sorted(named)}, and there are tables for {sorted(TABLES)}"
        raise ValueError(msg)

    def fill(place: re.Match[str]) -> str:
        lines = "\n".join(TABLES[place["name"]](costs))
        return f"<!-- table: {place['name']} -->\n\n{lines}\n\n<!-- end -->"

    return _PLACE.sub(fill, text)


def is_stale(page: Path = PAGE) -> bool:
    """Whether the page says something else than what was measured."""
    text = page.read_text(encoding="utf-8")
    return filled(text, read_costs()) != text


def write(page: Path = PAGE) -> None:
    """Bring the page up to date."""
    page.write_text(filled(page.read_text(encoding="utf-8"), read_costs()), encoding="utf-8")
