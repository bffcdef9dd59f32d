"""Claims about writing results whole."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

from functions.whole_file import write_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_a_result_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    target, plain = tmp_path / "result", tmp_path / "plain"
    write_whole(target, b"colour")
    plain.write_bytes(b"")
    assert target.read_bytes() == b"colour"
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_folders_are_made_and_long_names_fit(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / ("n" * 251 + ".jpg")
    write_whole(target, b"1")
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_full_disk_leaves_the_old_result_and_nothing_half(tmp_path: Path) -> None:
    target = tmp_path / "result"
    target.write_bytes(b"old")
    # A limit on the size of files stands in for a disk that fills up in the middle of a write.
    program = (
        "import resource, sys; from pathlib import Path; from functions.whole_file import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_whole(Path(sys.argv[1]), b'n' * 5000)\n"
        "except OSError as error: print(error.strerror)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program, str(target)], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "File too large"
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
