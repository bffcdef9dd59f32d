"""How the two processes speak: a head of JSON and a body of bytes, each of a length that is said and bounded."""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from io import RawIOBase

LENGTHS: Final = struct.Struct(">II")
"""Bytes of the head, bytes of the body."""

MOST_HEAD: Final = 1 << 18
"""Bytes; the longest is a failure with its traceback."""

MOST_BODY: Final = 1 << 25
"""Bytes that a child may send at once: the chunks of a film of a day are ordered in a third of that."""

MOST_ANSWER: Final = 1 << 30
"""Bytes that a child is sent at once: a whole picture, or the plan of a film."""


class Ended(Exception):  # noqa: N818 - what is the matter, not only an error
    """The other process is gone."""


class Garbled(Exception):  # noqa: N818 - as above
    """What came is nothing that was agreed on."""


class Line:
    """One end of two pipes. Several threads may send; one may receive.

    Args:
        reader: unbuffered.
        writer: unbuffered.
        most_body: bytes of a body that is received.
    """

    def __init__(self, reader: RawIOBase, writer: RawIOBase, *, most_body: int) -> None:
        self._reader = reader
        self._writer = writer
        self._most_body = most_body
        self._sending = threading.Lock()

    def send(self, head: bytes, body: bytes = b"") -> None:
        """Send a frame.

        Raises:
            Ended: nobody is there to hear it.
        """
        with self._sending:
            self._write(LENGTHS.pack(len(head), len(body)) + head)
            if body:
                self._write(body)

    def receive(self) -> tuple[bytes, bytes]:
        """Wait for a frame: its head and its body.

        Raises:
            Ended: the other end is closed.
            Garbled: it is longer than any that was agreed on.
        """
        head, body = LENGTHS.unpack(self._read(LENGTHS.size))
        if head > MOST_HEAD or body > self._most_body:
            msg = f"a frame of {head:,} and {body:,} bytes"
            raise Garbled(msg)
        return bytes(self._read(head)), bytes(self._read(body))

    def end(self) -> None:
        """Let the other end hear that nothing more will come."""
        self._writer.close()

    def close(self) -> None:
        """Close both pipes."""
        self._reader.close()
        self._writer.close()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[self._writer.write(left) or 0 :]
        except (OSError, ValueError) as error:
            raise Ended from error

    def _read(self, count: int) -> bytearray:
        data = bytearray(count)
        left = memoryview(data)
        try:
            while left:
                came = self._reader.readinto(left)
                if not came:
                    raise Ended
                left = left[came:]
        except (OSError, ValueError) as error:
            raise Ended from error
        return data
