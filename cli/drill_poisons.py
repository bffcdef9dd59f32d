"""Orders that nobody can carry out, one of each kind in turn."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cli.drill_goods import order_fields
from functions.jobs import VERSION
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.drill_flow import Flow

NO_PICTURE: Final = f"{INBOX}/poison-no-picture.jpg"
CUT_SHORT: Final = f"{INBOX}/poison-cut-short.jpg"
MANY_PIXELS: Final = f"{INBOX}/poison-many-pixels.png"
MANY_BYTES: Final = f"{INBOX}/poison-many-bytes.jpg"
MISSING: Final = f"{INBOX}/poison-missing.jpg"

WIDE: Final = 60_000
"""Pixels of a side of the picture with too many: 10 GB, if anybody believed its header and decoded it."""

HEAVY: Final = 65 * 1024 * 1024
"""Bytes of the picture with too many: the worker's limit is 64 MiB."""


@dataclass(frozen=True, slots=True)
class Poison:
    """An order, and what whoever sent it must be told."""

    what: str
    """For people."""
    job_id: str
    data: bytes
    code: str

    @property
    def subject(self) -> str:
        """It is sent under."""
        return f"orders.colorise-image.{self.job_id}"


def poisons(count: int, mark: str) -> list[Poison]:
    """So many, of all kinds; `mark` keeps their jobs apart from those of other rounds."""
    made = []
    for number in range(count):
        what, code, write = _KINDS[number % len(_KINDS)]
        job_id = f"poison-{mark}-{number:04}"
        made.append(Poison(what, job_id, write(job_id), code))
    return made


async def bring_sources(flow: Flow) -> None:
    """Put into the store what the orders are about, but for what is missing."""
    noise = bytes(value * value % 251 for value in range(10_000))
    sources = {
        NO_PICTURE: noise,
        CUT_SHORT: b"\xff\xd8\xff\xe0",
        MANY_PIXELS: _png_header(WIDE, WIDE),
        MANY_BYTES: b"\xff\xd8\xff\xe0".ljust(HEAVY, b"\0"),
    }
    for name, data in sources.items():
        await flow.move(lambda name=name, data=data: flow.store.write(name, data, content_type="image/jpeg"))  # type: ignore[misc]


def _order(source: str, **other: Any) -> Callable[[str], bytes]:
    """Write an order for a source, with some fields as they should not be."""

    def write(job_id: str) -> bytes:
        fields = {**order_fields(job_id), "source": source, "target": f"{OUTBOX}/{job_id}.jpg", **other}
        return json.dumps(fields, default=str).encode()

    return write


_KINDS: Final[tuple[tuple[str, str, Callable[[str], bytes]], ...]] = (
    ("bytes that are no picture", "not-a-picture", _order(NO_PICTURE)),
    ("a picture that is cut short", "ends-early", _order(CUT_SHORT)),
    ("a picture of too many pixels", "too-large", _order(MANY_PIXELS)),
    ("a file of too many bytes", "too-large", _order(MANY_BYTES)),
    ("a picture that is not there", "missing-object", _order(MISSING)),
    ("an order of a newer version", "newer-version", _order(NO_PICTURE, version=VERSION + 1, mood="blue")),
    ("an order with a field too many", "bad-message", _order(NO_PICTURE, mood="blue")),
    ("no JSON", "bad-message", lambda _: b"\x00colour this, please"),
)


def _png_header(width: int, height: int) -> bytes:
    """The beginning of a PNG that claims to be so large."""
    fields = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    end = b"IEND"
    chunks = [struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in (fields, end)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
