"""What a visitor sends: received up to a limit, and looked at before anything decodes it."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, TypeAlias, cast

from demo.clip_header import HEAD_BYTES, claimed_seconds, clip_kind
from functions.colorise.picture_file import Limits, readable_kinds
from functions.colorise.picture_file.header import read_header
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

Kind: TypeAlias = Literal["photo", "clip"]

IN_MEMORY_BYTES: Final = 1 << 20
"""Of an upload; what is larger goes to the disk. A webcam's pictures are smaller."""

BODY_SECONDS: Final = 60.0
"""That an upload may take: 25 MB over a bad line of a fair take half of it."""

SPARE_BYTES: Final = 64 * 1_000_000
"""Of what is too large, that are read and thrown away: whoever is answered before would see a broken connection."""

SPARE_SECONDS: Final = 5.0

MAX_PIXELS: Final = 100_000_000
"""Of a picture, as the workers have it: a phone's 50 megapixels are taken."""

CLIP_SLACK: Final = 0.5
"""Seconds over the limit that do not matter: half a second is nobody's fault."""

TYPES: Final = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "avif": "image/avif",
    "heic": "image/heic",
}
CLIP_TYPES: Final = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was looked at, and may go into the queue."""

    file: BinaryIO
    """At its beginning; gone when the block is left that received it."""
    size: int
    """Bytes."""
    kind: Kind
    ending: str
    """Of its name: `jpeg`, `mp4` …"""
    content_type: str


def accepted_types() -> list[str]:
    """Of files that are taken, as a browser's file dialogue wants them."""
    missing = readable_kinds()
    return [kind for name, kind in TYPES.items() if not missing.get(name)] + list(CLIP_TYPES)


@contextlib.asynccontextmanager
async def received(request: Request, *, max_bytes: int) -> AsyncIterator[tuple[BinaryIO, int]]:
    """A request's body as a file at its beginning, and its size; the file is gone when the block is left.

    Raises:
        Rejected: it is larger than `max_bytes` ("too-large"), or takes too long ("too-slow").
        ClientDisconnect: whoever sent it has gone.
    """
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spooled:
        size = 0
        promised = request.headers.get("content-length", "")
        fits = not promised.isdecimal() or int(promised) <= max_bytes
        try:
            async with asyncio.timeout(BODY_SECONDS if fits else SPARE_SECONDS):
                async for piece in request.stream():
                    size += len(piece)
                    if fits and size <= max_bytes:
                        spooled.write(piece)
                    elif size > max_bytes + SPARE_BYTES:
                        break
        except TimeoutError as error:
            if fits and size <= max_bytes:
                msg = f"the file took longer than {BODY_SECONDS:g} s to arrive"
                raise Rejected(msg, code="too-slow") from error
        if not fits or size > max_bytes:
            msg = f"the file is larger than {max_bytes / 1e6:,.0f} MB, which are the most at this stand"
            raise Rejected(msg, code="too-large")
        spooled.seek(0)
        yield cast("BinaryIO", spooled), size


async def thrown_away(request: Request) -> None:
    """Read what somebody sends although it is refused, for a while: they would see no answer otherwise."""
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SPARE_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if size > SPARE_BYTES:
                    return


def looked_at(file: BinaryIO, size: int, *, max_clip_seconds: float) -> Upload:
    """Say what a file is, from its content and never from its name; nothing is decoded. It blocks: use a thread.

    Raises:
        Rejected: it is no picture and no clip, damaged in its header, too large in pixels, or too long. Codes: `empty`,
            `not-a-picture`, `damaged`, `ends-early`, `unsupported`, `needs-heif`, `too-large`, `too-long`.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    clip = clip_kind(head)
    if clip is not None:
        seconds = claimed_seconds(file, size)
        if seconds is not None and seconds > max_clip_seconds + CLIP_SLACK:
            msg = f"the clip runs {seconds:.0f} s, and {max_clip_seconds:g} s are the most at this stand"
            raise Rejected(msg, code="too-long")
        file.seek(0)
        return Upload(file, size, "clip", *clip)
    file.seek(0)
    data = file.read()
    file.seek(0)
    header = read_header(data, Limits(max_bytes=size, max_pixels=MAX_PIXELS))
    if needed := readable_kinds().get(header.kind):
        raise Rejected(needed, code="needs-heif")
    if header.kind == "gif" and header.animated:
        return Upload(file, size, "clip", "gif", TYPES["gif"])
    return Upload(file, size, "photo", header.kind, TYPES[header.kind])
