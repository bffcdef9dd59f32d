"""Pictures and films of the stub of the stand: photographs in colour, and the same in grey."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import sklearn.datasets

from functions.color.color_space import luma_of
from tests.grey_films import pan, written
from tests.pictures import Bytes, in_colour, resized

if TYPE_CHECKING:
    from pathlib import Path

SKIMAGE: Final = ("coffee", "astronaut", "chelsea", "rocket")
SKLEARN: Final = ("china", "flower")
NAMES: Final = (*SKIMAGE, *SKLEARN)

FILM_SIZE: Final = (240, 320)
"""Height and width."""

FILM_FRAMES: Final = 48


@functools.cache
def photograph(name: str) -> Bytes:
    """(H, W, 3) blue, green, red."""
    if name in SKIMAGE:
        return in_colour(name)
    return np.ascontiguousarray(sklearn.datasets.load_sample_image(f"{name}.jpg")[..., ::-1])


def in_grey(pixels: Bytes) -> Bytes:
    """(H, W), the luma that the pages reckon with."""
    grey: Bytes = np.rint(luma_of(pixels)).astype(np.uint8)
    return grey


@functools.cache
def file_of(name: str, *, grey: bool) -> bytes:
    """The photograph as a JPEG file."""
    return jpeg(in_grey(photograph(name)) if grey else photograph(name))


def jpeg(pixels: Bytes) -> bytes:
    """The file, hardly compressed: what it says of colours is compared."""
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert done
    return data.tobytes()


def read(data: bytes) -> Bytes | None:
    """(H, W, 3), or nothing where it is no picture."""
    if not data:
        return None
    pixels: Bytes | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return pixels


def is_in_colour(pixels: Bytes) -> bool:
    """Whether its channels differ by more than a file's compression makes them."""
    return bool(np.mean(pixels.max(-1).astype(int) - pixels.min(-1)) > 8)


def coloured(pixels: Bytes) -> Bytes:
    """Give a grey picture the colours of the photograph that it is, or those of another one, at its own luma."""
    grey = in_grey(pixels)
    known = next((name for name in NAMES if _is_like(grey, name)), "coffee")
    colours = cv2.cvtColor(resized(photograph(known), grey.shape), cv2.COLOR_BGR2YCrCb)
    colours[..., 0] = grey
    picture: Bytes = cv2.cvtColor(colours, cv2.COLOR_YCrCb2BGR)
    return picture


def film(folder: Path, *, grey: bool) -> bytes:
    """Write two seconds of a camera that wanders over a cup of coffee; MP4."""
    still = resized(photograph("coffee"), (FILM_SIZE[0] + 8, FILM_SIZE[1] + 40))
    frames = pan(still, FILM_FRAMES, *FILM_SIZE)
    pictures = (np.repeat(in_grey(one)[..., None], 3, -1) for one in frames) if grey else frames
    return written(folder / f"film-{grey}.mp4", pictures, "libx264").read_bytes()


def _is_like(grey: Bytes, name: str) -> bool:
    other = in_grey(resized(photograph(name), (64, 64)))
    return float(np.abs(resized(grey, (64, 64)).astype(int) - other).mean()) < 6
