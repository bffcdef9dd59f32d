"""Tables of the pages in docs/, to be compared with what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from functions.environment import EnvironmentSettings

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """From a heading of the second level to the next one."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each line of a table."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def cells(text: str) -> dict[str, list[str]]:
    """First cell, where it is code, → the others."""
    return {found[1]: row[1:] for row in rows(text) if (found := re.fullmatch(r"`([^`]+)`", row[0]))}


def defaults(kinds: Iterable[type[EnvironmentSettings]]) -> dict[str, str]:
    """Variable → default as a table has it, of all settings."""
    fields = {f"COLORISE_{name.upper()}": field for kind in kinds for name, field in kind.model_fields.items()}
    return {name: told(field.default) for name, field in fields.items()}


def told(default: Any) -> str:
    """A default as the table has it."""
    match default:
        case None | frozenset():
            return "none"
        case bool():
            return str(default).lower()
        case float():
            return f"{default:g}"
        case _:
            return str(default)
