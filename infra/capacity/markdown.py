"""Tables and figures in Markdown, as docs/capacity.md writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table; all columns but the first hold figures."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{'|'.join(['---', *['---:'] * (len(titles) - 1)])}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def milliseconds(seconds: float) -> str:
    """With one more digit where there are few."""
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"  # noqa: PLR2004 - ten


def megabytes(count: float) -> str:
    """Of so many bytes; the unit stands above the column."""
    return f"{count / 1e6:.2f}"


def number(value: float) -> str:
    """Two or three figures that matter."""
    if value >= 100:  # noqa: PLR2004 - as below
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - digits before the point


def span(seconds: float) -> str:
    """Seconds, as people say them."""
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
