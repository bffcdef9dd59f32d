"""Claims about how speed is measured; how fast anything is, no test says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cli.bench_table import interleaved, rows_against
from cli.main import main

if TYPE_CHECKING:
    import pytest


def test_works_take_turns_and_warm_up_in_each() -> None:
    order: list[str] = []
    taken = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert "".join(order) == "aaaabbbb" * 3
    assert {name: len(values) for name, values in taken.items()} == {"a": 3, "b": 3}


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    # The second round was three times slower for both: ratios do not see it, quotients of medians would.
    rows = rows_against("group", {"base": (10.0, 30.0, 10.0), "half": (5.0, 15.0, 6.0)}, "base")
    assert [(row.name, row.ratio, row.against) for row in rows] == [("base", None, ""), ("half", 0.5, "base")]


def test_bleeding_is_printed_beside_bilinear(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "photo", "--only", "bleeding", "--json"]) == 0
    bilinear, ours = json.loads(capsys.readouterr().out)["rows"]
    assert bilinear["name"] == "bilinear"
    assert 0 < ours["ratio"] < 0.7


def test_cold_starts_are_measured_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "photo", "--only", "cold", "--rounds", "1"]) == 0
    shown = capsys.readouterr().out
    assert "import numpy, cv2, onnxruntime" in shown
    assert "colorise photo one.jpg" in shown
