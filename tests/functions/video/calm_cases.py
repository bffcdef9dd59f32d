"""Made-up films for the tests of motion and colour: a camera moves over photographs, and the film is old."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from functions.color.color_space import CB_TO_BLUE, CR_TO_RED, LUMA_WEIGHTS, Plane
from functions.video.motion import SmallFrame
from tests.pictures import in_colour, resized

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from functions.color.color_space import Luma
    from functions.video.propagate import Colors

HEIGHT, WIDTH = 64, 96
"""Pixels, as small as the network could see them."""

PHOTOS = ("astronaut", "camera", "coffee", "chelsea", "rocket", "coins", "brick", "grass", "page", "clock")


@dataclass(frozen=True)
class Shot:
    """A camera's way over a photograph."""

    photo: str
    frames: int
    start: tuple[float, float] = (20.0, 30.0)
    """Row and column of the upper left corner in the first frame."""
    pan: tuple[float, float] = (0.0, 0.7)
    """Rows and columns a frame."""


@dataclass(frozen=True)
class Film:
    """Frames, and the colours they really have."""

    frames: tuple[SmallFrame, ...]
    truth: tuple[Colors, ...]
    cuts: tuple[int, ...]


def film(shots: Sequence[Shot], *, first: int = 0, flicker: float = 0.0, grain: float = 0.0, seed: int = 0) -> Film:
    """Shoot a film.

    Args:
        shots: one after the other, with hard cuts between them.
        first: number of the first frame.
        flicker: how much brightness and contrast vary from frame to frame, as a share.
        grain: noise in code values.
        seed: of both.
    """
    generator = np.random.default_rng(seed)
    frames: list[SmallFrame] = []
    truth: list[Colors] = []
    cuts = []
    for shot in shots:
        cuts.append(first + len(frames))
        for luma, colors in _views(shot):
            aged = luma * generator.normal(1, flicker) + generator.normal(0, 60 * flicker)
            aged += generator.normal(0, 1, luma.shape) * grain
            frames.append(SmallFrame(first + len(frames), np.rint(aged.clip(0, 255)).astype(np.uint8)))
            truth.append(colors)
    return Film(tuple(frames), tuple(truth), tuple(cuts[1:]))


def numbered(lumas: Sequence[Luma], first: int = 0) -> tuple[SmallFrame, ...]:
    """Frames of these pictures."""
    return tuple(SmallFrame(first + place, luma) for place, luma in enumerate(lumas))


def _views(shot: Shot) -> Iterator[tuple[Plane, Colors]]:
    picture = _photo(shot.photo)
    for number in range(shot.frames):
        row, column = (start + step * number for start, step in zip(shot.start, shot.pan, strict=True))
        there = np.array([[1, 0, column], [0, 1, row]], np.float32)
        view = cv2.warpAffine(
            picture,
            there,
            (WIDTH, HEIGHT),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )
        luma = view @ LUMA_WEIGHTS
        yield luma, ((view[..., 0] - luma) / CB_TO_BLUE, (view[..., 2] - luma) / CR_TO_RED)


@cache
def _photo(name: str) -> npt.NDArray[np.float32]:
    """A photograph, twice as large as a frame in each direction."""
    soft: npt.NDArray[np.uint8] = cv2.GaussianBlur(resized(in_colour(name), (2 * HEIGHT, 2 * WIDTH)), (0, 0), 0.6)
    return soft.astype(np.float32)
