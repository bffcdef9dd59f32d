"""Photographs and films to measure with, made from numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2

from cli.bench_clips import RATE, Script, parse_size, write_clip
from cli.bench_pictures import scene

if TYPE_CHECKING:
    from pathlib import Path

JPEG_QUALITY: Final = 90

CLIP_SECONDS: Final = 15

SHOT_SECONDS: Final = 5


def photograph(megapixels: float) -> bytes:
    """A grey JPEG of 4 : 3 with a photograph's detail."""
    _, data = cv2.imencode(".jpg", scene(megapixels), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes()


def clip(at: Path, size: str, seconds: int = CLIP_SECONDS) -> bytes:
    """A grey H.264 film of some shots, with grain, of a size such as 1280x720; written at `at`, and read."""
    shots = max(1, seconds // SHOT_SECONDS)
    write_clip(Script(parse_size(size), shots=shots, shot_frames=int(seconds * RATE) // shots), at)
    return at.read_bytes()
