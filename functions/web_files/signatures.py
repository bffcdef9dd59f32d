"""What a file is, from its first bytes and never from what its server calls it."""

from __future__ import annotations

import re
from typing import Final

_SIGNATURES: Final = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"II[\x2a\x2b]\x00|MM\x00[\x2a\x2b]"), "image/tiff"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "image/avif"),
    (re.compile(rb"....ftyp(?:hei[cxms]|hev[cx]|mif1)", re.DOTALL), "image/heic"),
    (re.compile(rb"BM.{12}[\x0c-\x7f]\x00\x00\x00", re.DOTALL), "image/bmp"),
)
"""The beginning of a file → its type; the first match counts."""

UNKNOWN: Final = "application/octet-stream"


def media_type(data: bytes) -> str:
    """Name a picture file's type; `application/octet-stream` where it is no picture of a known kind."""
    return next((name for pattern, name in _SIGNATURES if pattern.match(data)), UNKNOWN)
