"""What people post in the bot's drill: every picture has a number in its luma, to be read when it is coloured."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from cli.bench_clips import Script, Size, write_clip
from cli.bench_pictures import voronoi
from functions.color.color_space import lab_of

if TYPE_CHECKING:
    from functions.color.color_space import Luma, Pixels

SIDES: Final = (120, 320)
"""Pixels: the shortest and the longest side of a photo."""

GRID: Final = 6
"""Blocks along each side, a bit each."""

BITS: Final = GRID * GRID

DARK, LIGHT = 58.0, 192.0
MIDDLE: Final = (DARK + LIGHT) / 2
TEXTURE: Final = 7.0
"""Code values; texture is far less than what lies between dark and light."""

SPREAD: Final = 2_654_435_761
"""Knuth's multiplier: numbers beside each other get codes that differ in many blocks."""

CLIP: Final = Size(96, 72)
CLIP_FRAMES: Final = 10

SEPIA: Final = (0.62, 0.80, 1.0)
"""Share of its luma that each channel has, from blue to red."""

LARGE_BYTES: Final = 1_200_000
"""Of a file that is more than the bot in the drill takes."""

LONG_MS: Final = 200_000


class Look(StrEnum):
    """What a picture is."""

    GREY = "grey"
    SEPIA = "sepia"
    PNG = "png"
    COLOUR = "colour"
    """Already."""
    BLACK = "black"
    BROKEN = "broken"
    """Half a JPEG header, and then nothing."""
    LARGE = "large"
    GIF = "gif"
    """Which X turns into a film without sound."""
    CLIP = "clip"
    LONG = "long"
    """A clip that is said to be longer than X takes."""
    BROKEN_CLIP = "broken-clip"


_MOVING: Final = frozenset({Look.GIF, Look.CLIP, Look.LONG, Look.BROKEN_CLIP})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture or clip, drawn when it is wanted."""

    number: int
    look: Look = Look.GREY
    alt_text: str | None = None
    is_shown: bool = True
    """Whether X gives an address of it."""

    @property
    def kind(self) -> str:
        """As X calls it."""
        if self.look is Look.GIF:
            return "animated_gif"
        return "video" if self.look in _MOVING else "photo"

    @property
    def content_type(self) -> str:
        """Of the file."""
        if self.look in _MOVING:
            return "video/mp4"
        return "image/png" if self.look is Look.PNG else "image/jpeg"

    @property
    def duration_ms(self) -> int | None:
        """As X says it; None leaves it to what the file says."""
        return LONG_MS if self.look is Look.LONG else None

    @property
    def frames(self) -> int:
        """That it has."""
        return CLIP_FRAMES if self.look in _MOVING else 1

    def content(self) -> bytes:  # noqa: PLR0911 - as many kinds of files
        """The file."""
        match self.look:
            case Look.BROKEN:
                return b"\xff\xd8\xff\xe0" + self.number.to_bytes(4, "big")
            case Look.BROKEN_CLIP:
                return b"\x00\x00\x00\x18ftypmp42" + self.number.to_bytes(4, "big") * 40
            case Look.GIF | Look.CLIP | Look.LONG:
                return _clip(self.number)
            case Look.PNG:
                return _encoded(_luma(self.number), "png")
            case Look.SEPIA:
                return _encoded(np.rint(_luma(self.number)[..., None] * SEPIA).astype(np.uint8), "jpg")
            case Look.COLOUR:
                return _encoded(voronoi(self.number, 200), "jpg")
            case Look.BLACK:
                return _encoded(np.full((160, 200), self.number % 3, np.uint8), "jpg")
            case Look.LARGE:
                data = _encoded(_luma(self.number), "jpg")
                return data + bytes(LARGE_BYTES - len(data))
        return _encoded(_luma(self.number), "jpg")


def code_of(number: int) -> int:
    """The bits in the blocks of a picture."""
    return (number * SPREAD + 0xA) % (1 << BITS)


def code_in(luma: Luma) -> int:
    """Read the bits in the blocks, whatever the picture's size."""
    blocks = cv2.resize(luma, (GRID, GRID), interpolation=cv2.INTER_AREA)
    return sum(1 << place for place, level in enumerate(blocks.ravel()) if level > MIDDLE)


def luma_of(pixels: Pixels) -> Luma:
    """(H, W), from (H, W, 3) blue, green, red."""
    luma: Luma = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return luma


def chroma_in(pixels: Pixels) -> float:
    """Mean distance from grey, in ab of CIE Lab."""
    return float(np.hypot(*np.moveaxis(lab_of(pixels)[..., 1:], -1, 0)).mean())


def frames_in(data: bytes, ending: str) -> list[Pixels]:
    """All frames of a film or GIF, (H, W, 3) each; none where it cannot be read."""
    with tempfile.TemporaryDirectory(prefix="colorise-drill-") as folder:
        path = Path(folder) / f"reply.{ending}"
        path.write_bytes(data)
        film = cv2.VideoCapture(str(path))
        frames: list[Pixels] = []
        while True:
            there, frame = film.read()
            if not there:
                film.release()
                return frames
            frames.append(frame.astype(np.uint8))


def alike(luma: Luma, other: Luma) -> float:
    """Correlation of two pictures' luma, after a little blur: a GIF has a pattern of dots instead of shades."""
    small = [cv2.resize(one, (24, 18), interpolation=cv2.INTER_AREA).ravel() for one in (luma, other)]
    return float(np.corrcoef(*small)[0, 1])


def _luma(number: int) -> Luma:
    generator = np.random.default_rng(number)
    height, width = (int(pixels) for pixels in generator.integers(*SIDES, 2, endpoint=True))
    bits = [code_of(number) >> place & 1 for place in range(BITS)]
    blocks = np.array(bits, np.float32).reshape(GRID, GRID) * np.float32(LIGHT - DARK) + np.float32(DARK)
    # Each block has whole pixels of its own, so that reading it by areas meets its neighbours' edges at most.
    picture = cv2.resize(blocks, (width, height), interpolation=cv2.INTER_NEAREST)
    for cells in (4, 12, 40):
        noise = generator.normal(size=(cells, cells)).astype(np.float32)
        picture += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(TEXTURE)
    luma: Luma = np.rint(np.clip(picture, 5, 250)).astype(np.uint8)
    return luma


def _clip(number: int) -> bytes:
    with tempfile.TemporaryDirectory(prefix="colorise-drill-") as folder:
        path = Path(folder) / "clip.mp4"
        write_clip(Script(CLIP, 1, CLIP_FRAMES, first_shot=number), path)
        return path.read_bytes()


def _encoded(pixels: Luma | Pixels, ending: str) -> bytes:
    written, data = cv2.imencode(f".{ending}", pixels)
    if not written:
        msg = f"OpenCV writes no {ending}"
        raise RuntimeError(msg)
    return data.tobytes()
