"""ICC profiles: from a picture's own colours to sRGB, at the depth that the picture has.

Most profiles of photographs are three tone curves and a matrix (Adobe RGB, Display P3, ProPhoto, scanners), or one
curve (grey). Those are computed here, in 8 and in 16 bits alike, because Little CMS as Pillow exposes it knows 8 bits
only. Profiles made of tables, and CMYK, go through Little CMS.

Source: ICC.1:2022, clauses 8 to 10. Conversions are relative colorimetric: both sides are relative to D50.
"""

from __future__ import annotations

import functools
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import cv2
import numpy as np
import numpy.typing as npt

from functions.color.color_space import srgb_encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.color.color_space import Pixels

STRIPE_PIXELS: Final = 1 << 18
"""Pixels that are converted at a time: float copies of a stripe stay within the processor's cache, about 6 MB."""

_SRGB_TO_D50: Final = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
"""Linear sRGB → XYZ under D50: IEC 61966-2-1 adapted by Bradford's method, as in ICC's own sRGB profiles."""

_SAME_MATRIX: Final = 0.005
_SAME_CURVE: Final = 0.5 / 255
"""Profiles as near to sRGB as this are sRGB: half a code value of 8 bits. Several makers round it differently."""

_TABLE: Final = 65_536
"""Entries of a tone curve; one for every 16-bit code value."""

_TABLES: Final = frozenset({b"A2B0", b"A2B1", b"A2B2", b"D2B0"})
"""The tags that hold tables, by rendering intent."""

_GRID_STEP: Final = 5
"""Code values of 8 bits between nodes when a profile of tables is sampled for 16 bits: 255 = 51 x 5, so that
every node is a code value."""


class Curves(NamedTuple):
    """A profile of tone curves.

    Attributes:
        to_linear: (1, N) or (3, N), for grey or for red, green, blue: code value of N - 1 → linear light, 0 to 1.
        matrix: (3, 3), linear red, green, blue → linear sRGB; None for grey.
        is_srgb: converting would change next to nothing.
    """

    to_linear: npt.NDArray[np.float32]
    matrix: npt.NDArray[np.float64] | None
    is_srgb: bool


def color_space(profile: bytes) -> str:
    """What a profile's pixels are: `RGB`, `GRAY`, `CMYK`, …; nothing where it is no profile."""
    return profile[16:20].decode("latin-1").strip() if profile[36:40] == b"acsp" else ""


