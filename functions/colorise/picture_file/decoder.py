"""Pieces of a checked picture file → pixels in sRGB, by OpenCV where it is exact and by Pillow where it is not.

Both see two promises kept: the size was checked against the limits, and the file is whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from functions.colorise.picture_file.opencv import decode_by_opencv
from functions.colorise.picture_file.pillow import decode_by_pillow, decode_by_pillow_heif, wants_pillow
from functions.colorise.picture_file.pixels import PROFILE_IGNORED, Decoded, check_claim
from functions.colorise.picture_file.profile import color_to_srgb, grey_to_srgb

if TYPE_CHECKING:
    from functions.colorise.picture_file.containers.header import Header, Parts


def decode(parts: Parts, header: Header) -> Decoded:
    """The first picture of a file, in sRGB.

    Args:
        parts: the file, as `header.intact` gave it.
        header: of the file.

    Raises:
        Unreadable: the pixels are damaged, or need a library that is not installed.
    """
    if header.kind == "heic":
        decoded = decode_by_pillow_heif(parts, header)
    else:
        decoded = (decode_by_pillow if wants_pillow(header) else decode_by_opencv)(parts, header)
    pixels, alpha, notes = decoded
    check_claim((pixels.shape[1], pixels.shape[0]), header, cropped=header.kind == "heic")
    if alpha is not None and int(alpha.min()) == np.iinfo(alpha.dtype).max:
        alpha = None
    if header.profile and header.layout != "cmyk":
        converted = (grey_to_srgb if pixels.ndim == 2 else color_to_srgb)(pixels, header.profile)  # noqa: PLR2004 - grey
        if converted is None:
            notes = (*notes, PROFILE_IGNORED)
        else:
            pixels = converted
    return Decoded(pixels, alpha, notes)
