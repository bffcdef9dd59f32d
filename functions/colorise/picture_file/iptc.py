"""IPTC-IIM: the captions and credits that picture agencies wrote before there was XMP.

Source: IPTC Information Interchange Model 4.2, record 2, and its mapping to XMP in the IPTC Photo Metadata Standard.
Old press photographs often carry nothing else. Towns, provinces and countries are not taken over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from functions.colorise.picture_file.xmp import DC, PHOTOSHOP, Form, Property

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG: Final = 0x1C
_CHARACTER_SET: Final = (1, 90)
_UTF8: Final = b"\x1b%G"
_EXTENDED: Final = 0x8000
"""A size with this bit announces the size of a longer size: more than a caption."""

_APPLICATION: Final = 2
_DATE_CREATED: Final = 55
_FIELDS: Final[dict[int, tuple[str, str, Form]]] = {
    5: (DC, "title", "Alt"),
    25: (DC, "subject", "Bag"),
    _DATE_CREATED: (PHOTOSHOP, "DateCreated", "text"),
    80: (DC, "creator", "Seq"),
    85: (PHOTOSHOP, "AuthorsPosition", "text"),
    105: (PHOTOSHOP, "Headline", "text"),
    110: (PHOTOSHOP, "Credit", "text"),
    115: (PHOTOSHOP, "Source", "text"),
    116: (DC, "rights", "Alt"),
    120: (DC, "description", "Alt"),
    122: (PHOTOSHOP, "CaptionWriter", "text"),
}
"""Data set of record 2 → the XMP property that means the same."""


def read_iptc(records: bytes) -> tuple[Property, ...]:
    """The captions and credits, as XMP properties; damaged records end the reading."""
    utf8 = False
    texts: dict[int, list[str]] = {}
    for record, number, payload in _records(records):
        if (record, number) == _CHARACTER_SET:
            utf8 = payload == _UTF8
        elif record == _APPLICATION and number in _FIELDS:
            text = _decoded(payload, utf8=utf8).strip()
            if text:
                texts.setdefault(number, []).append(text)
    found = []
    for number, values in texts.items():
        namespace, name, form = _FIELDS[number]
        if number == _DATE_CREATED:
            values = [re.sub(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", values[0])]  # noqa: PLW2901 - XMP's way to write it
        only = values if form in ("Bag", "Seq") else values[:1]
        found.append(Property(namespace, name, form, tuple(("", value) for value in only)))
    return tuple(found)


def _records(records: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 5 <= len(records) and records[at] == _TAG:
        record, number = records[at + 1], records[at + 2]
        size = int.from_bytes(records[at + 3 : at + 5], "big")
        if size & _EXTENDED:
            return
        yield record, number, records[at + 5 : at + 5 + size]
        at += 5 + size


def _decoded(payload: bytes, *, utf8: bool) -> str:
    """Text in the announced character set; without an announcement UTF-8 is tried, and then what Windows wrote."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload.decode("utf-8" if utf8 else "cp1252", errors="replace")
