"""docs/operations.md says what is so: settings, metrics, verdicts, states and sums are those of the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from prometheus_client import CollectorRegistry

from bot.entry import State
from bot.metrics import BotMetrics
from bot.settings import BotSettings, StandSettings, XSettings
from bot.verdicts import Command, Reason, Silence
from functions.colorise.settings import ColoriseSettings
from functions.environment import CONFIG, EnvironmentSettings, unknown_settings
from functions.queues.settings import QueueSettings
from functions.sandbox.report import Report
from functions.sandbox.verdicts import Crashed, TooCostly
from functions.stores.settings import StoreSettings
from functions.telemetry.metrics import Metrics
from functions.telemetry.settings import TelemetrySettings
from tests import doc_tables
from tests.doc_tables import DOCS, cells, defaults, rows

if TYPE_CHECKING:
    from pathlib import Path

TEXT: Final = doc_tables.page("operations.md")

MODELS: Final[tuple[type[EnvironmentSettings], ...]] = (
    BotSettings,
    XSettings,
    StandSettings,
    QueueSettings,
    StoreSettings,
    TelemetrySettings,
)
"""All that the bot's program reads."""

DAYS: Final = 30
"""Of the month whose cost is told."""


def section(title: str) -> str:
    return doc_tables.section(TEXT, title)


def dollars(cell: str) -> float:
    return float(cell.removeprefix("$").replace(",", ""))


def test_every_setting_is_in_the_table_with_its_default() -> None:
    table = {name: row[0] for name, row in cells(section("All settings")).items()}
    assert table == defaults(MODELS)


def test_what_can_be_said_of_where_files_are_decoded_is_in_its_table_with_its_default() -> None:
    text = section("Workers and strangers' files")
    wanted = {name: one for name, one in defaults([ColoriseSettings]).items() if name.startswith("COLORISE_SANDBOX")}
    assert {name: row[0] for name, row in cells(text).items() if name.startswith("COLORISE")} == wanted
    assert {Crashed.code, TooCostly.code} <= set(cells(text))


def test_the_example_in_toml_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    file = tmp_path / "colorise.toml"
    file.write_text(found[1], encoding="utf-8")
    monkeypatch.setenv(CONFIG, str(file))
    assert unknown_settings(MODELS) == []
    settings = BotSettings()
    assert settings.bot_per_hour == 5
    assert settings.bot_price_mention == pytest.approx(0.011)
    assert settings.bot_blocked == {"somebody", "1234567890"}
    assert TelemetrySettings().health_port == 9464


def test_every_metric_is_in_a_table_and_no_other() -> None:
    registry = CollectorRegistry()
    BotMetrics(registry)
    Metrics(registry)
    Report(registry)
    ends = {"counter": "_total", "info": "_info"}
    names = {f"{family.name}{ends.get(family.type, '')}" for family in registry.collect()}
    assert set(cells(section("Health, readiness, metrics"))) == names


def test_every_metric_that_an_alert_names_is_there() -> None:
    text = section("Health, readiness, metrics")
    names = set(cells(text))
    used = {name.removesuffix("_bucket") for name in re.findall(r"colorise_\w+", text)}
    assert used == names


def test_dead_letters_are_counted_as_in_the_rules() -> None:
    (codes,) = re.findall(r'colorise_dead_letters_total\{code=~"([^"]+)"', TEXT)
    rules = (DOCS.parent / "infra" / "prometheus" / "rules.yaml").read_text(encoding="utf-8")
    (wanted,) = re.findall(r'colorise:dead_letters:increase1h\{\s*code=~"([^"]+)"', rules)
    assert codes.replace("\\|", "|") == wanted


def test_every_verdict_is_explained() -> None:
    explained = {(row[0], row[1].strip("`")) for row in rows(section("What it answers, and what not")) if len(row) == 3}
    reasons: list[tuple[str, type[Command | Reason | Silence]]] = [
        ("obey", Command),
        ("decline", Reason),
        ("ignore", Silence),
    ]
    wanted = {(verdict, one.value) for verdict, kind in reasons for one in kind}
    assert explained == wanted | {("colorise", ""), ("verdict", "why"), ("---", "---")}


def test_every_state_of_the_ledger_is_explained() -> None:
    assert {state.value for state in State} <= set(cells(section("How it survives")))


def test_what_a_mention_costs_is_what_the_bot_counts_by_default() -> None:
    prices = {
        name: float(BotSettings.model_fields[f"bot_price_{name}"].default)
        for name in ("mention", "own_post", "post", "reply")
    }
    table = {row[0]: row[1:] for row in rows(section("What it costs")) if len(row) == 4}
    checked = 0
    for reads, counted, at_most in table.values():
        if counted.startswith("$") and not reads.startswith("$"):
            parts = [re.sub(r"^(\d+) own (\w+?)s$", r"\1 own_\2", part) for part in reads.split(", ")]
            amounts = [part.split(" ") if " " in part else ["1", part] for part in parts]
            assert dollars(counted) == pytest.approx(sum(int(times) * prices[what] for times, what in amounts))
            assert dollars(at_most) >= dollars(counted)
            checked += 1
    assert checked == 6


def test_a_month_costs_what_its_mentions_do() -> None:
    table = {row[0]: row[1:] for row in rows(section("What it costs")) if len(row) == 4}
    photo, under = table["has one photo"], table['says "please" under another\'s photo']
    months = {
        int(row[0].replace(",", "")): row[1:]
        for row in rows(section("What it costs"))
        if row[0][:3] in {"100", "1,0", "10,"}
    }
    assert set(months) == {100, 1_000, 10_000}
    for answers, month in months.items():
        each = [dollars(photo[1]), dollars(under[1]), dollars(under[2])]
        assert [dollars(cell) for cell in month] == pytest.approx([answers * DAYS * one for one in each])


def test_links_within_the_document_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors
    for path, anchor in re.findall(r"\]\(((?:\.\./|decisions/)?[\w./-]+\.md)(#[\w-]+)?\)", TEXT):
        assert (DOCS / path).resolve().is_file(), f"{path}{anchor}"
