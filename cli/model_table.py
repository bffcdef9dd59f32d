"""Models and their cards, written out for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from functions.colorise.models.sources import parts
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from functions.colorise.models.card import ModelCard
    from functions.colorise.models.library import Library

Row: TypeAlias = dict[str, str | int]
"""name, state ("built in", "here", "damaged" or "to fetch"), bytes, licence, summary; in this order."""


def rows_of(library: Library) -> list[Row]:
    """Draw up a row for each model that is here, and for each that can be fetched; a damaged one says why."""
    rows: list[Row] = []
    for name in library.names():
        try:
            card = library.find(name)
        except (Rejected, OSError) as error:
            rows.append({"name": name, "state": "damaged", "bytes": 0, "licence": "", "summary": str(error)})
        else:
            rows.append(_row(card, "built in" if library.is_built_in(name) else "here", card.weights.bytes))
    for name, card in library.offered().items():
        if name not in library.names():
            rows.append(_row(card, "to fetch", sum(file.bytes for file in parts(card))))
    return rows


def _row(card: ModelCard, state: str, size: int) -> Row:
    return {
        "name": card.name,
        "state": state,
        "bytes": size,
        "licence": card.licence,
        "summary": card.summary,
    }


def print_table(rows: Sequence[Row]) -> None:
    """Print the rows on a terminal."""
    from rich.console import Console  # noqa: PLC0415 - for terminals only
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False)
    for heading in ("Model", "State", "Size", "Licence", "What it is"):
        table.add_column(
            heading, justify="right" if heading == "Size" else "left", no_wrap=heading in {"Model", "Size"}
        )
    for row in rows:
        size = f"{int(row['bytes']) / 1e6:.1f} MB" if row["bytes"] else ""
        values = (row["name"], row["state"], size, row["licence"], row["summary"])
        table.add_row(*(Text(str(value)) for value in values))  # Text: a licence's [brackets] are no markup
    Console().print(table)


def card_lines(fields: Mapping[str, object]) -> Iterator[str]:
    """Write a card's fields for people, one line for each thing it says; what is empty is left out."""
    width = max(map(len, fields))
    for field, value in fields.items():
        for index, line in enumerate(_said(field, value)):
            heading = field.replace("_", " ") if index == 0 else ""
            yield f"{heading:{width}}  {line}"


def _said(field: str, value: object) -> list[str]:
    if field == "bins" and isinstance(value, tuple):
        return [f"{len(value)} centres"] if value else []
    if isinstance(value, dict):
        if {"name", "bytes", "sha256"} <= value.keys():
            return _said_of_file(value)
        return [", ".join(f"{key} {item}" for key, item in value.items())] if value else []
    if isinstance(value, tuple):
        return [line for item in value for line in _said("", item)]
    return [str(value)]


def _said_of_file(file: Mapping[str, object]) -> list[str]:
    if not file["sha256"]:
        return [f"{file['name']}: written on this machine when the model is fetched"]
    mirrors = file["mirrors"] if isinstance(file["mirrors"], tuple) else ()
    return [
        f"{file['name']}: {file['bytes']} bytes",
        f"  sha256 {file['sha256']}",
        *(f"  from {mirror}" for mirror in mirrors),
    ]
