"""Claims about memory: it grows by little more than the picture."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import pytest

from cli.bench_pictures import scene

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = (
    "import resource, sys; from cli.main import main\n"
    "code = main(sys.argv[1:])\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    "sys.exit(code)"
)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
@pytest.mark.parametrize(("megapixels", "limit_mb"), [(12, 400), (100, 2500)])
def test_a_photograph_is_coloured_in_bounded_memory(tmp_path: Path, megapixels: int, limit_mb: int) -> None:
    picture = tmp_path / "large.jpg"
    cv2.imwrite(str(picture), scene(megapixels))
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, "photo", str(picture), "--max-megapixels", "101"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(answer.stdout.split()[-1]) / 1000 < limit_mb
    assert (tmp_path / "large.color.jpg").exists()
