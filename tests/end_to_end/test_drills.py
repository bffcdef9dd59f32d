"""Claims about the whole pipeline while it is broken on purpose: small versions of `colorise drill`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

QUICK = ("--seed", "3", "--side", "64", "--json")


def drilled(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Carry out a drill; what it has found, when every promise was kept."""
    code = main(["drill", *words, *QUICK])
    shown = capsys.readouterr()
    assert shown.out, shown.err
    report: dict[str, Any] = json.loads(shown.out)
    assert [promise for promise in report["promises"] if not promise["kept"]] == []
    assert code == 0
    return {figure["name"]: figure["value"] for figure in report["figures"]}


def test_nothing_is_lost_doubled_or_spoilt_while_programs_are_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = drilled(
        capsys,
        *("chaos", "--images", "40", "--films", "1", "--shots", "2", "--minutes", "0.1", "--kill-seconds", "1"),
        *("--data", str(tmp_path / "data")),
    )
    assert figures["orders"] == 41
    assert figures["kills"] >= 4


def test_nothing_is_lost_doubled_or_spoilt_while_the_store_refuses_stalls_and_breaks_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = drilled(
        capsys,
        *("faults", "--images", "20", "--films", "1", "--shots", "1", "--stall-seconds", "0.5"),
        *("--data", str(tmp_path / "data")),
    )
    assert all(figures[f"requests hurt: {kind}"] for kind in ("answer", "cut", "stall"))


def test_poison_is_answered_and_buried_and_nothing_else_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drilled(capsys, "poison", "--orders", "72", "--rounds", "0", "--data", str(tmp_path / "data"))