def grey_to_srgb(pixels: Pixels, profile: bytes) -> Pixels | None:
    """Grey pixels of a profile → grey pixels of sRGB.

    A profile of colours is good for grey pixels as well: its grey axis is its green curve.

    Args:
        pixels: (H, W).
        profile: an ICC profile.

    Returns:
        (H, W) of the same type, the same array where nothing is to be done; None where the profile is no use.
    """
    curves = read_curves(profile)
    if curves is None:
        return None
    if curves.is_srgb:
        return pixels
    most = np.iinfo(pixels.dtype).max
    linear = curves.to_linear[len(curves.to_linear) // 2].astype(np.float64)
    codes = np.interp(np.arange(most + 1), np.linspace(0, most, len(linear)), srgb_encode(linear))
    table = np.rint(np.clip(codes, 0, 1) * most).astype(pixels.dtype)
    if pixels.dtype == np.uint8:
        return cast("Pixels", cv2.LUT(cast("npt.NDArray[np.uint8]", pixels), cast("npt.NDArray[np.uint8]", table)))
    converted = np.empty_like(pixels)
    for rows in stripes(pixels):
        np.take(table, pixels[rows], out=converted[rows])
    return converted


def color_to_srgb(pixels: Pixels, profile: bytes) -> Pixels | None:
    """Colour pixels of a profile → sRGB, in place where the array allows it.

    Args:
        pixels: (H, W, 3), blue, green, red.
        profile: an ICC profile.

    Returns:
        (H, W, 3) of the same type; None where the profile is no use.
    """
    if color_space(profile) != "RGB":
        return None
    curves = read_curves(profile)
    if curves is None:  # Little CMS would take nonsensical curves at their word, and paint all black
        return _through_tables(pixels, profile) if _TABLES & _tags(profile).keys() else None
    if not curves.is_srgb and curves.matrix is not None:
        _through_curves(pixels, curves.to_linear, curves.matrix)
    return pixels


@functools.lru_cache(maxsize=16)
def read_curves(profile: bytes) -> Curves | None:
    """The tone curves and the matrix of a profile; None where it has none, or nonsensical ones."""
    names = {"GRAY": (b"kTRC",), "RGB": (b"rTRC", b"gTRC", b"bTRC")}.get(color_space(profile), ())
    matrix: npt.NDArray[np.float64] | None = None
    try:
        tags = _tags(profile)
        curves = [tags[name] for name in names]
        if len(curves) == len(_SRGB_TO_D50):
            to_d50 = np.stack([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
            matrix = np.linalg.solve(_SRGB_TO_D50, to_d50)
        # Most profiles are sRGB's: that is found out with 256 code values, before a table of all is worth its time.
        linear = _light(curves, 256)
        same = matrix is None or bool(np.abs(matrix - np.eye(3)).max() < _SAME_MATRIX)
        same &= bool(np.abs(srgb_encode(linear) - np.linspace(0, 1, 256)).max() < _SAME_CURVE)
        if not same:
            linear = _light(curves, _TABLE)
    except (KeyError, ValueError, struct.error, OverflowError):
        return None
    # No real set of primaries lies further from sRGB's than this, or on a line.
    if matrix is not None and (np.abs(matrix).max() > 10 or abs(np.linalg.det(matrix)) < 1e-3):  # noqa: PLR2004
        return None
    return Curves(linear.astype(np.float32), matrix, is_srgb=same)


def stripes(pixels: npt.NDArray[np.generic]) -> Iterator[slice]:
    """Slices of rows that together cover a picture, each of about `STRIPE_PIXELS`."""
    height, width = pixels.shape[:2]
    step = max(STRIPE_PIXELS // max(width, 1), 1)
    for start in range(0, height, step):
        yield slice(start, min(start + step, height))


def _through_curves(pixels: Pixels, to_linear: npt.NDArray[np.float32], matrix: npt.NDArray[np.float64]) -> None:
    """Convert in place, stripe by stripe.

    The way back to code values is a table over the square root of the light: as a function of that, sRGB's curve is
    nowhere steeper than 1.5, so that nearest entries are exact to a code value even of 16 bits.
    """
    most = np.iinfo(pixels.dtype).max
    codes = np.linspace(0, 1, most + 1)
    known = np.linspace(0, 1, to_linear.shape[1])
    tables = [np.interp(codes, known, curve).astype(np.float32) for curve in to_linear[::-1]]
    back = np.rint(srgb_encode(np.linspace(0, 1, _TABLE) ** 2) * most).astype(pixels.dtype)
    turned = np.ascontiguousarray(matrix[::-1, ::-1])  # from red, green, blue to blue, green, red
    for rows in stripes(pixels):
        part = pixels[rows]
        light: Any = np.empty(part.shape, np.float32)
        for channel, table in enumerate(tables):
            light[..., channel] = table[part[..., channel]]
        light = cv2.transform(light, turned).reshape(part.shape)
        np.clip(light, 0, 1, out=light)
        np.sqrt(light, out=light)
        light *= _TABLE - 1
        part[...] = back[np.rint(light, out=light).astype(np.uint16)]


def _through_tables(pixels: Pixels, profile: bytes) -> Pixels | None:
    """Convert by Little CMS: 8 bits directly, 16 bits by interpolation between sampled nodes."""
    from functions.colorise.picture_file.cms import sampled_cube, to_srgb_8bit  # noqa: PLC0415 - Pillow is slow to import

    if pixels.dtype == np.uint8:
        for rows in stripes(pixels):
            converted = to_srgb_8bit(cast("npt.NDArray[np.uint8]", pixels[rows][..., ::-1]), profile, "RGB")
            if converted is None:
                return None
            pixels[rows] = converted[..., ::-1]
        return pixels
    cube = sampled_cube(profile, _GRID_STEP)
    if cube is None:
        return None
    for rows in stripes(pixels):
        pixels[rows] = _interpolated(cast("npt.NDArray[np.uint16]", pixels[rows][..., ::-1]), cube)[..., ::-1]
    return pixels


def _interpolated(colors: npt.NDArray[np.uint16], cube: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Trilinear interpolation: (h, w, 3) red, green, blue in a cube (N, N, N, 3) of values 0 to 65535."""
    last = len(cube) - 1
    place = colors.astype(np.float32) * np.float32(last / 65_535)
    low = np.minimum(place.astype(np.intp), last - 1)
    share = place - low
    mixed = np.zeros(colors.shape, np.float32)
    for corner in np.ndindex(2, 2, 2):
        weight = np.ones(colors.shape[:2], np.float32)
        for axis, upper in enumerate(corner):
            weight *= share[..., axis] if upper else 1 - share[..., axis]
        mixed += weight[..., None] * cube[tuple(low[..., axis] + upper for axis, upper in enumerate(corner))]
    return np.rint(np.clip(mixed, 0, 65_535)).astype(np.uint16)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """Each tag's signature and data."""
    count = min(int.from_bytes(profile[128:132], "big"), (len(profile) - 132) // 12, 100)
    entries = struct.iter_unpack(">4sII", profile[132 : 132 + 12 * max(count, 0)])
    return {name: profile[at : at + size] for name, at, size in entries}


def _xyz(tag: bytes) -> npt.NDArray[np.float64]:
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65_536


def _light(curves: list[bytes], count: int) -> npt.NDArray[np.float64]:
    """(C, count), the light for evenly spaced code values.

    Raises:
        ValueError: no curve, or one that makes no sense.
    """
    codes = np.linspace(0, 1, count)
    with np.errstate(all="ignore"):  # nonsense shows in the result
        return np.stack([_curve(tag, codes) for tag in curves])


def _curve(tag: bytes, codes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The light for each code value of 0 to 1, from either of ICC's two kinds of curve."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return codes
        entries = np.frombuffer(tag, ">u2", count, 12)
        if count == 1:
            light = codes ** (int(entries[0]) / 256)
        else:
            light = np.interp(codes, np.linspace(0, 1, count), entries / 65_535)
    elif tag[:4] == b"para":
        light = _parametric(tag, codes)
    else:
        msg = f"a curve of kind {tag[:4]!r}"
        raise ValueError(msg)
    light = np.clip(light, 0, 1)
    if not np.isfinite(light).all() or light[-1] - light[0] < 0.5:  # noqa: PLR2004 - no tone curve does that
        msg = "a curve that does not rise"
        raise ValueError(msg)
    return light


def _parametric(tag: bytes, codes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """ICC.1:2022, 10.18: five kinds, each a power above an edge and a straight line below it."""
    kind = int.from_bytes(tag[8:10], "big")
    count = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}.get(kind, 0)
    g, a, b, c, d, e, f = (*(value / 65_536 for value in struct.unpack_from(f">{count}i", tag, 12)), *(0.0,) * 7)[:7]
    slope, edge, below, above = {
        0: (0.0, 0.0, 0.0, 0.0),
        1: (0.0, -b / (a or 1), 0.0, 0.0),
        2: (0.0, -b / (a or 1), c, c),
        3: (c, d, 0.0, 0.0),
        4: (c, d, f, e),
    }.get(kind, (np.nan,) * 4)
    base = codes if kind == 0 else np.maximum(a * codes + b, 0)
    light: npt.NDArray[np.float64] = np.where(codes >= edge, base**g + above, slope * codes + below)
    return light
