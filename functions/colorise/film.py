"""Colours a film chunk by chunk: decoded, coloured calmly, encoded, with nothing but the chunk in memory."""

from __future__ import annotations

from collections import deque
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from functions.colorise.coloriser import resized, seen_of
from functions.video.calm import calm_chroma
from functions.video.chroma import chroma_codes, code_values, full_luma
from functions.video.chunk_report import ChunkReport
from functions.video.decode import decode
from functions.video.encode import PieceEncoder
from functions.video.layout import output_layout, work_layout
from functions.video.motion import SmallFrame
from functions.video.plan import united
from functions.video.planes import deepened
from functions.video.wishes import FilmWishes, plan_film

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from functions.color.upsample import ChromaField
    from functions.colorise.coloriser import Coloriser
    from functions.video.decode import Frame
    from functions.video.film import Film
    from functions.video.plan import Chunk
    from functions.video.planes import Samples
    from functions.video.propagate import Colors
    from functions.video.source import OpenSource

__all__ = ["ChunkReport", "FilmWishes", "colorise_chunk", "colorise_chunks", "plan_film"]


def colorise_chunk(  # noqa: PLR0913, PLR0917 - a film, a part of it, who colours it and how, and where to
    open_source: OpenSource,
    film: Film,
    chunk: Chunk,
    coloriser: Coloriser,
    wishes: FilmWishes,
    target: BinaryIO,
    *,
    on_frame: Callable[[ChunkReport], None] = lambda _report: None,
) -> ChunkReport:
    """Write one coloured piece of a film; its bytes depend on the arguments alone.

    Args:
        open_source: opens the film's bytes.
        film: what is known of it.
        chunk: which frames; of a plan that `plan_film` made with the same wishes.
        coloriser: with one thread, or the bytes depend on the machine.
        wishes: how.
        target: takes the piece; seekable, empty, and left open.
        on_frame: called after each frame that was written.

    Raises:
        Unreadable: no frame of the chunk can be decoded.
        Rejected: the encoder is not there, or the network failed.
        OSError: reading or writing failed.
    """

    def given(_chunk: Chunk) -> AbstractContextManager[BinaryIO]:
        return nullcontext(target)

    (report,) = colorise_chunks(open_source, film, [chunk], coloriser, wishes, given, on_frame=on_frame)
    return report


def colorise_chunks(  # noqa: PLR0913, PLR0917 - as above
    open_source: OpenSource,
    film: Film,
    chunks: Sequence[Chunk],
    coloriser: Coloriser,
    wishes: FilmWishes,
    open_piece: Callable[[Chunk], AbstractContextManager[BinaryIO]],
    *,
    on_frame: Callable[[ChunkReport], None] = lambda _report: None,
) -> Iterator[ChunkReport]:
    """Write the pieces of chunks that follow each other: the same bytes as one by one, and less work.

    A chunk alone decodes and colours the frames around it as well, which its neighbours' workers do again. Here that is
    needed only before the first chunk and after the last.

    Args:
        open_source: opens the film's bytes.
        film: what is known of it.
        chunks: which frames; of a plan that `plan_film` made with the same wishes.
        coloriser: with one thread, or the bytes depend on the machine.
        wishes: how.
        open_piece: opens what takes a chunk's piece; seekable and empty. It is closed when the piece is whole.
        on_frame: called after each frame that was written.

    Returns:
        A report for each chunk, when its piece is written and closed. Whoever stops asking stops the work.

    Raises:
        Unreadable: no frame of the chunks can be decoded.
        Rejected: the encoder is not there, or the network failed.
        OSError: reading or writing failed.
    """
    painter = _Painter(film, coloriser, wishes)
    held: deque[Frame | None] = deque()
    shown = replace(film, width=2 * film.width) if wishes.compare else film
    small = painter.small_frames(decode(open_source, film, united(chunks), deinterlace=wishes.deinterlace), held)
    coloured = calm_chroma(small, painter.infer, wishes.calm)
    for chunk in chunks:
        report = ChunkReport(number=chunk.number)
        with open_piece(chunk) as target, PieceEncoder(shown, chunk, wishes.encode, target) as encoder:
            while report.frames < len(chunk):
                calm = next(coloured)
                frame = held.popleft()
                if frame is None:
                    continue
                if not calm.repeats or painter.planes is None:
                    painter.planes = painter.painted(frame, calm.field)
                encoder.write(*painter.beside(frame, *painter.planes))
                report.frames += 1
                report.inferred += calm.inferred
                report.repeats += calm.repeats
                report.shots += calm.starts_shot
                on_frame(report)
        report.damaged = tuple(encoder.repeated)
        yield report


class _Painter:
    """Small frames for the network, chroma planes for the encoder."""

    def __init__(self, film: Film, coloriser: Coloriser, wishes: FilmWishes) -> None:
        self._film, self._coloriser, self._wishes = film, coloriser, wishes
        self.layout = output_layout(film, wishes.encode)
        self._codes = code_values(film, self.layout)
        self._source_codes = code_values(film, work_layout(film))
        self._size = coloriser.network_size(film.height, round(film.width * film.sample_aspect))
        self.planes: tuple[Samples, Samples] | None = None
        """Of the last frame."""

    def small_frames(self, frames: Iterator[Frame], held: deque[Frame | None]) -> Iterator[SmallFrame]:
        """Shrink frames for the network; those that will be written are held until their colours are known."""
        for frame in frames:
            # Captions go with the picture that the decoder gave; nothing else of it is needed later but its luma.
            held.append(None if frame.is_margin else frame if self._film.captions else frame.luma_only())
            yield SmallFrame(frame.number, full_luma(resized(frame.luma, self._size), self._source_codes))

    def infer(self, frame: SmallFrame) -> Colors:
        """Ask the network."""
        return self._coloriser.planes(seen_of(frame.luma))

    def painted(self, frame: Frame, chroma: ChromaField) -> tuple[Samples, Samples]:
        """Chroma planes of a frame."""
        wanted = self._wishes.saturation
        luma = deepened(frame.luma, frame.layout.depth, self.layout)
        return chroma_codes(luma, chroma if wanted == 1.0 else chroma.scaled(wanted), self.layout, self._codes)

    def beside(self, frame: Frame, cb: Samples, cr: Samples) -> tuple[Frame, Samples, Samples]:
        """The frame as it is written: as it is, or the grey one and the coloured one side by side."""
        if not self._wishes.compare:
            return frame, cb, cr
        grey = np.full_like(cb, self.layout.neutral)
        doubled = replace(frame, luma=np.hstack([frame.luma, frame.luma]))
        return doubled, np.hstack([grey, cb]), np.hstack([grey, cr])
