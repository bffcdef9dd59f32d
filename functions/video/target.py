"""Where a film is written: a file that is there whole or not at all, or a stream."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from av.container import Flags

if TYPE_CHECKING:
    from collections.abc import Iterator

BITEXACT: Final = cast("int", Flags.bitexact.value)
"""For a muxer's flags: no random identifiers and no date of writing, so that equal films are equal files."""


@contextmanager
def written(target: Path | BinaryIO) -> Iterator[BinaryIO]:
    """Open a path to write to; a stream is given as it is, and left open."""
    if isinstance(target, Path):
        with target.open("wb") as file:
            yield file
    else:
        yield target
