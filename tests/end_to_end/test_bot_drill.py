"""A claim about the whole bot while a crowd mentions it and it is killed: a small version of `colorise drill bot`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

SMALL = ("--mentions", "300", "--kills", "1", "--work-seconds", "1", "--latency-photos", "4", "--load-seconds", "0")
QUICK = ("--quiet-seconds", "4", "--side", "64", "--seed", "3", "--json")


def test_every_mention_gets_what_it_is_owed_and_nothing_twice_while_the_bot_is_killed_between_any_two_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["drill", "bot", *SMALL, *QUICK, "--data", str(tmp_path / "data")])
    shown = capsys.readouterr()
    assert shown.out, shown.err
    report: dict[str, Any] = json.loads(shown.out)
    assert [promise for promise in report["promises"] if not promise["kept"]] == []
    assert code == 0
    figures = {figure["name"]: figure["value"] for figure in report["figures"]}
    assert figures["kills of the bot"] >= 3
    assert figures["replies"] >= 200
