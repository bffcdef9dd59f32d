"""Panels of a dashboard, and how Grafana 12 has them in JSON.

Types of the fields: https://grafana.com/docs/grafana/latest/reference/ and the package @grafana/schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS: Final = 24
"""Of Grafana's grid."""

SOURCE: Final[Mapping[str, str]] = {"type": "prometheus", "uid": "${source}"}
"""The data source that the variable of that name names."""

Kind: TypeAlias = Literal["stat", "timeseries", "bargauge"]

Steps: TypeAlias = "Sequence[tuple[float | None, str]]"
"""From which value on which colour; the first has none."""

CALM: Final[Steps] = ((None, "green"),)
"""No value is a bad one."""


@dataclass(frozen=True, slots=True)
class Query:
    """A line, or several, of a panel."""

    expression: str
    """PromQL."""
    legend: str
    """With labels in double braces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question that an operator has, and its answer."""

    title: str
    description: str
    unit: str
    """A name of Grafana's, such as `s`, `short`, `bytes`, `percentunit`, `currencyUSD`."""
    queries: Sequence[Query]
    kind: Kind = "timeseries"
    width: int = 8
    """Columns."""
    height: int = 7
    """Rows of the grid."""
    steps: Steps = CALM
    is_stacked: bool = False
    words: Mapping[str, tuple[str, str]] | None = None
    """Value → what is shown in its place, and in which colour."""

    def told(self, number: int, x: int, y: int) -> dict[str, Any]:
        """As JSON.

        Args:
            number: of the panel, unique in its dashboard.
            x: column of its left side.
            y: row of its top.
        """
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": dict(SOURCE),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [self._target(letter, query) for letter, query in zip("ABCDEFGH", self.queries, strict=False)],
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": _OPTIONS[self.kind],
        }

    def _target(self, letter: str, query: Query) -> dict[str, Any]:
        return {
            "refId": letter,
            "datasource": dict(SOURCE),
            "editorMode": "code",
            "expr": query.expression,
            "legendFormat": query.legend,
            "range": self.kind == "timeseries",
            "instant": self.kind != "timeseries",
        }

    def _defaults(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "unit": self.unit,
            "thresholds": {"mode": "absolute", "steps": [{"value": value, "color": hue} for value, hue in self.steps]},
        }
        if self.words is not None:
            shown = {value: {"text": text, "color": hue} for value, (text, hue) in self.words.items()}
            told["mappings"] = [{"type": "value", "options": shown}]
        if self.kind == "timeseries":
            told["min"] = 0
            told["color"] = {"mode": "palette-classic"}
            told["custom"] = {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 25 if self.is_stacked else 5,
                "showPoints": "never",
                "stacking": {"mode": "normal" if self.is_stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "dashed" if len(self.steps) > 1 else "off"},
            }
        else:
            told["color"] = {"mode": "thresholds"}
        return told


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading, side by side as far as there is room."""

    title: str
    panels: Sequence[Panel]


_REDUCED: Final[Mapping[str, Any]] = {"values": False, "calcs": ["lastNotNull"], "fields": ""}

_OPTIONS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    "stat": {
        "reduceOptions": _REDUCED,
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "auto",
        "textMode": "auto",
        "orientation": "auto",
    },
    "bargauge": {
        "reduceOptions": _REDUCED,
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
    },
    "timeseries": {
        "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
}
