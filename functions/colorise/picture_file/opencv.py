"""Pictures that OpenCV decodes: JPEG, PNG, still WebP, 16-bit TIFF and AVIF."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import cv2
import numpy as np

from functions.colorise.picture_file.containers import png, tiff
from functions.colorise.picture_file.containers.header import damaged, ends_early, unsupported
from functions.colorise.picture_file.header import KINDS
from functions.colorise.picture_file.native_stderr import remarks_caught
from functions.colorise.picture_file.pixels import UNDECODABLE, on_damage, split_channels
from functions.colorise.picture_file.profile import stripes

if TYPE_CHECKING:
    import numpy.typing as npt

    from functions.color.color_space import Pixels
    from functions.colorise.picture_file.containers.header import Header, Parts
    from functions.colorise.picture_file.pixels import Decoded

_BYTE_BITS: Final = 8

_FORESEEABLE: Final = ("jpeg", "png", "tiff")
"""Kinds whose headers say for certain what array OpenCV will make of them."""

_LARGE_BYTES: Final = 8 * 1024 * 1024
"""Pixels of this size are worth a file in memory; below, making one costs what it saves."""


_MARK: Final = (np.arange(48) * 89 + 7).astype(np.uint8)
"""Samples that no picture ends with."""


def decode_by_opencv(parts: Parts, header: Header) -> Decoded:
    """The first picture of a file, as stored and in its own colours.

    Raises:
        Unreadable: the pixels are damaged, or of a type that is not read here.
    """
    grey_only = header.layout == "grey" and (not header.alpha or header.transparent is not None)
    if header.kind == "jpeg" or grey_only:
        flags = cv2.IMREAD_GRAYSCALE if header.layout == "grey" else cv2.IMREAD_COLOR
        flags |= cv2.IMREAD_IGNORE_ORIENTATION | cv2.IMREAD_ANYDEPTH
    else:
        flags = cv2.IMREAD_UNCHANGED  # which leaves the orientation alone as well
    with remarks_caught() as remarks:
        try:
            stored = _read(parts, flags, header)
        except cv2.error as error:
            remarks.append(str(error))
            stored = None
    name = KINDS[header.kind]
    if any("premature end" in remark.lower() for remark in remarks):
        raise ends_early(name)
    if stored is None:
        raise damaged(name, UNDECODABLE)
    if stored.dtype not in (np.uint8, np.uint16):
        raise unsupported(name, f"its samples are {stored.dtype.name}; save it with 8 or 16 bits a sample")
    _correct(stored, parts, header)
    decoded = split_channels(stored, header, on_damage(remarks, header))
    if header.transparent is None:
        return decoded
    opaque = stored != header.transparent
    return decoded._replace(alpha=opaque.astype(stored.dtype) * np.iinfo(stored.dtype).max)


def _correct(stored: Pixels, parts: Parts, header: Header) -> None:
    """Undo, in place, what OpenCV leaves to its caller."""
    if header.kind == "avif" and stored.dtype == np.uint16:
        _stretch(cast("npt.NDArray[np.uint16]", stored), header.bits)
    elif header.kind == "tiff" and stored.ndim == 2:  # noqa: PLR2004 - grey
        if tiff.white_is_zero(parts[0]):
            cv2.bitwise_not(stored, dst=stored)
    elif header.kind == "tiff" and header.alpha and tiff.premultiplied(parts[0]):
        _divide(stored)


def _read(parts: Parts, flags: int, header: Header) -> Any:
    """(H, W) or (H, W, 3 or 4), or None: what OpenCV makes of a file."""
    channels = (4 if header.alpha else 3,) if flags & cv2.IMREAD_COLOR or flags == cv2.IMREAD_UNCHANGED else ()
    shape, dtype = (header.height, header.width, *channels), np.uint8 if header.bits == _BYTE_BITS else np.uint16
    in_order = header.kind in _FORESEEABLE and not (header.kind == "png" and png.interlaced(parts))
    if in_order and math.prod(shape) * dtype().itemsize >= _LARGE_BYTES:
        with contextlib.suppress(cv2.error, OSError):  # the picture is of another shape; there is no such file
            return _read_into(np.empty(shape, dtype), parts, flags)
    return cv2.imdecode(np.frombuffer(parts[0] if len(parts) == 1 else b"".join(parts), np.uint8), flags)


def _read_into(target: Pixels, parts: Parts, flags: int) -> Any:
    """The target, filled; None where the file is damaged.

    `imdecode` holds all pixels twice, once for C++ and once for Python; `imread` fills an array that is there, and
    wants a path. So the parts go through a file in memory, which is a quarter faster as well.

    Raises:
        cv2.error: the picture is of another shape or type.
        OSError: the system has no files in memory, or no paths to them.
    """
    if not hasattr(os, "memfd_create"):
        raise OSError
    with os.fdopen(os.memfd_create("picture"), "wb") as file:
        path = Path(f"/proc/self/fd/{file.fileno()}")
        path.stat()
        file.writelines(parts)
        file.flush()
        # Where the decoder gives up, `imread` hands back the target as it is by then: rows come in order, so that a
        # mark at its end shows whether all of them came.
        end = target.reshape(-1)[-_MARK.size :]
        end[...] = _MARK[-end.size :]
        filled = cv2.imread(str(path), target, flags)
        return None if np.array_equal(end, _MARK[-end.size :]) else filled


def _stretch(stored: npt.NDArray[np.uint16], bits: int) -> None:
    """Samples of 10 or 12 bits to the whole range of 16, in place: the upper bits are repeated below."""
    for rows in stripes(stored):
        part = stored[rows]
        part[...] = part << (16 - bits) | part >> (2 * bits - 16)


def _divide(stored: Pixels) -> None:
    """Colours that were multiplied by alpha, divided by it again, in place: (H, W, 4)."""
    most = np.iinfo(stored.dtype).max
    for rows in stripes(stored):
        part = stored[rows]
        share = np.maximum(part[..., 3:], 1).astype(np.float32) / most
        part[..., :3] = np.minimum(part[..., :3] / share + 0.5, most).astype(stored.dtype)
