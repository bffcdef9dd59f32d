"""Films, one for each way that a film can be awkward, and what makes a chunk of them grey or coloured."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from functions.video.decode import decode, is_deinterlaced
from functions.video.encode import PieceEncoder
from functions.video.index import index
from functions.video.join import join
from functions.video.plan import Plan, plan
from functions.video.probe import probe
from tests.clips import Clip, Sound, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from functions.video.film import Film
    from functions.video.plan import Chunk
    from functions.video.settings import EncodeSettings
    from functions.video.timeline import Timeline

X264: Final = {"preset": "veryfast", "x264-params": "keyint=8:min-keyint=8:bframes=3:scenecut=0:threads=1"}

X264_OPEN: Final = {"x264-params": "keyint=8:min-keyint=8:bframes=3:open-gop=1:scenecut=0:threads=1"}

X265_OPEN: Final = {
    "x265-params": "keyint=8:min-keyint=8:bframes=4:open-gop=1:scenecut=0:log-level=none:pools=none:frame-threads=1"
}

FRAGMENTS: Final = "frag_keyframe+empty_moov+default_base_moof"

UNEVEN: Final = [0, 40, 55, 140, 141, 200, 280, 300, 420, 440, 441, 500, 600, 620, 700, 820]
"""Milliseconds."""

CASES: Final[Mapping[str, Clip]] = {
    "mp4 with B-frames and sound": Clip(options=X264, sounds=(Sound(),), metadata={"title": "A film", "comment": "Hm"}),
    "mp4 with open groups of pictures": Clip(options=X264_OPEN, frames=30),
    "mp4 of HEVC with open groups of pictures": Clip(codec="libx265", options=X265_OPEN, frames=30),
    "mp4 whose picture is refreshed bit by bit": Clip(
        options={"x264-params": "keyint=8:intra-refresh=1:scenecut=0:threads=1"}, frames=40
    ),
    "transport stream with open groups of pictures": Clip("mpegts", options=X264_OPEN, frames=30),
    "mp4 with one group of pictures": Clip(options={"x264-params": "keyint=600:scenecut=0:threads=1"}, frames=60),
    "mp4 of uneven pace": Clip(options=X264, frames=len(UNEVEN), times=UNEVEN, time_base=Fraction(1, 1000)),
    "mp4 at 29.97 frames a second": Clip(options=X264, rate=Fraction(30000, 1001), sounds=(Sound(rate=44100),)),
    "mp4 that starts late": Clip(options=X264, shift=7, time_base=Fraction(1, 25), sounds=(Sound(),)),
    "mp4 whose edit list hides frames": Clip(options=X264, shift=-5),
    "mp4 turned by 90 degrees": Clip(options=X264, rotation=90),
    "mp4 with wide pixels": Clip(options=X264, aspect=Fraction(16, 11)),
    "mp4 with a cover picture": Clip(options=X264, cover=True),
    "mp4 with chapters": Clip(options=X264, chapters=((0, 400, "One"), (400, 960, "Two"))),
    "mp4 of 10 bits": Clip(options=X264, pix_fmt="yuv420p10le", tags=(9, 14, 9, 1)),
    "mp4 of 4:2:2": Clip(options=X264, pix_fmt="yuv422p", tags=(1, 1, 1, 1)),
    "mp4 of 4:4:4": Clip(options=X264, pix_fmt="yuv444p"),
    "mp4 of grey": Clip(options=X264, pix_fmt="gray"),
    "mp4 of grey in 10 bits": Clip(options=X264, pix_fmt="gray10le"),
    "mp4 of full range": Clip(options=X264, tags=(1, 1, 1, 2)),
    "mp4 of one frame": Clip(options=X264, frames=1),
    "mp4 of odd size": Clip(options=X264, width=65, height=49, pix_fmt="yuv444p"),
    "mp4 of interlaced H.264": Clip(options={"x264-params": "keyint=8:interlaced=1:threads=1"}, interlaced=True),
    "mov with PCM": Clip("mov", options=X264, sounds=(Sound("pcm_s16le", "s16"),)),
    "mov of ProRes": Clip("mov", "prores_ks", frames=8, pix_fmt="yuv422p10le"),
    "mkv with all there is": Clip(
        "matroska",
        options=X264,
        sounds=(Sound(language="eng"), Sound("mp2", "s16", language="fra")),
        subtitles=((80, 300, "Good evening."), (500, 200, "Good night.")),
        attachments=(("font.ttf", "application/x-truetype-font", b"no font, but bytes" * 9),),
        chapters=((0, 400, "One"), (400, 960, "Two")),
        metadata={"title": "A film", "artist": "Somebody"},
    ),
    "mkv of FFV1, odd size": Clip("matroska", "ffv1", frames=10, width=65, height=49),
    "mkv that starts at five seconds": Clip("matroska", options=X264, shift=125, sounds=(Sound("mp2", "s16"),)),
    "webm of VP9 with Opus": Clip(
        "webm", "libvpx-vp9", options={"g": "8", "cpu-used": "8"}, sounds=(Sound("libopus", "s16"),)
    ),
    "webm of VP8": Clip("webm", "libvpx", options={"g": "8", "cpu-used": "8"}),
    "avi of MPEG-4 with B-frames": Clip("avi", "mpeg4", options={"bf": "2", "g": "8"}, sounds=(Sound("mp2", "s16"),)),
    "transport stream of MPEG-2": Clip(
        "mpegts", "mpeg2video", options={"bf": "2", "g": "8"}, sounds=(Sound("mp2", "s16"),)
    ),
    "transport stream of H.264 with AAC": Clip("mpegts", options=X264, sounds=(Sound(),)),
    "interlaced MPEG-2": Clip("mpegts", "mpeg2video", options={"g": "8", "bf": "2"}, interlaced=True),
    "program stream of MPEG-1": Clip(
        "mpeg", "mpeg1video", options={"bf": "2", "g": "8"}, sounds=(Sound("mp2", "s16"),)
    ),
    "wmv": Clip("asf", "wmv2", options={"g": "8"}, sounds=(Sound("wmav2", "fltp"),)),
    "flv": Clip("flv", "flv", options={"g": "8"}, sounds=(Sound("libmp3lame", "fltp", 44100),)),
    "DV, which tells its clock for its rate": Clip("dv", "dvvideo", frames=3, width=720, height=576),
    "16 bits of grey": Clip("matroska", "ffv1", frames=8, pix_fmt="gray16le"),
    "mkv with transparency": Clip("matroska", "ffv1", frames=8, pix_fmt="yuva420p"),
    "mp4 in fragments": Clip(options=X264, sounds=(Sound(),), muxer_options={"movflags": FRAGMENTS}),
    "bare H.264": Clip("h264", options=X264),
    "gif with odd delays": Clip(
        "gif",
        "gif",
        frames=12,
        pix_fmt="rgb8",
        times=[0, 7, 10, 33, 40, 41, 60, 75, 80, 99, 120, 121],
        time_base=Fraction(1, 100),
    ),
    "apng": Clip("apng", "apng", frames=10, pix_fmt="rgb24", rate=Fraction(10)),
}


@dataclass(frozen=True)
class Opened:
    """A film, looked at and cut."""

    data: bytes
    film: Film
    timeline: Timeline
    plan: Plan


def opened_film(data: bytes, **cut: Any) -> Opened:
    """Probe, index and plan; `cut` goes to `plan`."""
    source = source_of(data)
    film = probe(source)
    timeline = index(source, film)
    neighbours = int(is_deinterlaced(film, "auto"))
    return Opened(data, film, timeline, plan(timeline, neighbours=neighbours, **cut))


def piece_of(opened: Opened, chunk: Chunk, settings: EncodeSettings) -> bytes:
    """Colour a chunk with chroma made of numbers: a stand-in for a network, as deterministic as one."""
    target = io.BytesIO()
    with PieceEncoder(opened.film, chunk, settings, target) as encoder:
        for frame in decode(source_of(opened.data), opened.film, chunk):
            if not frame.is_margin:
                layout = encoder.layout
                tint = np.full(layout.chroma_size, layout.neutral + frame.number % 30, layout.dtype)
                encoder.write(frame, tint, tint)
    return target.getvalue()


def joined(
    opened: Opened, target: Path, settings: EncodeSettings, pieces: Sequence[bytes] | None = None
) -> tuple[str, ...]:
    """Colour all chunks, unless their pieces are given, and join them."""
    made = [piece_of(opened, chunk, settings) for chunk in opened.plan.chunks] if pieces is None else pieces
    sources = [source_of(piece) for piece in made]
    return join(source_of(opened.data), opened.film, opened.plan, sources, target, settings)


def lumas(opened: Opened) -> list[npt.NDArray[Any]]:
    """Copies of the luma of every frame that is written."""
    return [
        np.array(frame.luma)
        for chunk in opened.plan.chunks
        for frame in decode(source_of(opened.data), opened.film, chunk)
        if not frame.is_margin
    ]
