"""docs/stand.md says what is so: settings and pages are those of the code."""

from __future__ import annotations

from demo.machine_settings import MachineSettings
from demo.pages import PAGES
from demo.settings import DemoSettings
from tests.doc_tables import cells, defaults, page, rows, section

TEXT = page("stand.md")


def test_every_setting_is_in_the_table_with_its_default() -> None:
    table = {name: row[0] for name, row in cells(section(TEXT, "All settings")).items()}
    assert table == defaults((DemoSettings, MachineSettings))


def test_every_page_is_named() -> None:
    named = {row[0].split("`")[1] for row in rows(section(TEXT, "In a minute")) if row[0].startswith("`/")}
    assert named == set(PAGES)
