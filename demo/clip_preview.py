"""Frames of clips as pictures: of one that is in work, from the piece that was finished last, and of a whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.color.shrink import shrunk, shrunk_size
from functions.colorise.picture_file import Metadata, Picture, write_picture
from functions.film_work.pieces import Pieces
from functions.video.glimpse import glimpses
from functions.video.index import index
from functions.video.probe import probe

if TYPE_CHECKING:
    from functions.stores.protocol import ObjectStore
    from functions.video.source import OpenSource

SIDE: Final = 640
"""Pixels of the longer side of a preview: it is seen for a second."""

QUALITY: Final = 90


def preview(store: ObjectStore, plan: str, chunk: int) -> bytes | None:
    """A frame of a finished piece as a JPEG file; None where there is none to be had. It blocks for some 0.05 s.

    Args:
        store: with the pieces.
        plan: name of the film's plan.
        chunk: number of the piece.

    Raises:
        Rejected: the piece is gone, or cannot be read.
        Postponed: the store is out of reach.
        OSError: reading failed.
    """
    return frame_of(Pieces(store, plan.split("/")[1]).open(chunk), SIDE)


def frame_of(open_film: OpenSource, side: int) -> bytes | None:
    """A frame from the middle of a film as a JPEG file; None where none can be decoded. It blocks.

    Args:
        open_film: opens its bytes.
        side: pixels of the longer side, at most.

    Raises:
        Rejected: it is gone, or cannot be read.
        Postponed: the store is out of reach.
        OSError: reading failed.
    """
    film = probe(open_film)
    for frame in glimpses(open_film, film, index(open_film, film), count=1):
        height, width = frame.shape[:2]
        pixels, _ = shrunk(frame, None, shrunk_size(height, width, side))
        return write_picture(Picture(pixels, None, "jpeg", Metadata()), kind="jpeg", quality=QUALITY)
    return None
