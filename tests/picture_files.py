"""Picture files made from numbers, byte by byte where no library writes what a test needs."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Samples: TypeAlias = npt.NDArray[Any]
"""(H, W) grey, or (H, W, C) red, green, blue and so on: the order of files, not of OpenCV."""

Sign: TypeAlias = Literal["<", ">"]
"""Order of bytes, as struct writes it."""

HEIGHT, WIDTH = 40, 56


def colours(height: int = HEIGHT, width: int = WIDTH, dtype: type = np.uint8) -> Samples:
    """(H, W, 3): waves that differ by channel and in every corner, so that a turned picture shows."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    waves = [
        0.5 + 0.35 * np.sin(x / 9 + y / 31),
        0.5 + 0.4 * np.cos(y / 7 - x / 40),
        (x + 2 * y) / (width + 2 * height),
    ]
    pixels: Samples = np.rint(np.stack(waves, -1) * np.iinfo(dtype).max).astype(dtype)
    return pixels


def greys(height: int = HEIGHT, width: int = WIDTH, dtype: type = np.uint8) -> Samples:
    """(H, W): one of the waves."""
    return np.ascontiguousarray(colours(height, width, dtype)[..., 2])


def as_read(pixels: Samples) -> Samples:
    """Red, green, blue as OpenCV orders them."""
    return pixels if pixels.ndim == 2 else pixels[..., 2::-1]


def distance(one: Samples, other: Samples) -> float:
    """Mean difference of code values."""
    return float(np.abs(one.astype(np.float64) - other).mean())


def ramp(dtype: type = np.uint8, shape: tuple[int, int] = (40, 56)) -> Samples:
    """(H, W), transparent on the left and opaque on the right."""
    most = np.iinfo(dtype).max
    return np.broadcast_to(np.linspace(0, most, shape[1]).astype(dtype), shape).copy()


def saved(pixels: Samples, kind: str, mode: str | None = None, **options: Any) -> bytes:
    """The file as Pillow writes it, in one of its modes."""
    written = io.BytesIO()
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(written, kind, **options)
    return written.getvalue()


def saved_frames(frames: Sequence[Samples], kind: str, **options: Any) -> bytes:
    """A file of several frames or pages."""
    written = io.BytesIO()
    first, *rest = (Image.fromarray(frame) for frame in frames)
    first.save(written, kind, save_all=True, append_images=rest, **options)
    return written.getvalue()


