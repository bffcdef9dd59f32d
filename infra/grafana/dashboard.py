"""A dashboard: rows of panels, with variables for the data source and the instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.grafana.panels import COLUMNS, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.grafana.panels import Row

SCHEMA: Final = 42
"""Of Grafana 12.4, as the package @grafana/schema of that version has it; later ones bring it up to date."""

ALL: Final = "$__all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """What somebody who watches a part of the pipeline wants to see."""

    name: str
    """Of its file, without the ending; part of its address in Grafana."""
    title: str
    description: str
    instances: str
    """Selector of the metrics whose label `instance` can be chosen."""
    rows: Sequence[Row]

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "uid": f"colorise-{self.name}",
            "title": self.title,
            "description": self.description,
            "tags": ["colorisebot"],
            "schemaVersion": SCHEMA,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"},
            "timezone": "browser",
            "links": [_LINKS],
            "annotations": {"list": [_ALERTS]},
            "templating": {"list": [_SOURCES, self._instances()]},
            "panels": list(self._placed()),
        }

    def _instances(self) -> dict[str, Any]:
        asked = f"label_values({self.instances}, instance)"
        return {
            "name": "instance",
            "label": "Instance",
            "type": "query",
            "datasource": dict(SOURCE),
            "query": {"query": asked, "refId": "instances"},
            "definition": asked,
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": ALL},
        }

    def _placed(self) -> Iterator[dict[str, Any]]:
        number, y = 0, 0
        for row in self.rows:
            number += 1
            yield {
                "id": number,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
                "panels": [],
            }
            x, y, height = 0, y + 1, 0
            for panel in row.panels:
                if x + panel.width > COLUMNS:
                    x, y, height = 0, y + height, 0
                number += 1
                yield panel.told(number, x, y)
                x, height = x + panel.width, max(height, panel.height)
            y += height


_SOURCES: Final = {
    "name": "source",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "refresh": 1,
    "multi": False,
    "includeAll": False,
}

_LINKS: Final = {
    "title": "colorisebot",
    "type": "dashboards",
    "tags": ["colorisebot"],
    "icon": "external link",
    "tooltip": "",
    "targetBlank": False,
    "asDropdown": False,
    "includeVars": False,
    "keepTime": True,
}

_ALERTS: Final = {
    "name": "Alerts",
    "enable": True,
    "datasource": dict(SOURCE),
    "expr": 'ALERTS{alertname=~"Colorise.*", alertstate="firing"}',
    "iconColor": "red",
    "titleFormat": "{{alertname}}",
    "step": "60s",
}
