"""Reads an object by ranges: a seekable file that holds a few blocks of it, and asks for the others when needed."""

from __future__ import annotations

import io
import os
from collections import OrderedDict
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Fetch: TypeAlias = Callable[[int, int], bytes]
"""From byte, up to but without byte → what is there, exactly; raises what `ObjectStore.open` says."""

BLOCK_BYTES: Final = 1 << 18
"""What a demuxer asks for at once (`functions.video.source.BUFFER_BYTES`): a jump costs no more than it needs."""

MOST_AHEAD: Final = 4
"""Blocks fetched at once while the reader goes straight on: a megabyte hides the way to a far server."""

MOST_KEPT: Final = 12
"""Blocks, 3 MB: a demuxer goes back and forth between the picture and the sound of a film, and its index."""


def opened(fetch: Fetch, size: int, *, head: bytes = b"") -> BinaryIO:
    """A file over `fetch`, for one thread at a time; small reads are cheap.

    Where `fetch` has failed once, every later read fails likewise, without asking again: a demuxer reads on after an
    error, and would wait for a lost server once more each time, or find frames behind a hole.

    Args:
        fetch: brings what is needed.
        size: bytes of the whole object.
        head: its first block, where that is there already.
    """
    return io.BufferedReader(_RangedFile(fetch, size, head))


class _RangedFile(io.RawIOBase):
    """Blocks by their number, the least recently used of them dropped first."""

    def __init__(self, fetch: Fetch, size: int, head: bytes) -> None:
        self._fetch = fetch
        self._size = size
        self._position = 0
        self._blocks = OrderedDict({0: head} if head else {})
        self._next = 1 if head else -1  # the block after those that were fetched last
        self._ahead = 1
        self._failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        self._check_open()
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._check_open()
        position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if position < 0:
            msg = f"negative seek position {position}"
            raise ValueError(msg)
        self._position = position
        return position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill as much of `buffer` as the object has, in one go and with one request at most."""
        self._check_open()
        view = memoryview(buffer).cast("B")
        end = min(self._position + len(view), self._size)
        done = 0
        while self._position < end:
            number, offset = divmod(self._position, BLOCK_BYTES)
            block = self._block(number, last=(end - 1) // BLOCK_BYTES)
            piece = block[offset : offset + end - self._position]
            view[done : done + len(piece)] = piece
            done += len(piece)
            self._position += len(piece)
        return done

    def close(self) -> None:
        self._blocks.clear()
        super().close()

    def _block(self, number: int, *, last: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        straight_on = number == self._next
        self._ahead = min(self._ahead * 2, MOST_AHEAD) if straight_on else 1
        wanted = max(self._ahead, min(last - number + 1, MOST_AHEAD))
        data = self._fetched(number * BLOCK_BYTES, min((number + wanted) * BLOCK_BYTES, self._size))
        for first in range(0, len(data), BLOCK_BYTES):
            self._blocks[number + first // BLOCK_BYTES] = data[first : first + BLOCK_BYTES]
        self._next = number + wanted
        while len(self._blocks) > MOST_KEPT:
            self._blocks.popitem(last=False)
        return self._blocks[number]

    def _fetched(self, start: int, stop: int) -> bytes:
        if self._failure:
            raise copy(self._failure)
        try:
            return self._fetch(start, stop)
        except Exception as error:
            self._failure = copy(error)
            raise

    def _check_open(self) -> None:
        if self.closed:
            msg = "the object is closed"
            raise ValueError(msg)
