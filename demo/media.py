"""Objects of the store as answers: whole, by ranges for films, or as a file to save."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, BinaryIO, Final

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse

from functions.errors import Rejected
from functions.stores.attachment import attachment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from functions.stores.protocol import ObjectStore

PIECE_BYTES: Final = 256 * 1024

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


async def object_response(
    request: Request, store: ObjectStore, name: str, content_type: str, *, file_name: str | None = None
) -> Response:
    """Answer with an object. No browser keeps it: what is deleted is gone from the booth's machine, too.

    Args:
        request: with a Range, or without.
        store: it lies in.
        name: of the object.
        content_type: as it was written.
        file_name: to save it under; None shows it.

    Raises:
        Rejected: it is not there ("gone").
        Postponed: the store is out of reach.
    """
    found = await asyncio.to_thread(store.find, name)
    if found is None:
        msg = "this picture is not here any more"
        raise Rejected(msg, code="gone")
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    if file_name is not None:
        headers["Content-Disposition"] = attachment(file_name)
    part = _part(request.headers.get("range"), found.size)
    if part is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{found.size}"})
    first, end = part
    is_part = (first, end) != (0, found.size)
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{found.size}"
    headers["Content-Length"] = str(end - first)
    status = 206 if is_part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=content_type)
    file = await asyncio.to_thread(store.open, name)
    return StreamingResponse(iterate_in_threadpool(_pieces(file, first, end)), status, headers, content_type)


def _part(wanted: str | None, size: int) -> tuple[int, int] | None:
    """First byte and end of what is asked for (RFC 9110, 14.2); None where it lies behind the end.

    Of several parts, or in other units, all is given.
    """
    asked = _RANGE.fullmatch(wanted or "")
    if asked is None or not any(asked.groups()):
        return 0, size
    low, high = asked.groups()
    first = int(low) if low else max(0, size - int(high))
    end = min(int(high) + 1, size) if low and high else size
    return (first, end) if first < end else None


def _pieces(file: BinaryIO, first: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while first < end and (piece := file.read(min(PIECE_BYTES, end - first))):
            first += len(piece)
            yield piece
