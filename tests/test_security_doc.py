"""SECURITY.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_answer_names_tests_that_are_there() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", TEXT)
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_row_has_an_answer_that_something_holds() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| What they try")]
    assert [row for row in rows if "`tests/" not in row] == []
