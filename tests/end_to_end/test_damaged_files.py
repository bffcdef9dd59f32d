"""Claims about the command among damaged, odd and hostile files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.damaged_pictures import damaged, odd_files

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 250


def test_every_damaged_file_is_coloured_or_has_its_reason_and_none_stops_the_others(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    files = [(damage, data) for _, damage, data in damaged(1931, COUNT)] + list(odd_files().items())
    for number, (_, data) in enumerate(files):
        (folder / f"{number:03}.jpg").write_bytes(data)  # whatever it is, it is called a JPEG
    command = [sys.executable, "-m", "cli", "photo", str(folder), "-o", str(out), "--json", "--force"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 4
    assert answer.stderr == ""
    reports = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(reports) == len(files)
    for report in reports:
        if report["status"] == "done":
            assert (out / report["output"].rpartition("/")[2]).read_bytes()[:2] == b"\xff\xd8"
        else:
            assert report["reason"]
            assert report["reason"].count("\n") == 0
    done = sum(report["status"] == "done" for report in reports)
    assert 20 < done < len(files)
    assert len(list(out.iterdir())) == done
