"""Pictures of a moment at which colours changed: the frame before, the frame itself, and where chroma changed."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from cli.small_colors import SmallView, grey
from functions.color.color_space import colour_at_luma, primary_offsets
from functions.video.decode import decode
from functions.video.flicker import SURE
from functions.video.motion import Motion, between, eight_bits, round_trip_trust
from functions.video.plan import plan
from functions.video.propagate import fetched

if TYPE_CHECKING:
    from functions.color.color_space import Luma, Pixels, Plane
    from functions.video.film import Film
    from functions.video.propagate import Colors
    from functions.video.source import OpenSource
    from functions.video.timeline import Timeline

LONGEST_SIDE: Final = 480
"""Pixels: three of them stand beside each other on a desk's screen, and one fills a phone's."""

QUALITY: Final = 82
"""Of JPEG: thirty pictures then weigh about a megabyte."""

FULL_CHANGE: Final = 16.0
"""Code values of chroma; a change of so much, or more, is shown at full strength."""

SIGNAL: Final = (30, 110, 255)
"""Blue, green, red: an orange, which the dimmed grey picture beneath has nowhere."""

DIMMED: Final = 0.55
"""Brightness of that picture."""


@dataclass(frozen=True, slots=True)
class MomentPictures:
    """Addresses that hold the pictures themselves, as JPEG."""

    before: str
    after: str
    change: str


def moment_pictures(  # noqa: PLR0913 - a film, a place in it, and how it is to be seen
    open_source: OpenSource, film: Film, timeline: Timeline, place: int, size: tuple[int, int], *, compare: bool = False
) -> MomentPictures:
    """Decode two neighbouring frames of the coloured film and draw what changed between them.

    Args:
        open_source: opens the coloured film.
        film: what is known of it.
        timeline: its frames.
        place: number of the later of the two frames, 1 or more.
        size: height and width at which changes are measured.
        compare: the film shows grey and coloured frames side by side; the coloured ones are taken.

    Raises:
        Unreadable: the frames cannot be decoded.
    """
    # Nothing but the two frames is planned, so a long film is not read through again.
    zero = int(timeline.pts[0])
    start, end = (
        Fraction(int(timeline.pts[number]) - zero) * timeline.time_base if number < len(timeline) else None
        for number in (place - 1, place + 1)
    )
    pair = plan(timeline, start=start, end=end)
    width = round(film.width * film.sample_aspect) // (2 if compare else 1)
    scale = min(1.0, LONGEST_SIDE / max(width, film.height))
    shown = max(1, round(film.height * scale)), max(1, round(width * scale))
    view, small = SmallView(film, shown, right_half=compare), SmallView(film, size, right_half=compare)
    pictures, lumas, colors = [], [], []
    for chunk in pair.chunks:
        for frame in decode(open_source, film, chunk, deinterlace="off"):
            luma, tiny = view.luma(frame), small.luma(frame)
            pictures.append(_painted(luma, view.colors(frame) or grey(luma)))
            lumas.append(tiny)
            colors.append(small.colors(frame) or grey(tiny))
    change = _drawn(_change(lumas[0], lumas[1], colors[0], colors[1]), cv2.cvtColor(pictures[1], cv2.COLOR_BGR2GRAY))
    before, after, where = (_address(np.rot90(picture, film.rotation // 90)) for picture in (*pictures, change))
    return MomentPictures(before, after, where)


def _painted(luma: Luma, colors: Colors) -> Pixels:
    offsets = np.rint(np.clip(primary_offsets(*colors), -512, 512)).astype(np.int16)
    return colour_at_luma(luma, offsets)


def _change(there: Luma, here: Luma, before: Colors, after: Colors) -> Plane:
    """(h, w), code values of chroma by which a frame differs from the one before it, moved into place."""
    motion, earlier, later = Motion(fine=True), eight_bits(there), eight_bits(here)
    back, ahead = motion.flow(later, earlier), motion.flow(earlier, later)
    moved = fetched(before, between(back))
    change: Plane = np.hypot(*(now - old for now, old in zip(after, moved, strict=True)))
    return change * (round_trip_trust(back, ahead, np.zeros_like(change)) >= SURE)


def _drawn(change: Plane, picture: Luma) -> Pixels:
    """The change as a glow over a picture (H, W)."""
    height, width = picture.shape
    strength = cv2.resize(np.clip(change / np.float32(FULL_CHANGE), 0, 1), (width, height))[..., None]
    ground = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) * np.float32(DIMMED)
    drawn: Pixels = np.rint(ground + (np.array(SIGNAL, np.float32) - ground) * strength).astype(np.uint8)
    return drawn


def _address(picture: Pixels) -> str:
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(picture), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
