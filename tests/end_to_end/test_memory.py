"""Claims about memory: it grows by little more than the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest

from cli.bench_pictures import scene
from cli.peak_memory import peak_memory_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("megapixels", "limit_mb"), [(12, 400), (100, 2500)])
def test_a_photograph_is_coloured_in_bounded_memory(tmp_path: Path, megapixels: int, limit_mb: int) -> None:
    picture = tmp_path / "large.jpg"
    cv2.imwrite(str(picture), scene(megapixels))
    peak = peak_memory_of(["photo", str(picture), "--max-megapixels", "101"])
    assert peak / 1e6 < limit_mb
    assert (tmp_path / "large.color.jpg").exists()