def png_chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def png(
    pixels: Samples, color_type: int, bits: int, *, before: bytes = b"", size: tuple[int, int] | None = None
) -> bytes:
    """A PNG of any colour type and depth; samples narrower than a byte are packed.

    Args:
        pixels: (H, W) or (H, W, C), as stored.
        color_type: 0 grey, 2 colours, 3 palette, 4 grey with alpha, 6 colours with alpha.
        bits: a sample.
        before: chunks between the header and the pixels.
        size: width and height that the header shall claim.
    """
    height, width = pixels.shape[:2]
    flat = pixels.reshape(height, -1)
    if bits == 16:
        rows = flat.astype(">u2").view(np.uint8).reshape(height, -1)
    elif bits == 8:
        rows = flat.astype(np.uint8)
    else:
        ones = np.unpackbits(flat.astype(np.uint8)[..., None], axis=-1)[..., 8 - bits :]
        rows = np.packbits(ones.reshape(height, -1), axis=-1)
    raw = b"".join(b"\x00" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", *(size or (width, height)), bits, color_type, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", zlib.compress(raw)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def with_png_chunk(data: bytes, name: bytes, payload: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    return data[:33] + png_chunk(name, payload) + data[33:]


def with_jpeg_segment(data: bytes, marker: int, payload: bytes) -> bytes:
    """A JPEG with one more segment in front."""
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload + data[2:]


def ifd(entries: Mapping[int, tuple[int, bytes]], at: int, sign: str = "<", after: int = 0) -> bytes:
    """A TIFF directory at an offset: tag → (type, values as bytes of that order)."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8}
    body, tail = struct.pack(sign + "H", len(entries)), b""
    tail_at = at + 2 + 12 * len(entries) + 4
    for tag, (kind, values) in sorted(entries.items()):
        if len(values) > 4:
            field = struct.pack(sign + "I", tail_at + len(tail))
            tail += values + b"\x00" * (len(values) % 2)
        else:
            field = values.ljust(4, b"\x00")
        body += struct.pack(sign + "HHI", tag, kind, len(values) // sizes[kind]) + field
    return body + struct.pack(sign + "I", after) + tail


def tiff(
    pixels: Samples,
    photometric: int,
    *,
    sign: Sign = "<",
    deflate: bool = False,
    more: Mapping[int, tuple[int, bytes]] | None = None,
) -> bytes:
    """A TIFF of one strip and any number of samples a pixel.

    Args:
        pixels: (H, W) or (H, W, C), as stored.
        photometric: TIFF's number for what the samples mean.
        sign: order of bytes.
        deflate: compress the strip.
        more: further entries, or other ones.
    """
    height, width = pixels.shape[:2]
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    raw = pixels.astype(pixels.dtype.newbyteorder(sign)).tobytes()
    raw = zlib.compress(raw) if deflate else raw
    raw += b"\x00" * (len(raw) % 2)

    def shorts(*values: int) -> tuple[int, bytes]:
        return 3, struct.pack(f"{sign}{len(values)}H", *values)

    def long(value: int) -> tuple[int, bytes]:
        return 4, struct.pack(sign + "I", value)

    entries = {
        256: long(width),
        257: long(height),
        258: shorts(*[pixels.dtype.itemsize * 8] * samples),
        259: shorts(8 if deflate else 1),
        262: shorts(photometric),
        273: long(8),
        277: shorts(samples),
        278: long(height),
        279: long(len(raw)),
        **(more or {}),
    }
    at = 8 + len(raw)
    magic = {"<": b"II*\x00", ">": b"MM\x00*"}[sign]
    return magic + struct.pack(sign + "I", at) + raw + ifd(entries, at, sign)


def exif(
    orientation: int | None = None, *, sign: str = "<", more: Mapping[int, tuple[int, bytes]] | None = None
) -> bytes:
    """A TIFF structure as EXIF uses it."""
    entries = dict(more or {})
    if orientation is not None:
        entries[0x0112] = (3, struct.pack(sign + "H", orientation))
    magic = {"<": b"II*\x00", ">": b"MM\x00*"}[sign]
    return magic + struct.pack(sign + "I", 8) + ifd(entries, 8, sign)


def profile(
    tags: Mapping[bytes, bytes], space: bytes = b"RGB ", connection: bytes = b"XYZ ", kind: bytes = b"mntr"
) -> bytes:
    """An ICC profile of version 2, relative to D50."""
    table, body = struct.pack(">I", len(tags)), b""
    at = 128 + 4 + 12 * len(tags)
    for name, payload in tags.items():
        table += struct.pack(">4sII", name, at + len(body), len(payload))
        body += payload + b"\x00" * (-len(payload) % 4)
    header = bytearray(128)
    header[8:12] = b"\x02\x40\x00\x00"
    header[12:24] = kind + space + connection
    header[24:36] = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    header[36:40] = b"acsp"
    header[68:80] = fixed(0.9642, 1.0, 0.8249)
    header[0:4] = struct.pack(">I", 128 + len(table) + len(body))
    return bytes(header) + table + body


def fixed(*values: float) -> bytes:
    """ICC's s15Fixed16 numbers."""
    return struct.pack(f">{len(values)}i", *(round(value * 65_536) for value in values))


def xyz(*values: float) -> bytes:
    return b"XYZ \x00\x00\x00\x00" + fixed(*values)


def gamma_curve(gamma: float) -> bytes:
    return b"curv\x00\x00\x00\x00" + struct.pack(">IH", 1, round(gamma * 256))


def parametric_curve(kind: int, *parameters: float) -> bytes:
    return b"para\x00\x00\x00\x00" + struct.pack(">HH", kind, 0) + fixed(*parameters)


DESCRIPTION = b"desc\x00\x00\x00\x00" + struct.pack(">I", 5) + b"test\x00" + bytes(78)
WHITE = xyz(0.9642, 1.0, 0.8249)

ADOBE_TO_XYZ = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
"""Linear Adobe RGB (1998) → XYZ under D50: the colorants of Adobe's own profile."""


def matrix_profile(matrix: Samples, curve: bytes) -> bytes:
    """A profile of three equal curves and a matrix, (3, 3), linear red, green, blue → XYZ under D50."""
    columns = {name: xyz(*matrix[:, index]) for index, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return profile({b"desc": DESCRIPTION, b"wtpt": WHITE, **columns, **curves})


def grey_profile(curve: bytes) -> bytes:
    return profile({b"desc": DESCRIPTION, b"wtpt": WHITE, b"kTRC": curve}, space=b"GRAY")


def table_profile(space: bytes, corners: Samples) -> bytes:
    """A profile that is a table of Lab values at the corners of its space, with straight lines between.

    Args:
        space: `RGB ` or `CMYK`.
        corners: (2, 2, 2, 3) or (2, 2, 2, 2, 3), L* 0 to 100, a* and b* -128 to 127.
    """
    inputs = corners.ndim - 1
    codes = np.stack([corners[..., 0] * 2.55, corners[..., 1] + 128, corners[..., 2] + 128], -1)
    ramp = bytes(range(256))
    table = b"mft1\x00\x00\x00\x00" + bytes((inputs, 3, 2, 0)) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table += ramp * inputs + np.rint(codes).astype(np.uint8).tobytes() + ramp * 3
    return profile(
        {b"desc": DESCRIPTION, b"wtpt": WHITE, b"A2B0": table}, space=space, connection=b"Lab ", kind=b"prtr"
    )
