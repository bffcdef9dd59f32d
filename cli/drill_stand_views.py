"""Whether what a visitor takes home from the stand is what they brought, in colour."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from cli.drill_bot_pictures import chroma_in
from cli.drill_stand_things import Look, frames_of

if TYPE_CHECKING:
    from cli.drill_stand_things import Thing
    from functions.color.color_space import Luma, Pixels

LEAST_CHROMA: Final = 1.0
"""ab, of a coloured picture on average: a grey one has less after JPEG, and some of those drawn here get only 1.4."""

MOST_LUMA_APART: Final = 2.0
"""Code values on average, between the source's luma and the result's, each decoded from a lossy file."""

SMALL: Final = 320
"""Pixels of the longer side at which chroma is measured: a whole photo takes ten times as long."""


def faults_of(thing: Thing, result: bytes) -> list[str]:
    """What is wrong with a result; it blocks.

    Args:
        thing: that was brought, with its luma.
        result: JPEG, or MP4 of a clip.
    """
    assert thing.luma is not None  # noqa: S101 - what is refused has no result
    shown = _first_frame(result) if thing.look is Look.CLIP else _decoded(result)
    if shown is None:
        return [f"{len(result):,} bytes that are no picture"]
    if shown.shape[:2] != thing.luma.shape:
        return [f"{shown.shape[1]}x{shown.shape[0]} pixels instead of {thing.luma.shape[1]}x{thing.luma.shape[0]}"]
    faults = []
    apart = luma_apart(thing.luma, shown)
    if apart > MOST_LUMA_APART:
        faults.append(f"its luma is {apart:.1f} code values from the source's")
    chroma = chroma_in(_small(shown))
    if chroma < LEAST_CHROMA:
        faults.append(f"it is grey: {chroma:.1f} of chroma")
    return faults


def luma_apart(luma: Luma, shown: Pixels) -> float:
    """Mean difference of luma, in code values."""
    other = cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY)
    return float(cv2.absdiff(luma, other).mean())


def _decoded(data: bytes) -> Pixels | None:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    return None if pixels is None else pixels.astype(np.uint8)


def _first_frame(data: bytes) -> Pixels | None:
    with tempfile.TemporaryDirectory(prefix="colorise-drill-") as folder:
        path = Path(folder) / "clip.mp4"
        path.write_bytes(data)
        return next(frames_of(path), None)


def _small(pixels: Pixels) -> Pixels:
    scale = min(1.0, SMALL / max(pixels.shape[:2]))
    small: Pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return small
