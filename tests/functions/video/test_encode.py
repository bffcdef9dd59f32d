"""Claims about pieces."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from functions.errors import Rejected, Unreadable
from functions.video.decode import decode
from functions.video.encode import PieceEncoder
from functions.video.join import join
from functions.video.layout import PixelLayout, luma_weights, output_layout, work_layout
from functions.video.planes import deepened, plane
from functions.video.settings import BURST_SECONDS, CODECS, RATE_BOUND, EncodeSettings, suggested_container
from tests.clips import Clip, made, source_of
from tests.functions.video.film_cases import X264, lumas, opened_film, piece_of

if TYPE_CHECKING:
    from tests.functions.video.film_cases import Opened

LOSSLESS = EncodeSettings(codec="ffv1")

MP4 = EncodeSettings()


def transcoded(opened: Opened, settings: EncodeSettings) -> bytes:
    """The first chunk, with the chroma it had."""
    target, chunk = io.BytesIO(), opened.plan.chunks[0]
    with PieceEncoder(opened.film, chunk, settings, target) as encoder:
        for frame in decode(source_of(opened.data), opened.film, chunk):
            encoder.write(frame)
    return target.getvalue()


def test_a_piece_is_a_film_that_starts_with_a_keyframe_and_counts_its_frames() -> None:
    opened = opened_film(made(Clip(options=X264)), chunk_frames=8)
    with av.open(io.BytesIO(piece_of(opened, opened.plan.chunks[1], EncodeSettings())), "r") as piece:
        packets = [packet for packet in piece.demux(video=0) if packet.size]
    assert packets[0].is_keyframe
    assert sorted(packet.pts or 0 for packet in packets) == list(range(8))


@pytest.mark.parametrize("codec", CODECS)
def test_a_piece_made_twice_is_the_same_bytes(codec: str) -> None:
    opened = opened_film(made(Clip(options=X264, frames=12)))
    one, two = (piece_of(opened, opened.plan.chunks[0], EncodeSettings(codec=codec)) for _ in range(2))
    assert one == two


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root is given real-time priority")
@pytest.mark.parametrize("codec", CODECS)
def test_no_encoder_runs_before_everybody_else(codec: str) -> None:
    opened = opened_film(made(Clip(options=X264, frames=12)))
    with PieceEncoder(opened.film, opened.plan.chunks[0], EncodeSettings(codec=codec), io.BytesIO()) as encoder:
        for frame in decode(source_of(opened.data), opened.film, opened.plan.chunks[0]):
            encoder.write(frame)
            threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
            assert {os.sched_getscheduler(thread) for thread in threads} == {os.SCHED_OTHER}
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.mark.parametrize("width", [64, 96, 480])
def test_a_piece_is_the_same_bytes_however_often_it_is_made_and_whatever_its_width(width: int) -> None:
    opened = opened_film(made(Clip(options=X264, frames=24, width=width, height=64)))
    assert len({transcoded(opened, EncodeSettings()) for _ in range(30)}) == 1


def test_chroma_given_is_chroma_written() -> None:
    opened = opened_film(made(Clip(options=X264, frames=4)))
    piece = piece_of(opened, opened.plan.chunks[0], LOSSLESS)
    with av.open(io.BytesIO(piece), "r") as film:
        for number, frame in enumerate(film.decode(video=0)):
            assert (frame.to_ndarray()[64:] == 128 + number).all()


def test_without_chroma_the_sources_own_is_kept() -> None:
    clip = Clip("matroska", "ffv1", frames=4)
    data = made(clip)
    with (
        av.open(io.BytesIO(data), "r") as source,
        av.open(io.BytesIO(transcoded(opened_film(data), LOSSLESS)), "r") as result,
    ):
        for a, b in zip(source.decode(video=0), result.decode(video=0), strict=True):
            assert np.array_equal(a.to_ndarray(), b.to_ndarray())


def test_grey_without_chroma_gets_neutral_chroma() -> None:
    opened = opened_film(made(Clip("matroska", "ffv1", frames=2, pix_fmt="gray")))
    layout = output_layout(opened.film, MP4)
    with av.open(io.BytesIO(transcoded(opened, MP4)), "r") as film:
        frame = next(film.decode(video=0))
    assert layout.pix_fmt == frame.format.name == "yuv420p"
    assert np.abs(plane(frame, 1, layout).astype(int) - 128).max() <= 2


def test_an_encoder_takes_its_own_frames_in_order_and_all_of_them() -> None:
    opened = opened_film(made(Clip(options=X264)), chunk_frames=8)
    frames = list(decode(source_of(opened.data), opened.film, opened.plan.chunks[1]))
    encoder = PieceEncoder(opened.film, opened.plan.chunks[1], EncodeSettings(), io.BytesIO())
    with pytest.raises(ValueError, match="expected frame 8 of 8, got 9"):
        encoder.write(frames[1])
    encoder.write(frames[0])
    with pytest.raises(ValueError, match="expected 8 frames, got 1"):
        encoder.finish()
    with pytest.raises(ValueError, match=r"chroma of \(3, 3\), expected \(32, 48\)"):
        encoder.write(frames[1], np.zeros((3, 3), np.uint8), np.zeros((3, 3), np.uint8))


@pytest.mark.parametrize(
    ("clip", "codec", "expected"),
    [
        (Clip(), "h264", "yuv420p"),
        (Clip(pix_fmt="yuv422p"), "h264", "yuv422p"),
        (Clip(pix_fmt="yuv420p10le"), "h264", "yuv420p10le"),
        (Clip(pix_fmt="yuv420p10le"), "hevc", "yuv420p10le"),
        (Clip(pix_fmt="gray10le"), "h264", "yuv420p10le"),
        (Clip(pix_fmt="yuv444p"), "av1", "yuv420p"),
        (Clip(), "prores", "yuv422p10le"),
        (Clip("matroska", "ffv1", width=65, height=49), "h264", "yuv444p"),
        (Clip("matroska", "ffv1", width=64, height=49), "h264", "yuv422p"),
        (Clip("matroska", "ffv1", width=65, height=49), "av1", "yuv420p"),
        (Clip("apng", "apng", pix_fmt="rgb24"), "h264", "yuv420p"),
        (Clip("matroska", "ffv1", pix_fmt="yuv444p12le"), "h264", "yuv444p10le"),
        (Clip("matroska", "ffv1", pix_fmt="yuv444p12le"), "ffv1", "yuv444p12le"),
    ],
)
def test_depth_and_chroma_stay_where_the_encoder_has_them(clip: Clip, codec: str, expected: str) -> None:
    film = opened_film(made(clip)).film
    layout = output_layout(film, EncodeSettings(codec=codec))
    assert layout.pix_fmt == expected
    assert (layout.width, layout.height) == (clip.width, clip.height)


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuv444p", "yuv420p10le", "yuv444p12le", "gray"])
def test_plain_pixels_are_eight_bits_and_four_two_nought_whatever_the_source_has(pix_fmt: str, codec: str) -> None:
    film = opened_film(made(Clip("matroska", "ffv1", frames=2, pix_fmt=pix_fmt))).film
    assert output_layout(film, EncodeSettings(codec=codec, plain=True)).pix_fmt == "yuv420p"


def test_plain_pixels_need_an_even_size_and_leave_gif_alone() -> None:
    film = opened_film(made(Clip("matroska", "ffv1", frames=2, width=65, height=49))).film
    with pytest.raises(Rejected, match="needs an even size") as refused:
        output_layout(film, EncodeSettings(plain=True))
    assert refused.value.code == "bad-size"
    gif = EncodeSettings(container="gif")
    assert output_layout(film, gif) == output_layout(film, EncodeSettings(container="gif", plain=True))


def test_plain_luma_is_the_deep_one_rounded() -> None:
    opened = opened_film(made(Clip("matroska", "ffv1", frames=3, pix_fmt="yuv422p10le")))
    piece = piece_of(opened, opened.plan.chunks[0], EncodeSettings(crf=0, plain=True))
    wanted = [(luma.astype(int) + 2) >> 2 for luma in lumas(opened)]
    with av.open(io.BytesIO(piece), "r") as film:
        frames = [frame.to_ndarray()[:64] for frame in film.decode(video=0)]
        assert film.streams.video[0].codec_context.pix_fmt == "yuv420p"
    assert all(np.abs(a - b.astype(int)).max() <= 1 for a, b in zip(wanted, frames, strict=True))


def noise_film(frames: int) -> bytes:
    """Write a film that nobody can compress."""
    generator = np.random.default_rng(4)
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for number in range(frames):
            grey = generator.normal(128, 30, (64, 128)).clip(16, 235).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuv420p")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("codec", sorted(RATE_BOUND))
def test_a_bound_on_the_rate_holds_for_every_piece_and_binds_no_other(codec: str) -> None:
    opened = opened_film(noise_film(75))
    (chunk,) = opened.plan.chunks
    free = len(piece_of(opened, chunk, EncodeSettings(codec=codec)))
    rate = free * 8 // 3 // 2  # three seconds, half as much
    bound = len(piece_of(opened, chunk, EncodeSettings(codec=codec, max_rate=rate)))
    assert bound < free * 0.8
    assert bound <= rate * (3 + BURST_SECONDS) / 8 * 1.05
    settings = EncodeSettings(codec="ffv1")
    assert replace(settings, max_rate=1).options(128 * 64) == settings.options(128 * 64)


def test_pieces_under_a_bound_are_the_same_bytes_each_time() -> None:
    opened = opened_film(noise_film(20))
    settings = EncodeSettings(max_rate=200_000)
    one, two = (piece_of(opened, opened.plan.chunks[0], settings) for _ in range(2))
    assert one == two


def test_chroma_is_weighed_as_players_weigh_it() -> None:
    def weights(**clip: Any) -> tuple[float, float]:
        return luma_weights(opened_film(made(Clip(options=X264, frames=1, **clip))).film)

    assert weights() == (0.299, 0.114)
    assert weights(width=64, height=720) == (0.2126, 0.0722)
    assert weights(tags=(1, 1, 1, 1)) == (0.2126, 0.0722)
    assert weights(tags=(9, 14, 9, 1)) == (0.2627, 0.0593)


def test_grey_is_worked_on_as_grey() -> None:
    film = opened_film(made(Clip("matroska", "ffv1", frames=2, pix_fmt="gray"))).film
    assert work_layout(film).pix_fmt == "gray"
    assert work_layout(film).chroma_size == (0, 0)


def test_deeper_samples_keep_white_and_black() -> None:
    samples = np.array([[0, 16, 235, 255]], np.uint8)
    limited = PixelLayout("420", 10, 4, 1, full_range=False)
    full = PixelLayout("420", 10, 4, 1, full_range=True)
    assert deepened(samples, 8, limited).tolist() == [[0, 64, 940, 1020]]
    assert deepened(samples, 8, full).tolist() == [[0, 64, 943, 1023]]
    back = PixelLayout("420", 8, 4, 1, full_range=False)
    assert deepened(deepened(samples, 8, limited), 10, back).tolist() == samples.tolist()


def test_a_piece_of_other_settings_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    opened = opened_film(made(Clip(options=X264)), chunk_frames=8)
    pieces = [piece_of(opened, chunk, EncodeSettings()) for chunk in opened.plan.chunks]
    other = piece_of(opened, opened.plan.chunks[1], EncodeSettings(crf=40, preset="slow"))
    longer = piece_of(opened_film(opened.data), opened_film(opened.data).plan.chunks[0], EncodeSettings())
    for wrong, words in (
        (other, "other settings"),
        (pieces[1][: len(pieces[1]) // 2], "piece 1 lacks . frames of 8"),
        (longer, "piece 1 is damaged or of another chunk"),
    ):
        mixed = [source_of(piece) for piece in (pieces[0], wrong, pieces[2])]
        with pytest.raises(Unreadable, match=words):
            join(source_of(opened.data), opened.film, opened.plan, mixed, tmp_path / "film.mp4", EncodeSettings())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"codec": "divx"}, "bad-codec"),
        ({"codec": "ffv1", "container": "mp4"}, "bad-container"),
        ({"crf": 99}, "bad-quality"),
        ({"codec": "ffv1", "crf": 3}, "bad-quality"),
        ({"preset": "warp"}, "bad-preset"),
    ],
)
def test_settings_that_cannot_be_are_rejected(wish: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        EncodeSettings(**wish)  # type: ignore[arg-type]  # wrong on purpose
    assert refusal.value.code == code


def test_every_codec_has_settings_that_hold() -> None:
    for codec, choice in CODECS.items():
        settings = EncodeSettings(codec=codec)
        assert settings.holder == choice.containers[0]
        assert settings.options(640 * 480)


def test_a_film_keeps_its_container_where_the_codec_can_be_in_it() -> None:
    mkv = opened_film(made(Clip("matroska", options=X264, frames=2))).film
    mov = opened_film(made(Clip("mov", options=X264, frames=2))).film
    avi = opened_film(made(Clip("avi", "mpeg4", frames=2))).film
    assert [suggested_container(film, "h264") for film in (mkv, mov, avi)] == ["mkv", "mov", "mp4"]
    assert suggested_container(mov, "ffv1") == "mkv"
