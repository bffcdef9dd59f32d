"""Claims about what is known of a film, and which files are none."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from functions.errors import Rejected, Unreadable
from functions.video.film import ColorTags
from functions.video.probe import probe
from tests.clips import Clip, Sound, made, source_of
from tests.functions.video.film_cases import CASES, X264

if TYPE_CHECKING:
    from functions.video.film import Film


def looked_at(data: bytes) -> Film:
    return probe(source_of(data))


def sound_only() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=48000)
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def test_a_film_says_what_its_container_and_its_frames_say() -> None:
    film = looked_at(
        made(
            Clip(
                options=X264, tags=(9, 16, 9, 1), aspect=Fraction(16, 11), rotation=90, sounds=(Sound(language="fra"),)
            )
        )
    )
    assert (film.codec, film.width, film.height, film.pix_fmt, film.depth) == ("h264", 96, 64, "yuv420p", 8)
    assert film.color == ColorTags(9, 16, 9, full_range=False)
    assert (film.sample_aspect, film.rotation) == (Fraction(16, 11), 90)
    assert (int(film.average_rate), film.stated_frames) == (25, 24)
    assert film.duration == Fraction(24, 25)
    assert [(track.kind, track.codec, track.language) for track in film.tracks] == [("audio", "aac", "fra")]
    assert not film.interlaced


def test_all_streams_chapters_and_tags_are_listed() -> None:
    film = looked_at(made(CASES["mkv with all there is"]))
    assert [track.kind for track in film.tracks] == ["audio", "audio", "subtitle", "attachment"]
    assert [(chapter.start, chapter.end) for chapter in film.chapters] == [
        (0, Fraction(2, 5)),
        (Fraction(2, 5), Fraction(24, 25)),
    ]
    assert film.metadata["title"] == "A film"


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotation_is_counter_clockwise(turn: int) -> None:
    assert looked_at(made(Clip(options=X264, frames=2, rotation=turn))).rotation == turn


@pytest.mark.parametrize("name", ["mp4 of interlaced H.264", "interlaced MPEG-2"])
def test_interlaced_films_are_told(name: str) -> None:
    assert looked_at(made(CASES[name])).interlaced


def test_a_broadcast_clock_starts_anywhere_and_a_files_clock_does_not() -> None:
    broadcast = looked_at(made(Clip("mpegts", "mpeg2video", shift=900_000)))
    assert broadcast.origin == broadcast.start
    assert broadcast.start > 9
    assert looked_at(made(CASES["mkv that starts at five seconds"])).origin == 0


def test_hidden_frames_and_bare_streams_are_told_by_what_is_decoded() -> None:
    assert not looked_at(made(CASES["bare H.264"])).frames_are_packets
    assert looked_at(made(CASES["mp4 with open groups of pictures"])).frames_are_packets


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"Dear diary,\n" * 40, "unreadable"),
        (PLAYLIST, "unreadable"),
        (b"RIFF\x10\0\0\0WEBPVP8X", "webp"),
    ],
)
def test_what_is_no_film_is_unreadable_in_one_line(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        looked_at(data)
    assert refusal.value.code == code
    assert "\n" not in refusal.value.reason


def test_sound_alone_is_rejected() -> None:
    with pytest.raises(Rejected, match=r"no video stream \(it holds audio only\)") as refusal:
        looked_at(sound_only())
    assert refusal.value.code == "no-video"


def test_sound_with_a_cover_picture_is_no_film() -> None:
    file = io.BytesIO()
    film = io.BytesIO(made(CASES["mp4 with a cover picture"]))
    with av.open(film, "r") as source, av.open(file, "w", format="mp4") as output:
        cover = source.streams.video[1]
        copy = output.add_stream_from_template(cover, opaque=True)
        copy.disposition = cover.disposition
        for packet in source.demux(cover):
            if packet.size:
                packet.stream = copy
                output.mux(packet)
    with pytest.raises(Rejected, match="only a cover picture") as refusal:
        looked_at(file.getvalue())
    assert refusal.value.code == "cover-only"


def test_an_encrypted_film_is_rejected() -> None:
    scheme = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "76a6" * 8, "encryption_kid": "a7e6" * 8}
    with pytest.raises(Rejected, match="encrypted") as refusal:
        looked_at(made(Clip(options=X264, muxer_options=scheme)))
    assert refusal.value.code == "encrypted"


def test_an_mp4_without_its_index_is_unreadable() -> None:
    data = made(Clip(options=X264))
    with pytest.raises(Unreadable, match="cut off before its index"):
        looked_at(data[: len(data) // 2])


def test_a_film_whose_frames_are_all_damaged_is_unreadable() -> None:
    data = made(Clip(options=X264, frames=3))
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    with pytest.raises(Unreadable, match="no frames that can be decoded") as refusal:
        looked_at(data[:start] + bytes(end - start) + data[end:])
    assert refusal.value.code == "no-frames"
