"""What every decoder hands over, and what is checked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

import cv2

from functions.colorise.picture_file.containers.header import damaged
from functions.colorise.picture_file.header import KINDS

if TYPE_CHECKING:
    from functions.color.color_space import Pixels
    from functions.colorise.picture_file.containers.header import Header

UNDECODABLE: Final = "its pixels cannot be decoded"

PROFILE_IGNORED: Final = "its colour profile is damaged or of another kind of picture, and was ignored"


class Decoded(NamedTuple):
    """A decoded picture, as stored: not yet upright.

    Attributes:
        pixels: (H, W) grey or (H, W, 3) blue, green, red.
        alpha: (H, W) of the same type; None where every pixel is opaque.
        notes: for people.
    """

    pixels: Pixels
    alpha: Pixels | None
    notes: tuple[str, ...]


def check_claim(size: tuple[int, int], header: Header, *, cropped: bool = False) -> None:
    """Refuse a picture that turns out to be of another size than its header claims, or larger if it was cropped."""
    width, height = size
    same = (width <= header.width and height <= header.height) if cropped else size == (header.width, header.height)
    if not same:
        why = f"it claims {header.width:,} x {header.height:,} pixels and has {width:,} x {height:,}"
        raise damaged(KINDS[header.kind], why)


def on_damage(remarks: list[str], header: Header) -> tuple[str, ...]:
    """A note for people where the library remarked on the pixels; remarks on tags of TIFF do not count."""
    telling = [remark for remark in remarks if header.kind != "tiff" or "Decode" in remark or "code" in remark]
    words = "the file is damaged, and parts of the picture may be wrong"
    return (f"{words} ({telling[0].rstrip('.')})",) if telling else ()


def split_channels(stored: Pixels, header: Header, notes: tuple[str, ...] = ()) -> Decoded:
    """Colours and transparency of interleaved samples.

    Args:
        stored: (H, W), or (H, W, 3 or 4) blue, green, red, alpha.
        header: says whether the fourth sample is transparency, and whether the three before it are equal.
        notes: for people.
    """
    if stored.ndim == 2 or stored.shape[2] == 3:  # noqa: PLR2004 - grey; or blue, green, red
        return Decoded(stored, None, notes)
    grey = header.layout == "grey"
    colors = cv2.extractChannel(stored, 0) if grey else cv2.cvtColor(stored, cv2.COLOR_BGRA2BGR)
    alpha = cv2.extractChannel(stored, 3) if header.alpha else None
    return Decoded(cast("Pixels", colors), cast("Pixels | None", alpha), notes)
