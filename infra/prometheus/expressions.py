"""Which metrics and labels an expression in PromQL names.

No parser: whether an expression is one at all is for `promtool` to say. This reads names out of one that is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = r"[a-zA-Z_:][a-zA-Z0-9_:]*"

WORDS: Final = frozenset(
    {
        "and",
        "or",
        "unless",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "bool",
        "offset",
        "inf",
        "nan",
    }
)
"""That stand where a name might. https://prometheus.io/docs/prometheus/latest/querying/operators/"""

_TEXT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LABELS: Final = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_DURATION: Final = re.compile(r"\[[^\]]*\]")
_SELECTOR: Final = re.compile(rf"({NAME})\s*(\{{[^}}]*\}})?")
_MATCHER: Final = re.compile(rf"({NAME})\s*(=~|!~|!=|=)\s*\"((?:[^\"\\]|\\.)*)\"")


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on a label."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric, and the conditions on its labels."""

    metric: str
    matchers: tuple[Matcher, ...]


def selectors(expression: str) -> Iterator[Selector]:
    """Each metric that is named, with its conditions."""
    plain = _DURATION.sub("", _LABELS.sub("", expression))
    texts = [found[1] for found in _TEXT.finditer(plain)]
    # Values may hold braces and words: only their numbers are left while names are looked for.
    numbered = iter(range(len(texts)))
    bare = _TEXT.sub(lambda _: f'"{next(numbered)}"', plain)
    for found in _SELECTOR.finditer(bare):
        name, inside = found[1], found[2] or ""
        after = bare[found.end(1) :].lstrip()
        if name.lower() in WORDS or after.startswith("(") or not _is_free(bare, found.start()):
            continue
        matchers = (Matcher(one[1], one[2], texts[int(one[3])]) for one in _MATCHER.finditer(inside))
        yield Selector(name, tuple(matchers))


def grouped(expression: str) -> frozenset[str]:
    """Labels by which it groups or matches."""
    bare = _TEXT.sub('""', expression)
    return frozenset(
        label.strip() for found in _LABELS.finditer(bare) for label in found[2].split(",") if label.strip()
    )


def kept(expression: str) -> frozenset[str] | None:
    """Labels that its result has, as far as it aggregates at all; None where it keeps those of its metrics."""
    bare = _TEXT.sub('""', expression)
    if re.search(r"\b(sum|max|min|count|avg)\b", bare) is None:
        return None
    return frozenset(
        label.strip() for found in _LABELS.finditer(bare) if found[1] == "by" for label in found[2].split(",")
    ) - {"le"}


def legend_labels(legend: str) -> frozenset[str]:
    """Labels that a legend in Grafana, or a template of an alert, names."""
    return frozenset(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", legend))


def _is_free(text: str, start: int) -> bool:
    """Whether what begins here is a name, and not the end of a number such as 1e3, or a variable of Grafana's."""
    return start == 0 or not (text[start - 1].isalnum() or text[start - 1] in "_.$:")
