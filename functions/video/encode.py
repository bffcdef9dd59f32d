"""Writes the coloured frames of a chunk as a piece: a Matroska file of its own that any player plays.

A piece starts with a keyframe and refers to nothing outside it; the time of a frame in it is its number in the chunk,
in milliseconds: the join gives it the film's time.
"""

from __future__ import annotations

import contextlib
import os
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Self, cast

import av
import cv2
from av.filter import Graph
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

from functions.video.codecs import ENCODERS
from functions.video.layout import CHROMA, PixelLayout, output_layout, output_tags
from functions.video.planes import Samples, blank, deepened, plane
from functions.video.scheduling import usual_scheduling
from functions.video.target import BITEXACT

if TYPE_CHECKING:
    from types import TracebackType
    from typing import BinaryIO

    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from functions.video.decode import Frame
    from functions.video.film import Film
    from functions.video.plan import Chunk
    from functions.video.settings import EncodeSettings

PIECE_UNIT: Final = Fraction(1, 1000)
"""Seconds a tick, of Matroska as FFmpeg writes it."""

LARGEST_DENOMINATOR: Final = 100_000
"""Of the frame rate an encoder is told, for its rate control; films' averages can have ten digits."""

RANGES: Final = {None: ColorRange.UNSPECIFIED, False: ColorRange.MPEG, True: ColorRange.JPEG}
"""Whether the range is full → FFmpeg's AVColorRange."""

QUIET: Final = {"SVT_LOG": "1"}
"""SVT-AV1 takes only its environment's word for it that nobody wants to read its banner."""

AVX_512: Final = 13
"""OpenCV's number for the instructions AVX-512 F."""

WITHOUT_AVX_512: Final = "asm=AVX,FMA3,BMI1,BMI2,AVX2"
"""For x264 on processors that have AVX-512: with it, its look-ahead gives equal frames of some widths (96, 480 and 854
pixels, for instance; not 128 or 1280) up to a dozen different streams; without it always the same, no more slowly."""


class PieceEncoder:
    """Encodes a chunk's own frames, in order; margins are not given to it. Use it as a context manager.

    Its bytes depend on the frames, the film and the settings alone: one thread encodes, and nothing random is written.

    Args:
        film: where the frames come from.
        chunk: which frames they are.
        settings: codec and quality.
        target: takes the piece; seekable, empty, and left open.

    Raises:
        Rejected: the encoder is not there, or cannot hold the film.
    """

    def __init__(self, film: Film, chunk: Chunk, settings: EncodeSettings, target: BinaryIO) -> None:
        self.layout = output_layout(film, settings)
        self.repeated: list[int] = []
        """Numbers of the frames that could not be decoded and show a neighbour."""
        self._frames = len(chunk)
        self._first = chunk.first
        self._written = 0
        rate = film.average_rate.limit_denominator(LARGEST_DENOMINATOR)
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        self._container = av.open(target, "w", format="matroska")
        self._container.flags |= BITEXACT
        encoder, options = ENCODERS[settings.piece_codec], settings.options(film.width * film.height)
        if "x264-params" in options and cv2.checkHardwareSupport(AVX_512):
            options["x264-params"] += f":{WITHOUT_AVX_512}"
        stream = cast("VideoStream", self._container.add_stream(encoder, rate=rate, options=options))
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = film.width, film.height, self.layout.pix_fmt
        context.time_base = 1 / rate
        context.thread_count = 1
        context.sample_aspect_ratio = film.sample_aspect
        tags = output_tags(film)
        context.color_primaries, context.color_trc, context.colorspace = tags.primaries, tags.transfer, tags.matrix
        context.color_range = RANGES[tags.full_range]
        self._stream = stream
        self._copier = _copier(self.layout, film.sample_aspect)
        self._tags = tags

    def write(self, frame: Frame, cb: Samples | None = None, cr: Samples | None = None) -> None:
        """Write a frame: its own luma, and the chroma given; without it, the source's own, or none.

        Args:
            frame: the chunk's next frame that is no margin.
            cb: `layout.chroma_size`, code values of the layout's depth and range.
            cr: likewise.

        Raises:
            ValueError: it is not the next frame, or chroma has another size.
        """
        if frame.number != self._first + self._written or self._written == self._frames:
            msg = f"expected frame {self._first + self._written} of {self._frames}, got {frame.number}"
            raise ValueError(msg)
        if frame.repeated:
            self.repeated.append(frame.number)
        picture = self._canvas(frame)
        for number, samples in ((1, cb), (2, cr)):
            if CHROMA[self.layout.chroma] == (0, 0):
                continue
            own = plane(picture, number, self.layout)
            given = self._source_chroma(frame, number) if samples is None else samples
            if given is not None and given.shape != own.shape:
                msg = f"chroma of {given.shape}, expected {own.shape}"
                raise ValueError(msg)
            own[:] = self.layout.neutral if given is None else given
        # ProRes writes the tags of its frames, not those of its stream.
        picture.color_primaries, picture.color_trc = self._tags.primaries, self._tags.transfer
        picture.colorspace, picture.color_range = self._tags.matrix, RANGES[self._tags.full_range]
        picture.pts = self._written
        self._written += 1
        with usual_scheduling() if picture.pts == 0 else contextlib.nullcontext():  # the first one opens the encoder
            packets = self._stream.encode(picture)
        self._mux(packets)

    def _canvas(self, frame: Frame) -> VideoFrame:
        """A new frame with the luma, and with the captions and whatever else goes with the picture where it can."""
        if frame.layout == self.layout and frame.picture is not None:
            self._copier.vpush(frame.picture)
            picture = self._copier.vpull()
            picture.make_writable()
            picture.pict_type = PictureType.NONE  # the encoder decides, not the source
        else:
            picture = blank(self.layout)
            plane(picture, 0, self.layout)[:] = deepened(frame.luma, frame.layout.depth, self.layout)
        picture.time_base = self._stream.codec_context.time_base
        return picture

    def _source_chroma(self, frame: Frame, number: int) -> Samples | None:
        """The source's own plane where it fits as it is, else None: neutral."""
        if frame.chroma is None or frame.layout.chroma != self.layout.chroma:
            return None
        return deepened(frame.chroma[number - 1], frame.layout.depth, self.layout)

    def finish(self) -> None:
        """Write what the encoder holds back, and close the piece.

        Raises:
            ValueError: frames of the chunk are missing.
        """
        if self._written != self._frames:
            msg = f"expected {self._frames} frames, got {self._written}"
            raise ValueError(msg)
        self._mux(self._stream.encode(None))
        self._container.close()

    def _mux(self, packets: list[Packet[Stream]]) -> None:
        for packet in packets:
            # Encoders count in the time base they were told: numbers of frames. So does the piece, a millisecond each.
            packet.time_base = PIECE_UNIT
            packet.duration = 1
            self._container.mux(packet)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self._container.close()


def _copier(layout: PixelLayout, aspect: Fraction) -> Graph:
    """Gives a further reference to a frame, marked with the shape of its pixels: FFV1 asks its frames for that."""
    graph = Graph()
    graph.threads = 1
    source = f"video_size={layout.width}x{layout.height}:pix_fmt={layout.pix_fmt}:time_base=1/1:pixel_aspect=1/1"
    shape = f"{aspect.numerator}/{aspect.denominator}"
    graph.link_nodes(graph.add("buffer", source), graph.add("setsar", shape), graph.add("buffersink")).configure()
    return graph
