"""A claim about the whole stand while visitors come and programs are killed: a small version of `colorise drill stand`.

How waits grow with a crowd, memory over time and what expires by itself need minutes: the drill judges them when it is
run as it is.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cli.drill_stand_ways import SHARES
from cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

SMALL = ("--quiet", "2", "--crowd", "4", "--rounds", "1", "--kills", "3", "--kill-seconds", "0.5", "--minutes", "0")
QUICK = ("--no-expiry", "--side", "64", "--seed", "3", "--json")

JUDGED = {
    "everybody in a crowd gets a coloured picture",
    "every visit that was accepted ends, in colour or with a reason",
    "everybody is told what is right",
    "results are what was brought, in colour",
    "what was deleted is served no more",
    "when all is deleted, nothing is kept",
    "what is gone is served no more",
    "nothing dies by itself",
    "wall, machine room and timeline are told all along",
    "no file stays open",
    "nothing is left in the queue",
    "no log tells of an error",
    "no secret is in a log",
}


def test_every_visitor_of_a_stand_is_served_and_nothing_is_kept_while_its_programs_are_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["drill", "stand", *SMALL, *QUICK, "--data", str(tmp_path / "data")])
    shown = capsys.readouterr()
    assert shown.out, shown.err
    report: dict[str, Any] = json.loads(shown.out)
    assert [promise for promise in report["promises"] if not promise["kept"]] == []
    assert code == 0
    assert {promise["name"] for promise in report["promises"]} >= JUDGED
    figures = {figure["name"]: figure["value"] for figure in report["figures"]}
    assert figures["visitors"] >= 2 * len(SHARES)
    assert all(figures[f"kills of the {kind}"] == 1 for kind in ("worker", "stand", "bot"))
