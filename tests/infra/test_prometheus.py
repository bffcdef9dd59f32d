"""Rules and alerts: valid, tried, about metrics that there are, and explained."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import generate_latest

from bot.entry import State
from bot.verdicts import Colorise, Decline, Ignore, Obey, Reason, Silence
from demo.sentences import SAME_FOR_PEOPLE
from functions.program.settings import ProgramSettings
from functions.queues.subjects import KINDS
from functions.sandbox.verdicts import Crashed, TooCostly
from functions.sandbox.words import Guards
from functions.telemetry.metrics import Ending, Metrics
from infra.compose.reading import services
from infra.prometheus.expressions import Matcher, Selector, grouped, legend_labels, selectors
from infra.prometheus.known_metrics import OTHERS, all_metrics, ours
from tests.doc_tables import page

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).resolve().parents[2] / "infra" / "prometheus"


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


RULES: Final[list[Mapping[str, Any]]] = [rule for group in read("rules.yaml")["groups"] for rule in group["rules"]]
ALERTS: Final = [rule for rule in RULES if "alert" in rule]
NAMES: Final = sorted({alert["alert"] for alert in ALERTS})
KNOWN: Final = all_metrics(RULES)

VALUES: Final[Mapping[str, frozenset[str]]] = {
    "outcome": frozenset(get_args(Ending)) | {"delivered", "given up"},
    "state": frozenset({"waiting", "in_hand"}),
    "verdict": frozenset(kind.__name__.lower() for kind in (Colorise, Decline, Ignore, Obey)),
    "ending": frozenset(State) | {"coloured", "busy", "too-often", "too-slow"},
    "why": frozenset(Silence) | frozenset(Reason) | {"bug"},
    "stage": frozenset({"wait", "handle", "acknowledge", "read", "colour", "write", "plan", "join"}),
    "job": frozenset({"colorise", "video-split", "connector", "bot", "demo", "queue", "store"}),
    "mode": frozenset(get_args(ProgramSettings.model_fields["sandbox"].annotation)),
    **{name: frozenset(get_args(field.annotation)) for name, field in Guards.model_fields.items()},
}
"""Label → values that it has somewhere in the code, or in prometheus.yml."""


def promtool(*words: str) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("there is no promtool: Debian's package prometheus brings it")
    ran = subprocess.run([program, *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_promtool_understands_the_rules() -> None:
    promtool("check", "rules", "rules.yaml")


def test_promtool_understands_the_configuration() -> None:
    promtool("check", "config", "prometheus.yml")


def test_every_alert_fires_where_it_should_and_only_there() -> None:
    promtool("test", "rules", "rules_test.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_is_tried_firing_and_silent(name: str) -> None:
    tried = [
        bool(one["exp_alerts"])
        for test in read("rules_test.yaml")["tests"]
        for one in test.get("alert_rule_test", ())
        if one["alertname"] == name
    ]
    has_no_silence = {"ColoriseBotTakeovers"}  # another instance beside the one that fires is silent
    assert set(tried) == ({True} if name in has_no_silence else {True, False})


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, id=f"{rule.get('alert', rule.get('record'))}-{n}") for n, rule in enumerate(RULES)]
)
def test_every_metric_and_every_label_in_a_rule_is_there(rule: Mapping[str, Any]) -> None:
    found = list(selectors(rule["expr"]))
    assert found
    for selector in found:
        assert selector.metric in KNOWN, selector.metric
        assert {matcher.label for matcher in selector.matchers} <= KNOWN[selector.metric], selector
        for matcher in selector.matchers:
            check_values(selector.metric, matcher)
    there = frozenset().union(*(KNOWN[selector.metric] for selector in found))
    assert grouped(rule["expr"]) <= there
    told = " ".join(str(text) for text in rule.get("annotations", {}).values())
    assert legend_labels(told) <= there | rule.get("labels", {}).keys()


def check_values(metric: str, matcher: Matcher) -> None:
    """A value that no program ever gives would keep an alert silent for ever."""
    wanted = set(matcher.value.split("|"))
    if matcher.label == "kind" and not metric.startswith(("colorise_demo", "colorise:demo")):
        assert wanted <= set(KINDS), matcher
    if matcher.label in VALUES:
        assert wanted <= VALUES[matcher.label], matcher


def test_dead_letters_are_told_of_where_they_are_ours() -> None:
    alert = next(one for one in ALERTS if one["alert"] == "ColoriseDeadLetters")
    codes = {code for one in selectors(alert["expr"]) for m in one.matchers for code in m.value.split("|")}
    ours_alone = {code for code, told in SAME_FOR_PEOPLE.items() if told == "failed"} | {"failed"}
    assert codes <= ours_alone
    assert codes.isdisjoint({"already-colour", "nothing-to-colour", "too-large", "damaged", "missing-object"})
    assert codes.isdisjoint({Crashed.code, TooCostly.code})  # another alert tells of these, at the first try


def test_counters_say_since_when_they_count() -> None:
    metrics = Metrics()
    metrics.buried(KINDS[0], "failed")
    text = generate_latest(metrics.registry).decode()
    assert 'colorise_dead_letters_created{code="failed",kind=' in text
    told = set(re.findall(r"(?m)^(\w+?)(?:\{| )", text))
    assert told <= ours().keys()


def test_jobs_are_those_of_the_configuration_and_their_targets_are_services() -> None:
    jobs = {job["job_name"]: job for job in read("prometheus.yml")["scrape_configs"]}
    assert jobs.keys() == VALUES["job"] - {"connector"} | {"prometheus"}  # that one is for clusters alone
    targets = [
        *(
            (name, one["port"])
            for job in jobs.values()
            for one in job.get("dns_sd_configs", ())
            for name in one["names"]
        ),
        *(
            tuple(t.split(":"))
            for job in jobs.values()
            for one in job.get("static_configs", ())
            for t in one["targets"]
        ),
    ]
    for host, port in targets:
        if host != "localhost":
            assert str(port) in services()[host]["expose"]
            assert set(services()["prometheus"]["networks"]) & set(services()[host]["networks"])
    for name, job in jobs.items():
        for found in job.get("dns_sd_configs", ()):
            assert found["names"] == [name]


def test_exporters_are_asked_for_what_the_rules_use() -> None:
    used = {selector.metric for rule in RULES for selector in selectors(rule["expr"])} & OTHERS.keys()
    asked = services()["nats-exporter"]["command"]
    if any(name.startswith("gnatsd_healthz") for name in used):
        assert "-healthz" in asked
    if any(name.startswith("jetstream_") for name in used):
        assert "-jsz=consumers" in asked
    assert any(word.startswith("-metricsPort=") for word in services()["store"]["command"])


def test_every_alert_is_explained_and_nothing_else() -> None:
    text = page("alerts.md")
    headings = re.findall(r"(?m)^### (\w+)$", text)
    assert sorted(headings) == NAMES
    for alert in ALERTS:
        assert alert["annotations"]["runbook_url"] == f"docs/alerts.md#{alert['alert'].lower()}"
        assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}


def test_links_of_the_page_lead_somewhere() -> None:
    text = page("alerts.md")
    for name, anchor in re.findall(r"\]\((?!http)([\w./-]*)#([\w-]+)\)", text):
        headings = re.findall(r"(?m)^#+ (.*)$", page(name or "alerts.md"))
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in anchors, f"{name}#{anchor}"
    for name in re.findall(r"\]\((?!http)([\w./-]+\.\w+)\)", text):
        assert (FOLDER.parents[1] / "docs" / name).resolve().is_file(), name


def test_names_are_read_out_of_an_expression() -> None:
    expression = (
        'max by (kind) (a:b{c="x{y}|sum", d=~"1"} offset 5m) / on (e) group_left rate(f_total[$__rate_interval])'
        " > bool 1e3 or vector(0) unless up"
    )
    assert list(selectors(expression)) == [
        Selector("a:b", (Matcher("c", "=", "x{y}|sum"), Matcher("d", "=~", "1"))),
        Selector("f_total", ()),
        Selector("up", ()),
    ]
    assert grouped(expression) == {"kind", "e"}
