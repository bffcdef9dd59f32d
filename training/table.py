"""The figures of several networks as one table: for people, for a page, for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from training.measures import Figures

Cell: TypeAlias = "Callable[[Row, Figures], str]"
"""What a column shows of a row, the grey row's figures given."""


@dataclass(frozen=True, slots=True)
class Row:
    """One network, or what it is compared with: grey and the truth."""

    name: str
    figures: Figures
    side: int | None = None
    """Pixels that the network saw; None for grey and the truth, as all that follows."""
    saturation: float | None = None
    flip: bool = False
    file: str | None = None
    megabytes: float | None = None
    milliseconds: float | None = None
    """For a square of 256 pixels on two cores; None where it was not measured, as the next."""
    speed_ratio: float | None = None
    """Of that time to the 2016 network's."""


def _hue(name: str) -> Cell:
    return lambda row, _: _number(row.figures.hue_error[name], 1)


COLUMNS: Final[Mapping[str, Cell]] = {
    "px": lambda row, _: _number(row.side, 0),
    "PSNR, dB": lambda row, _: f"{row.figures.psnr_db:.2f}",
    "AuC": lambda row, _: f"{row.figures.auc:.2f}",
    "over grey": lambda row, grey: f"{row.figures.auc - grey.auc:+.2f}",
    "rebalanced AuC": lambda row, _: f"{row.figures.rebalanced_auc:.2f}",
    "over grey, rebalanced": lambda row, grey: f"{row.figures.rebalanced_auc - grey.rebalanced_auc:+.2f}",
    "colourfulness": lambda row, _: f"{row.figures.colourfulness_share:.3f}",
    "stray": lambda row, _: f"{row.figures.stray_share:.3f}",
    "blotches": lambda row, _: f"{row.figures.blotch_share:.3f}",
    "strong recovered": lambda row, _: f"{row.figures.strong_recovered:.3f}",
    "chroma on neutral": lambda row, _: f"{row.figures.chroma_on_neutral:.2f}",
    "hue off, skin": _hue("skin"),
    "sky": _hue("sky"),
    "vegetation": _hue("vegetation"),
    "MB": lambda row, _: _number(row.megabytes, 1),
    "ms": lambda row, _: _number(row.milliseconds, 0),
    "of 2016's": lambda row, _: _number(row.speed_ratio, 3),
}
"""By heading, in order. Colourfulness, stray and blotches are shares of the truth's; hues are off by degrees."""


def cells(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Texts of each column, by heading, one a row; columns that nothing was measured for are left out.

    The first row is grey's, which others are compared with.
    """
    grey = rows[0].figures
    texts = {heading: [cell(row, grey) for row in rows] for heading, cell in COLUMNS.items()}
    return {heading: column for heading, column in texts.items() if any(column)}


def markdown(rows: Sequence[Row], title: str) -> str:
    """The table as Markdown; `title` heads the names."""
    columns = {title: [row.name for row in rows], **cells(rows)}
    lines = [f"| {' | '.join(columns)} |", "|---|" + "---:|" * (len(columns) - 1)]
    lines += [f"| {' | '.join(texts)} |" for texts in zip(*columns.values(), strict=True)]
    return "\n".join(lines) + "\n"


def print_table(rows: Sequence[Row], title: str) -> None:
    """Print for people; a network is a column, as there are more figures than networks, mostly."""
    from rich.console import Console  # noqa: PLC0415 - not needed to measure
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False)
    table.add_column(Text(title))
    for row in rows:
        table.add_column(Text(row.name), justify="right")
    for heading, texts in cells(rows).items():
        table.add_row(heading, *(Text(text) for text in texts))
    console = Console()
    if not console.is_terminal:  # a file or a pipe has room for every network beside the others
        console.width = 40 + sum(len(row.name) + 8 for row in rows)
    console.print(table)


def typed(row: Row) -> dict[str, Any]:
    """A row for JSON: names as in the code, the curves rounded to 0.0001."""
    figures = row.figures
    return {
        "name": row.name,
        "file": row.file,
        "side": row.side,
        "saturation": row.saturation,
        "flip": row.flip,
        "psnr_db": round(figures.psnr_db, 3),
        "auc": round(figures.auc, 3),
        "rebalanced_auc": round(figures.rebalanced_auc, 3),
        "colourfulness": round(figures.colourfulness, 3),
        "colourfulness_share": round(figures.colourfulness_share, 4),
        "stray_share": round(figures.stray_share, 4),
        "blotch_share": round(figures.blotch_share, 4),
        "strong_recovered": round(figures.strong_recovered, 4),
        "chroma_on_neutral": round(figures.chroma_on_neutral, 3),
        "hue_error": {name: None if off is None else round(off, 2) for name, off in figures.hue_error.items()},
        "megabytes": None if row.megabytes is None else round(row.megabytes, 2),
        "milliseconds": None if row.milliseconds is None else round(row.milliseconds, 2),
        "speed_ratio": None if row.speed_ratio is None else round(row.speed_ratio, 4),
        "curve": figures.curve.round(4).tolist(),
        "rebalanced_curve": figures.rebalanced_curve.round(4).tolist(),
    }


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
