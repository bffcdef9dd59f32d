"""Grafana's dashboards: as described in Python, about metrics that there are, and fit to be read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml  # type: ignore[import-untyped]

from infra.compose.reading import services
from infra.grafana.__main__ import DASHBOARDS, FOLDER, text_of
from infra.grafana.panels import COLUMNS, SOURCE
from infra.prometheus.expressions import grouped, kept, legend_labels, selectors
from infra.prometheus.known_metrics import all_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RULES: Final = FOLDER.parent / "prometheus" / "rules.yaml"

KNOWN: Final = all_metrics(
    rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
)

UNITS: Final = frozenset({"short", "s", "ops", "reqps", "percentunit", "bytes", "currencyUSD"})
"""Of Grafana's, those that are used here: packages/grafana-data/src/valueFormats/categories.ts."""

TYPES: Final = frozenset({"timeseries", "stat", "bargauge"})
"""Panels that Grafana comes with, none of them deprecated: `graph` and `singlestat` are."""

NAMES: Final = [dashboard.name for dashboard in DASHBOARDS]

FILES: Final[Mapping[str, dict[str, Any]]] = {
    name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES
}

PANELS: Final = [
    pytest.param(panel, id=f"{name}: {panel['title']} ({panel['id']})")
    for name, file in FILES.items()
    for panel in file["panels"]
    if panel["type"] != "row"
]


def expressions() -> list[str]:
    return [
        target["expr"] for file in FILES.values() for panel in file["panels"] for target in panel.get("targets", ())
    ]


def test_files_are_what_the_descriptions_say() -> None:
    for dashboard in DASHBOARDS:
        assert (FOLDER / f"{dashboard.name}.json").read_text(encoding="utf-8") == text_of(dashboard), (
            "write them anew: python -m infra.grafana"
        )
    assert {path.stem for path in FOLDER.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("panel", PANELS)
def test_every_metric_and_every_label_on_a_panel_is_there(panel: Mapping[str, Any]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        found = list(selectors(target["expr"]))
        assert found
        for selector in found:
            assert selector.metric in KNOWN, selector.metric
            assert {matcher.label for matcher in selector.matchers} <= KNOWN[selector.metric], selector
        there = frozenset().union(*(KNOWN[selector.metric] for selector in found))
        assert grouped(target["expr"]) <= there


@pytest.mark.parametrize("panel", PANELS)
def test_legends_name_labels_that_are_left(panel: Mapping[str, Any]) -> None:
    for target in panel["targets"]:
        assert target["legendFormat"]
        left = kept(target["expr"])
        if left is None:
            left = frozenset().union(*(KNOWN[selector.metric] for selector in selectors(target["expr"])))
        assert legend_labels(target["legendFormat"]) <= left
        if panel["type"] == "timeseries" and kept(target["expr"]) is not None:
            # Two lines of the same name could not be told apart.
            assert legend_labels(target["legendFormat"]) == left
    letters = [target["refId"] for target in panel["targets"]]
    assert len(set(letters)) == len(letters)


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows(panel: Mapping[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith((".", "?"))
    assert panel["type"] in TYPES
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"] in UNITS
    steps = [step["value"] for step in defaults["thresholds"]["steps"]]
    assert steps[0] is None
    assert steps[1:] == sorted(steps[1:])
    assert panel["datasource"] == SOURCE
    assert all(target["datasource"] == SOURCE for target in panel["targets"])


@pytest.mark.parametrize("name", NAMES)
def test_panels_do_not_overlap_and_stay_on_the_grid(name: str) -> None:
    places = [panel["gridPos"] for panel in FILES[name]["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= COLUMNS for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    numbers = [panel["id"] for panel in FILES[name]["panels"]]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_data_source_and_instance_can_be_chosen(name: str) -> None:
    file = FILES[name]
    variables = {one["name"]: one for one in file["templating"]["list"]}
    assert variables.keys() == {"source", "instance"}
    assert variables["source"]["query"] == "prometheus"
    asked = re.fullmatch(r"label_values\((.+), instance\)", variables["instance"]["query"]["query"])
    assert asked is not None
    assert {one.metric for one in selectors(asked[1])} <= KNOWN.keys()
    assert any("$instance" in target["expr"] for panel in file["panels"] for target in panel.get("targets", ()))
    assert file["schemaVersion"] == 42


def test_addresses_of_dashboards_differ() -> None:
    assert len({file["uid"] for file in FILES.values()}) == len(NAMES)
    assert all(len(file["uid"]) <= 40 for file in FILES.values())


def test_a_real_parser_understands_every_expression(tmp_path: Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("there is no promtool: Debian's package prometheus brings it")
    plain = [one.replace("$__rate_interval", "5m") for one in expressions()]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(plain)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    ran = subprocess.run([program, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_grafana_finds_data_source_and_dashboards_where_compose_puts_them() -> None:
    mounts = dict(mount.removesuffix(":ro").split(":") for mount in services()["grafana"]["volumes"][:-1])
    source = yaml.safe_load((FOLDER / "provisioning/datasources/prometheus.yaml").read_text(encoding="utf-8"))
    provider = yaml.safe_load((FOLDER / "provisioning/dashboards/colorise.yaml").read_text(encoding="utf-8"))
    assert mounts["../grafana/provisioning"] == "/etc/grafana/provisioning"
    folder = provider["providers"][0]["options"]["path"]
    assert {path for path in mounts.values() if path.endswith(".json")} == {f"{folder}/{name}.json" for name in NAMES}
    host, port = re.fullmatch(r"http://([\w-]+):(\d+)", source["datasources"][0]["url"]).groups()  # type: ignore[union-attr]
    assert port in services()[host]["expose"]
    assert set(services()[host]["networks"]) & set(services()["grafana"]["networks"])
