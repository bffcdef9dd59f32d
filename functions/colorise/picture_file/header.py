"""What the bytes of a file are, and how large the picture in it is, before anything is decoded."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from functions.colorise.picture_file.containers import bmp, gif, heif, jpeg, png, tiff, webp
from functions.errors import Rejected, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from functions.colorise.picture_file.containers.header import Header, Parts

KINDS: Final[Mapping[str, str]] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WebP",
    "tiff": "TIFF",
    "bmp": "BMP",
    "gif": "GIF",
    "heic": "HEIC",
    "avif": "AVIF",
}
"""The kinds of picture that are read and written, and how people write their names."""

EXPLAINED: Final = (
    (rb"%PDF-", "a PDF document: save its pictures first"),
    (rb"....ftyp(?:qt  |isom|iso\d|mp4|M4V|avc1|dash|3g)", "a film: try `colorise video`"),
    (rb"\x1a\x45\xdf\xa3", "a film: try `colorise video`"),
    (rb"RIFF....AVI ", "a film: try `colorise video`"),
    (rb"8BPS", "a Photoshop document: save it as PNG, TIFF or JPEG first"),
    (rb"\x00\x00\x00\x0cJXL |\xff\x0a", "a JPEG XL picture: save it as PNG, TIFF or JPEG first"),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture: save it as PNG, TIFF or JPEG first"),
    (rb"....ftypcrx |FUJIFILMCCD-RAW|IIRO|IIU\x00|FOVb", "a camera's raw file: develop it to PNG, TIFF or JPEG first"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", "an archive: unpack it first"),
    (rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<svg", "an SVG drawing, not a photograph"),
    (rb"\s*<(?:!doctype\s+html|html)", "a web page, not a picture: its address may ask for a login"),
)
"""How other files start, and what to say of them; the first match counts."""


class Limits(NamedTuple):
    """What a picture may cost before it is refused; all of it is known from the header.

    Attributes:
        max_bytes: of the file.
        max_pixels: width times height. A pixel costs 3 to 8 bytes, and about twice that while it is converted.
        max_side: pixels, the longer one.
    """

    max_bytes: int = 512 * 1024 * 1024
    max_pixels: int = 100_000_000
    max_side: int = 65_535


class _Container(NamedTuple):
    read_header: Callable[[bytes], Header]
    intact: Callable[[bytes, Header], Parts]


_CONTAINERS: Final[Mapping[str, _Container]] = {
    "jpeg": _Container(jpeg.read_header, jpeg.intact),
    "png": _Container(png.read_header, png.intact),
    "webp": _Container(webp.read_header, webp.intact),
    "tiff": _Container(tiff.read_header, tiff.intact),
    "bmp": _Container(bmp.read_header, bmp.intact),
    "gif": _Container(gif.read_header, gif.intact),
    "heic": _Container(lambda data: heif.read_header(data, "heic"), heif.intact),
    "avif": _Container(lambda data: heif.read_header(data, "avif"), heif.intact),
}


_SIGNATURES: Final = {
    "jpeg": (jpeg.SIGNATURE,),
    "png": (png.SIGNATURE,),
    "tiff": tiff.SIGNATURES,
    "gif": gif.SIGNATURES,
}


def sniff(data: bytes) -> str | None:
    """The kind of picture, from its first bytes and never from its name; None where it is of no known kind."""
    for kind, signatures in _SIGNATURES.items():
        if data.startswith(signatures):
            return kind
    if data.startswith(webp.SIGNATURE) and data[8:12] == webp.BRAND:
        return "webp"
    if found := heif.kind_of(data):
        return found
    # "BM" alone starts many a text: the size of the header must make sense, too.
    header_bytes = int.from_bytes(data[14:18], "little")
    return "bmp" if data.startswith(bmp.SIGNATURE) and header_bytes <= bmp.LARGEST_HEADER else None


def read_header(data: bytes, limits: Limits = Limits()) -> Header:  # noqa: B008 - a tuple does not change
    """What a file claims to be, checked against the limits; costs next to nothing whatever it claims.

    Args:
        data: the whole file.
        limits: what is too large.

    Raises:
        Unreadable: no picture (code `empty`, `not-a-picture`), or a damaged or unsupported one.
        Rejected: too large, with code `too-large`.
    """
    if not data:
        msg = "the file is empty"
        raise Unreadable(msg, code="empty")
    if len(data) > limits.max_bytes:
        msg = f"the file has {len(data) / 1e6:,.1f} MB; the limit is {limits.max_bytes / 1e6:,.1f} MB"
        raise Rejected(msg, code="too-large")
    kind = sniff(data)
    if kind is None:
        raise _explained(data)
    try:
        header = _CONTAINERS[kind].read_header(data)
    except (struct.error, IndexError) as error:  # a field that lies behind the end
        msg = f"this {KINDS[kind]} file ends early: its header is incomplete"
        raise Unreadable(msg, code="ends-early") from error
    _check_size(header, limits)
    return header


def intact(data: bytes, header: Header) -> Parts:
    """The pieces of the file that a decoder should see, once it was found whole.

    Raises:
        Unreadable: a part of the file is missing, or contradicts the rest.
    """
    try:
        return _CONTAINERS[header.kind].intact(data, header)
    except (struct.error, IndexError) as error:
        msg = f"this {KINDS[header.kind]} file ends early: part of the picture is missing"
        raise Unreadable(msg, code="ends-early") from error


def _check_size(header: Header, limits: Limits) -> None:
    width, height = header.width, header.height
    if width < 1 or height < 1:
        msg = f"this {KINDS[header.kind]} file is damaged: it claims {width:,} x {height:,} pixels"
        raise Unreadable(msg, code="damaged")
    if width * height > limits.max_pixels:
        msg = (
            f"the picture has {width:,} x {height:,} = {width * height / 1e6:,.1f} megapixels; "
            f"the limit is {limits.max_pixels / 1e6:,.1f}"
        )
        raise Rejected(msg, code="too-large")
    if max(width, height) > limits.max_side:
        msg = f"the picture has {width:,} x {height:,} pixels; the limit for a side is {limits.max_side:,}"
        raise Rejected(msg, code="too-large")


def _explained(data: bytes) -> Unreadable:
    """The error for a file that is no picture, with what it is where that can be told."""
    start = data[:1024]
    for pattern, words in EXPLAINED:
        if re.match(pattern, start, re.DOTALL | re.IGNORECASE):
            return Unreadable(f"this is {words}", code="not-a-picture")
    if not start.strip(b"\x00"):
        return Unreadable("the file holds zeros only: it was not copied completely", code="not-a-picture")
    msg = f"this is no picture of a known kind ({', '.join(KINDS.values())})"
    return Unreadable(msg, code="not-a-picture")
