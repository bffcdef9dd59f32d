"""The store as the child sees it: each call is a request to the parent, which has the keys."""

from __future__ import annotations

import io
import threading
import weakref
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn

from functions.errors import Postponed, Rejected
from functions.sandbox.frames import Garbled
from functions.sandbox.words import (
    FROM_PARENT,
    Answer,
    Delete,
    Fetch,
    Find,
    Later,
    Listing,
    Open,
    Part,
    Read,
    Refused,
    Write,
    heard,
)
from functions.stores import ranges
from functions.stores.protocol import KEPT_DAYS, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from functions.sandbox.frames import Line
    from functions.sandbox.words import Request

PART_BYTES: Final = 1 << 20
"""Of an object that is written, sent at once."""


class RemoteStore:
    """An `ObjectStore` at the other end of a line; it has only what the order in hand is about.

    Args:
        line: to the parent, which answers each request before the next one.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._asking = threading.Lock()
        self._closed: list[int] = []

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes:
        """Read an object."""
        return self._ask(Read(name=name, max_bytes=max_bytes))[1]

    def open(self, name: str) -> BinaryIO:
        """Open an object; the parent fetches what is read."""
        closed = tuple(self._closed)
        del self._closed[: len(closed)]
        answer, _ = self._ask(Open(name=name, closed=closed))
        handle, size = answer.handle or 0, answer.size or 0

        def fetch(start: int, stop: int) -> bytes:
            return self._ask(Fetch(handle=handle, start=start, stop=stop))[1]

        file = ranges.opened(fetch, size)
        weakref.finalize(file, self._closed.append, handle)
        return file

    def write(self, name: str, data: bytes | BinaryIO, *, content_type: str) -> None:
        """Write an object, in parts."""
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        with self._asking:
            self._line.send(Write(name=name, content_type=content_type).encoded())
            piece = stream.read(PART_BYTES)
            while piece:
                following = stream.read(PART_BYTES)
                self._line.send(Part(last=not following).encoded(), piece)
                piece = following
                if not piece:
                    break
            else:
                self._line.send(Part(last=True).encoded())
            self._answer()

    def find(self, name: str) -> ObjectInfo | None:
        """Look for an object."""
        found = self._infos(Find(name=name))
        return found[0] if found else None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List objects."""
        return iter(self._infos(Listing(prefix=prefix)))

    def delete(self, name: str) -> None:
        """Delete an object."""
        self._ask(Delete(name=name))

    def link(self, name: str, *, seconds: int, file_name: str | None = None) -> str:
        """Refuse: links are given by those who have the keys.

        Raises:
            Rejected: always ("no-links").
        """
        del seconds, file_name
        self._refuse(name)

    def prepare(self, kept_days: Mapping[str, int] = KEPT_DAYS) -> None:
        """Refuse, likewise.

        Raises:
            Rejected: always ("no-links").
        """
        del kept_days
        self._refuse("the store")

    def _refuse(self, name: str) -> NoReturn:
        msg = f"{name} is out of reach of what decodes files"
        raise Rejected(msg, code="no-links")

    def _infos(self, request: Request) -> Sequence[ObjectInfo]:
        answer, _ = self._ask(request)
        return [ObjectInfo(one.name, one.size, one.modified, one.content_type) for one in answer.found]

    def _ask(self, request: Request) -> tuple[Answer, bytes]:
        with self._asking:
            self._line.send(request.encoded())
            return self._answer()

    def _answer(self) -> tuple[Answer, bytes]:
        head, body = self._line.receive()
        answer = heard(FROM_PARENT, head)
        if isinstance(answer, Refused):
            raise Rejected(answer.reason, code=answer.code)
        if isinstance(answer, Later):
            raise Postponed(answer.reason, after_seconds=answer.after_seconds)
        if not isinstance(answer, Answer):
            msg = f"{answer.do} is no answer"
            raise Garbled(msg)
        return answer, body
