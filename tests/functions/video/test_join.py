"""Claims about the joined film: what stands beside the picture, stretches of it, pipes and other containers."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from functions.errors import Rejected
from functions.video.decode import decode
from functions.video.index import index
from functions.video.join import join
from functions.video.plan import plan
from functions.video.probe import probe
from functions.video.proof import proof
from functions.video.settings import EncodeSettings
from tests.clips import Clip, Sound, luma_of_frame, made, rewritten, source_of
from tests.functions.video.film_cases import CASES, X264, joined, lumas, opened_film, piece_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from tests.functions.video.film_cases import Opened

MP4 = EncodeSettings()
MKV = EncodeSettings(container="mkv")


class Pipe(io.RawIOBase):
    """Takes bytes and cannot go back."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        self.data += bytes(data)
        return len(data)


def piped(data: bytes, settings: EncodeSettings) -> tuple[bytes, tuple[str, ...]]:
    opened, pipe = opened_film(data, chunk_frames=9), Pipe()
    pieces = [source_of(piece_of(opened, chunk, settings)) for chunk in opened.plan.chunks]
    notes = join(source_of(data), opened.film, opened.plan, pieces, pipe, settings)  # type: ignore[arg-type]  # a pipe
    return bytes(pipe.data), notes


def test_the_index_of_an_mp4_comes_first(tmp_path: Path) -> None:
    joined(opened_film(made(Clip(options=X264))), tmp_path / "film.mp4", MP4)
    data = (tmp_path / "film.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_sound_and_picture_are_interleaved(tmp_path: Path) -> None:
    joined(opened_film(made(Clip(options=X264, frames=100, sounds=(Sound(),)))), tmp_path / "film.mkv", MKV)
    with av.open(tmp_path / "film.mkv", "r") as film:
        kinds = [packet.stream.type for packet in film.demux() if packet.size]
    runs = "".join(kind[0] for kind in kinds).split("v")
    assert len(runs) == 101
    assert max(map(len, runs)) <= 8  # packets of sound between two frames: two are due


def test_names_languages_and_marks_stay(tmp_path: Path) -> None:
    opened = opened_film(made(CASES["mkv with all there is"]))
    joined(opened, tmp_path / "film.mkv", MKV)
    result = probe(lambda: (tmp_path / "film.mkv").open("rb"))
    assert [track.language for track in result.tracks[:2]] == ["eng", "fra"]
    assert [track.disposition for track in result.tracks] == [track.disposition for track in opened.film.tracks]
    assert result.tracks[3].metadata["filename"] == "font.ttf"
    assert [chapter.metadata["title"] for chapter in result.chapters] == ["One", "Two"]


@pytest.mark.parametrize("settings", [MP4, MKV], ids=["mp4", "mkv"])
@pytest.mark.parametrize("name", ["mkv with all there is", "mp4 with chapters", "transport stream of H.264 with AAC"])
def test_a_stretch_starts_at_zero_with_its_sound_and_chapters(
    name: str, settings: EncodeSettings, tmp_path: Path
) -> None:
    data = made(CASES[name])
    opened = opened_film(data, chunk_frames=4, start=0.2, end=0.6)
    result = tmp_path / f"film.{settings.holder}"
    joined(opened, result, settings)
    assert opened.plan.frames == 10
    records = proof(source_of(data), lambda: result.open("rb"), plan=opened.plan)
    assert {r.name for r in records if not r.ok} <= {"subtitle stream 3 (subrip)", "attachment stream 4 (font.ttf)"}
    film = probe(lambda: result.open("rb"))
    times = index(lambda: result.open("rb"), film).pts
    assert times[0] == 0
    assert film.duration is not None
    assert float(film.duration) == pytest.approx(0.4, abs=0.05)  # sound ends with a packet


def test_subtitles_are_shown_while_they_are_inside_a_stretch(tmp_path: Path) -> None:
    joined(opened_film(made(CASES["mkv with all there is"]), start=0.2, end=0.6), tmp_path / "film.mkv", MKV)
    with av.open(tmp_path / "film.mkv", "r") as film:
        texts = [(packet.pts, packet.duration, bytes(packet)) for packet in film.demux(subtitles=0) if packet.size]
    assert texts == [(0, 180, b"Good evening."), (300, 100, b"Good night.")]


def test_matroska_goes_through_a_pipe(tmp_path: Path) -> None:
    data = made(CASES["mkv with all there is"])
    result, notes = piped(data, MKV)
    assert notes == ()
    assert all(record.ok for record in proof(source_of(data), source_of(result)))
    assert not list(tmp_path.iterdir())


def test_mp4_does_not_go_through_a_pipe() -> None:
    with pytest.raises(Rejected, match="take mkv, or name a file"):
        piped(made(Clip(options=X264)), MP4)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le", "gray"])
def test_y4m_holds_the_very_code_values(pix_fmt: str) -> None:
    data = made(Clip("matroska", "ffv1", frames=6, width=65, height=49, pix_fmt=pix_fmt))
    result, notes = piped(data, EncodeSettings(container="y4m"))
    again = opened_film(result)
    assert again.film.average_rate == 25
    assert all(np.array_equal(a, b) for a, b in zip(lumas(opened_film(data)), lumas(again), strict=True))
    assert notes == ()


def rgb_of(data: bytes) -> list[npt.NDArray[np.float64]]:
    with av.open(io.BytesIO(data), "r") as film:
        return [frame.to_ndarray(format="rgb24").astype(np.float64) for frame in film.decode(video=0)]


def test_gif_keeps_delays_and_looks_alike() -> None:
    data = made(CASES["gif with odd delays"])
    result, notes = piped(data, EncodeSettings(container="gif"))
    timeline, again = opened_film(data).timeline, opened_film(result).timeline
    assert again.pts.tolist() == timeline.pts.tolist()
    assert again.durations.tolist() == timeline.durations.tolist()
    assert notes == ()
    weights = np.array([0.299, 0.587, 0.114])  # of luma: the tint has none
    off = [np.abs(a @ weights - b @ weights).mean() for a, b in zip(rgb_of(data), rgb_of(result), strict=True)]
    assert max(off) < 5


def test_film_becomes_a_gif_whose_frames_last_long_enough_for_browsers() -> None:
    data = made(Clip(options=X264, frames=12, rate=Fraction(100)))
    result, notes = piped(data, EncodeSettings(container="gif"))
    assert set(opened_film(result).timeline.durations.tolist()) == {2}
    assert len(notes) == 1
    assert "hundredths of a second" in notes[0]


def test_gif_to_mp4_keeps_delays() -> None:
    data = made(CASES["gif with odd delays"])
    opened, target = opened_film(data), io.BytesIO()
    pieces = [source_of(piece_of(opened, chunk, MP4)) for chunk in opened.plan.chunks]
    join(source_of(data), opened.film, opened.plan, pieces, target, MP4)
    again = opened_film(target.getvalue())
    assert [tick * again.film.time_base for tick in again.timeline.pts.tolist()] == [
        Fraction(tick, 100) for tick in opened.timeline.pts.tolist()
    ]


def test_sound_that_mp4_does_not_hold_is_written_without_loss(tmp_path: Path) -> None:
    data = made(CASES["wmv"])
    notes = joined(opened_film(data), tmp_path / "film.mp4", MP4)
    assert notes == ("audio stream 1 (wmav2) is written as flac: mp4 does not hold it",)

    def sound(film: Any) -> tuple[Fraction, npt.NDArray[np.float64]]:
        with av.open(film, "r") as container:
            frames = list(container.decode(audio=0))
        start = Fraction((frames[0].pts or 0) * (frames[0].time_base or 0))
        whole = np.concatenate([f.to_ndarray().ravel() / (1 if "flt" in f.format.name else 32768) for f in frames])
        return start, whole

    (a_start, a), (b_start, b) = sound(io.BytesIO(data)), sound(str(tmp_path / "film.mp4"))
    assert a_start == b_start
    assert np.abs(a - b[: len(a)]).max() <= 1 / 32768


def in_aac(opened: Opened, target: Path, settings: EncodeSettings = MP4) -> tuple[str, ...]:
    pieces = [source_of(piece_of(opened, chunk, settings)) for chunk in opened.plan.chunks]
    return join(source_of(opened.data), opened.film, opened.plan, pieces, target, settings, audio="aac")


def heard(film: Any) -> tuple[str, str, str, Fraction, npt.NDArray[np.float64]]:
    """Codec, profile, layout, start in seconds, and the samples of all channels' mean."""
    with av.open(film, "r") as container:
        frames = list(container.decode(audio=0))
        context = container.streams.audio[0].codec_context
        told = context.codec.canonical_name, str(context.profile), context.layout.name
    whole = []
    for frame in frames:
        samples = frame.to_ndarray() / (1 if "flt" in frame.format.name else 32768)
        planar = samples if frame.format.is_planar else samples.reshape(-1, len(frame.layout.channels)).T
        whole.append(planar.mean(axis=0))
    return *told, Fraction((frames[0].pts or 0) * (frames[0].time_base or 0)), np.concatenate(whole)


@pytest.mark.parametrize("sound", [Sound("mp2", "s16"), Sound("libopus", "fltp"), Sound("pcm_s16le", "s16", 44100)])
def test_sound_becomes_aac_where_that_is_asked_and_stays_in_step_to_the_sample(sound: Sound, tmp_path: Path) -> None:
    opened = opened_film(made(Clip("matroska", options=X264, frames=50, sounds=(sound,))))
    (note,) = in_aac(opened, tmp_path / "film.mp4")
    assert note.endswith("is written as aac: as was asked for")
    *_, before_start, before = heard(io.BytesIO(opened.data))
    codec, profile, layout, start, after = heard(str(tmp_path / "film.mp4"))
    assert (codec, profile, layout) == ("aac", "LC", "mono")
    shift = round((start - before_start) * sound.rate)
    ours, theirs = after[20_000:60_000], before[20_000 + shift :][:40_000]
    error = [float(np.sqrt(np.mean((ours - np.roll(theirs, by)) ** 2))) for by in (-8, 0, 8)]
    assert error[1] < 0.01
    assert min(error[0], error[2]) > 5 * error[1]


def test_sound_that_is_aac_already_is_copied_packet_by_packet(tmp_path: Path) -> None:
    opened = opened_film(made(CASES["mp4 with B-frames and sound"]))
    assert in_aac(opened, tmp_path / "film.mp4") == ()
    assert all(record.ok for record in proof(source_of(opened.data), lambda: (tmp_path / "film.mp4").open("rb")))


def surround() -> bytes:
    """Write a film with six channels of AAC at 96 kHz."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        video = output.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        audio = output.add_stream("aac", rate=96_000)
        audio.codec_context.layout, audio.codec_context.format = "5.1", av.AudioFormat("fltp")
        for number in range(25):
            picture = av.VideoFrame.from_ndarray(luma_of_frame(number, 64, 96), "gray").reformat(format="yuv420p")
            picture.pts = number
            output.mux(video.encode(picture))
            wave = np.sin(np.arange(number * 3840, (number + 1) * 3840) * 2 * np.pi * 440 / 96_000) * 0.3
            tone = av.AudioFrame.from_ndarray(np.tile(wave.astype(np.float32), (6, 1)), "fltp", "5.1")
            tone.sample_rate, tone.pts, tone.time_base = 96_000, number * 3840, Fraction(1, 96_000)
            output.mux(audio.encode(tone))
        output.mux([*video.encode(None), *audio.encode(None)])
    return file.getvalue()


def test_more_channels_than_two_and_rates_that_few_players_know_are_brought_down(tmp_path: Path) -> None:
    opened = opened_film(surround())
    (note,) = in_aac(opened, tmp_path / "film.mp4")
    assert "(aac) is written as aac" in note
    with av.open(str(tmp_path / "film.mp4"), "r") as film:
        context = film.streams.audio[0].codec_context
        assert (context.layout.name, context.sample_rate) == ("stereo", 48_000)
    assert joined(opened, tmp_path / "copy.mp4", MP4) == ()


def test_a_container_that_does_not_hold_aac_keeps_its_sound(tmp_path: Path) -> None:
    opened = opened_film(made(CASES["webm of VP9 with Opus"]))
    assert in_aac(opened, tmp_path / "film.webm", EncodeSettings(codec="av1", container="webm")) in {
        (),
        ("Matroska keeps times to the millisecond: frames are up to half of one early or late",),
    }


def captioned(number: int, packet: bytes) -> bytes:
    """Put user data of ATSC A/53 (part 4, 6.2.3) before the first slice of a picture of MPEG-2."""
    slices = packet.index(b"\0\0\1\1")
    captions = bytes([0xFC, 0x80 + number, 0x81 + number, 0xFD, 0x90, 0x91])
    return packet[:slices] + b"\0\0\1\xb2GA94\x03\xc2\xff" + captions + b"\xff" + packet[slices:]


def captions_of(film: Any) -> list[bytes]:
    with av.open(film, "r") as container:
        return [bytes(frame.side_data["A53_CC"]) for frame in container.decode(video=0)]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_closed_captions_stay(codec: str, tmp_path: Path) -> None:
    data = rewritten(made(Clip("matroska", "mpeg2video", frames=10, options={"bf": "0"})), captioned)
    assert joined(opened_film(data, chunk_frames=4), tmp_path / "film.mp4", EncodeSettings(codec=codec)) == ()
    assert captions_of(str(tmp_path / "film.mp4")) == captions_of(io.BytesIO(data))
    assert len(set(captions_of(io.BytesIO(data)))) == 10


def test_closed_captions_that_a_codec_does_not_carry_are_noted(tmp_path: Path) -> None:
    data = rewritten(made(Clip("matroska", "mpeg2video", frames=4, options={"bf": "0"})), captioned)
    notes = joined(opened_film(data), tmp_path / "film.mov", EncodeSettings(codec="prores"))
    assert notes == ("closed captions are left out: prores carries none",)


def test_data_on_high_dynamic_range_is_noted(tmp_path: Path) -> None:
    options = {"x265-params": "log-level=none:pools=none:frame-threads=1:max-cll=1000,400"}
    clip = Clip(codec="libx265", options=options, frames=4, pix_fmt="yuv420p10le", tags=(9, 16, 9, 1))
    notes = joined(opened_film(made(clip)), tmp_path / "film.mp4", EncodeSettings(codec="hevc"))
    assert notes == ("data on high dynamic range is left out: the content's light level",)


def test_a_failed_write_leaves_the_old_film_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    target.write_bytes(b"older")
    opened = opened_film(made(Clip(options=X264)), chunk_frames=8)
    with pytest.raises(ValueError, match="zip"):
        joined(opened, target, MP4, [piece_of(opened, opened.plan.chunks[0], MP4)])
    assert target.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def failing(data: bytes, other: bytes) -> set[str]:
    return {record.name for record in proof(source_of(data), source_of(other)) if not record.ok}


def test_proof_notices_a_lost_frame_a_late_one_and_other_pictures() -> None:
    film = Clip(options=X264, frames=20)
    data = made(film)
    assert failing(data, data) == set()
    assert {"frames", "pts"} <= failing(data, made(Clip(options=X264, frames=19)))
    late = [number + (number > 10) for number in range(20)]
    assert "pts" in failing(data, made(Clip(options=X264, frames=20, times=late)))
    assert "luma" in failing(data, made(Clip("matroska", "ffv1", frames=20)))
    shifted = made(Clip("matroska", "ffv1", frames=20))
    assert failing(shifted, made(Clip("matroska", "ffv1", frames=20, pix_fmt="yuv422p"))) == set()


def test_proof_notices_other_sound_rotation_tags_and_names() -> None:
    data = made(Clip(options=X264, sounds=(Sound(language="eng"),), metadata={"title": "A"}, aspect=Fraction(4, 3)))
    other = made(
        Clip(
            options=X264,
            sounds=(Sound("ac3", language="fra"),),
            metadata={"title": "B"},
            rotation=90,
            tags=(9, 9, 9, 1),
        )
    )
    assert failing(data, other) >= {
        "audio stream 1 (aac), bytes",
        "audio stream 1 (aac), language",
        "metadata",
        "display matrix",
        "shape of a pixel",
        "colour tags",
    }


def test_a_frame_is_its_own_luma_after_all_this() -> None:
    result, _ = piped(made(Clip("matroska", "ffv1", frames=12)), EncodeSettings(codec="ffv1", container="mkv"))
    film = probe(source_of(result))
    for chunk in plan(index(source_of(result), film)).chunks:
        for frame in decode(source_of(result), film, chunk):
            assert np.array_equal(frame.luma, luma_of_frame(frame.number, 64, 96))
