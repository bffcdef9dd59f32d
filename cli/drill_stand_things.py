"""What visitors bring to the stand of a drill: no two alike, cut from one picture with a photograph's statistics."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from cli.bench_clips import Script, Size, write_clip
from cli.bench_pictures import scene, voronoi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from functions.color.color_space import Luma, Pixels

MEGAPIXELS: Final = 5.0
"""Of the picture that others are cut from: room for a million different ones of a webcam."""

WEBCAM: Final = Size(1280, 720)

SIZES: Final = (Size(640, 480), WEBCAM, Size(960, 1280), Size(1920, 1080), Size(2400, 1600))
"""Of photos."""

CLIP_SIZES: Final = (Size(320, 240), Size(426, 240))
CLIP_FRAMES: Final = (25, 50)
"""The fewest and the most: a second, and two."""

QUALITY: Final = 90
"""Of JPEG and WebP; a webcam's pictures come with about as much."""

MAX_MEGABYTES: Final = 6
"""That the stand of the drill takes."""


class Look(StrEnum):
    """What somebody brings."""

    WEBCAM = "webcam"
    """A JPEG, as the booth takes it."""
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    CLIP = "clip"
    TEXT = "text"
    COLOUR = "colour"
    """Already."""
    BROKEN = "broken"
    """The first third of a JPEG."""
    LARGE = "large"
    """More bytes than the stand takes."""


REFUSED: Final[Mapping[Look, str]] = {
    Look.TEXT: "not-a-picture",
    Look.COLOUR: "already-colour",
    Look.BROKEN: "damaged",
    Look.LARGE: "too-large",
}
"""What is not coloured → the code that its visitor must be told."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A file."""

    look: Look
    data: bytes
    luma: Luma | None = None
    """(H, W), of a picture or of a clip's first frame; None where it must be refused."""

    @property
    def refusal(self) -> str | None:
        """The code with which it must be refused; None where it must be coloured."""
        return REFUSED.get(self.look)


class Bag:
    """Makes things. It may be used from several threads at once.

    Args:
        random: decides what they show; the same for the same seed, as long as one thread asks.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._scene = scene(MEGAPIXELS)
        self._clips = itertools.count(random.randrange(1 << 20) << 8)

    def make(self, look: Look) -> Thing:  # noqa: PLR0911 - as many kinds of files
        """Draw one; it blocks for some tens of milliseconds."""
        match look:
            case Look.CLIP:
                return self._clip()
            case Look.TEXT:
                return Thing(look, b"Dear stand, please colour my grandmother.\n" * (1 + self._random.randrange(9)))
            case Look.COLOUR:
                return Thing(look, _encoded(voronoi(self._random.randrange(1 << 30), 300), ".jpg"))
            case Look.BROKEN:
                whole = _encoded(self._cut(WEBCAM), ".jpg")
                return Thing(look, whole[: len(whole) // 3])
            case Look.LARGE:
                return Thing(look, _encoded(self._cut(WEBCAM), ".jpg") + bytes(MAX_MEGABYTES * 1_000_000))
            case Look.PNG | Look.WEBP | Look.JPEG:
                luma = self._cut(self._random.choice(SIZES[:3] if look is Look.PNG else SIZES))
                return _kept(look, luma, {Look.PNG: ".png", Look.WEBP: ".webp"}.get(look, ".jpg"))
        return _kept(look, self._cut(WEBCAM), ".jpg")

    def _cut(self, size: Size) -> Luma:
        """A piece of the scene, of its own place, brightness and side."""
        height, width = self._scene.shape
        top = self._random.randrange(height - size.height + 1)
        left = self._random.randrange(width - size.width + 1)
        piece = self._scene[top : top + size.height, left : left + size.width]
        if self._random.random() < 0.5:  # noqa: PLR2004 - a coin
            piece = piece[:, ::-1]
        gamma = self._random.uniform(0.75, 1.3)
        table = np.rint(np.linspace(0, 1, 256) ** gamma * 255).astype(np.uint8)
        luma: Luma = table[piece]
        return luma

    def _clip(self) -> Thing:
        size, frames = self._random.choice(CLIP_SIZES), self._random.randint(*CLIP_FRAMES)
        with tempfile.TemporaryDirectory(prefix="colorise-drill-") as folder:
            path = Path(folder) / "clip.mp4"
            write_clip(Script(size, 1, frames, first_shot=next(self._clips)), path)
            data = path.read_bytes()
            first = cv2.cvtColor(next(frames_of(path)), cv2.COLOR_BGR2GRAY)
        return Thing(Look.CLIP, data, first.astype(np.uint8))


def frames_of(path: Path) -> Iterator[Pixels]:
    """Frames of a film, (H, W, 3) each: blue, green, red."""
    film = cv2.VideoCapture(str(path))
    try:
        while True:
            there, frame = film.read()
            if not there:
                return
            yield frame.astype(np.uint8)
    finally:
        film.release()


def _kept(look: Look, luma: Luma, ending: str) -> Thing:
    data = _encoded(luma, ending)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert decoded is not None  # noqa: S101 - it was just written
    return Thing(look, data, decoded.astype(np.uint8))


def _encoded(pixels: Luma | Pixels, ending: str) -> bytes:
    wishes = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, QUALITY], ".webp": [cv2.IMWRITE_WEBP_QUALITY, QUALITY]}
    written, data = cv2.imencode(ending, pixels, wishes.get(ending, []))
    if not written:
        msg = f"OpenCV writes no {ending}"
        raise RuntimeError(msg)
    return data.tobytes()
