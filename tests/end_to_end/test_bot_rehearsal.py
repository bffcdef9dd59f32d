"""`colorise bot --rehearse`: what a newcomer sees of the bot, without an account."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_rehearsal_goes_well_and_leaves_nothing_behind(tmp_path: Path) -> None:
    ours = {name: text for name, text in os.environ.items() if not name.startswith("COLORISE_")}
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "cli", "bot", "--rehearse"],
        env={**ours, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1] == "the rehearsal went well"
    assert "colorisebot: @mila" in ended.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
