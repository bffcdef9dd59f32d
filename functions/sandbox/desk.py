"""Answers what a child asks of the store while it has an order in hand, as far as the order reaches."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final

from functions.errors import Postponed, Rejected
from functions.sandbox.frames import Garbled
from functions.sandbox.words import (
    FROM_CHILD,
    LONGEST_REASON,
    Answer,
    Delete,
    Fetch,
    Find,
    Found,
    Later,
    Listing,
    Open,
    Part,
    Read,
    Refused,
    heard,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.sandbox.frames import Line
    from functions.sandbox.reach import Reach
    from functions.sandbox.words import Request, Word, Write
    from functions.stores.protocol import ObjectInfo, ObjectStore

MOST_OPEN: Final = 24
"""Files at once, each with up to 3 MB in memory here: a join has two, and what Python has not yet tidied away."""

LONGEST_RANGE: Final = 1 << 22
"""Bytes fetched at once; four blocks of 256 KiB are what is asked for."""

AT_ONCE: Final = 1 << 23
"""Bytes up to which an object is written from memory, with tries of the store's own; larger ones are streams."""

LATEST_SECONDS: Final = 86_400.0


class TooLarge(Exception):  # noqa: N818 - what is the matter, not only an error
    """The child writes more than can come of its order."""


class Desk:
    """Answers the requests of one order.

    Args:
        line: to the child.
        store: the real one.
        reach: what the order may touch.
    """

    def __init__(self, line: Line, store: ObjectStore, reach: Reach) -> None:
        self._line = line
        self._store = store
        self._reach = reach
        self._files: dict[int, BinaryIO] = {}
        self._handles = 0

    def answer(self, request: Request) -> None:
        """Answer a request; what the store says against it is passed on.

        Raises:
            Garbled: it is none that this order could lead to.
            TooLarge: more is written than can come of the order.
            Ended: the child is gone.
        """
        try:
            word, body = self._granted(request)
        except Rejected as error:
            word, body = Refused(reason=error.reason[:LONGEST_REASON], code=error.code), b""
        except Postponed as error:
            seconds = min(max(error.after_seconds, 0.0), LATEST_SECONDS)
            word, body = Later(reason=error.reason[:LONGEST_REASON], after_seconds=seconds), b""
        self._line.send(word.encoded(), body)

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _granted(self, request: Request) -> tuple[Word, bytes]:
        answer, body = Answer(), b""
        match request:
            case Read():
                self._reach.check_readable(request.name)
                body = self._store.read(request.name, max_bytes=request.max_bytes)
            case Open():
                self._reach.check_readable(request.name)
                answer = self._opened(request)
            case Fetch():
                body = self._fetched(request)
            case Find():
                self._reach.check_readable(request.name)
                found = self._store.find(request.name)
                answer = Answer(found=() if found is None else (_found(found),))
            case Listing():
                self._reach.check_listed(request.prefix)
                answer = Answer(found=tuple(_found(one) for one in self._store.list(request.prefix)))
            case Delete():
                self._reach.check_deleted(request.name)
                self._store.delete(request.name)
            case _:
                self._write(request)
        return answer, body

    def _opened(self, request: Open) -> Answer:
        for handle in request.closed:
            if (file := self._files.pop(handle, None)) is not None:
                file.close()
        if len(self._files) >= MOST_OPEN:
            msg = f"more than {MOST_OPEN} files open at once"
            raise Garbled(msg)
        file = self._store.open(request.name)
        self._handles += 1
        self._files[self._handles] = file
        return Answer(handle=self._handles, size=file.seek(0, io.SEEK_END))

    def _fetched(self, request: Fetch) -> bytes:
        file = self._files.get(request.handle)
        if file is None or not 0 <= request.stop - request.start <= LONGEST_RANGE:
            msg = "a range of nothing, or a very long one"
            raise Garbled(msg)
        file.seek(request.start)
        return file.read(request.stop - request.start)

    def _write(self, request: Write) -> None:
        """Write what follows; all of it is taken from the line, whatever the store says."""
        most = self._reach.most_bytes(request.name)
        parts = _Parts(self._line, request.name, most)
        try:
            whole = self._reach.checks_content(request.name)
            beginning = parts.up_to(most if whole else AT_ONCE)
            if whole:
                self._reach.check_plan(request.name, beginning)
            data = beginning if parts.over else io.BufferedReader(_Joined(beginning, parts.next))
            self._store.write(request.name, data, content_type=request.content_type)
        finally:
            parts.drain()


class _Parts:
    """The parts of an object, as they come."""

    def __init__(self, line: Line, name: str, most: int) -> None:
        self._line = line
        self._name = name
        self._left = most
        self.over = False
        self._broken = False

    def next(self) -> bytes:
        """The next part; nothing after the last one."""
        if self.over:
            return b""
        try:
            part, body = self._part()
        except Exception:
            self._broken = True
            raise
        self.over = part.last
        return body

    def _part(self) -> tuple[Part, bytes]:
        head, body = self._line.receive()
        part = heard(FROM_CHILD, head)
        if not isinstance(part, Part):
            msg = f"{part.do} in the middle of an object"
            raise Garbled(msg)
        self._left -= len(body)
        if self._left < 0:
            msg = f"what was to be {self._name} is far larger than anything that could come of this order"
            raise TooLarge(msg)
        return part, body

    def up_to(self, most: int) -> bytes:
        """All of a short object, or the beginning of a long one."""
        taken = bytearray()
        while not self.over and len(taken) < most:
            taken += self.next()
        return bytes(taken)

    def drain(self) -> None:
        """Take what is left, unless the line is of no use any more."""
        while not (self.over or self._broken):
            self.next()


class _Joined(io.RawIOBase):
    """A stream of a beginning and what follows."""

    def __init__(self, beginning: bytes, following: Callable[[], bytes]) -> None:
        self._at_hand = memoryview(beginning)
        self._following = following

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        while not self._at_hand:
            following = self._following()
            if not following:
                return 0
            self._at_hand = memoryview(following)
        count = min(len(buffer), len(self._at_hand))
        buffer[:count] = self._at_hand[:count]
        self._at_hand = self._at_hand[count:]
        return count


def _found(info: ObjectInfo) -> Found:
    return Found(name=info.name, size=info.size, modified=info.modified, content_type=info.content_type)
