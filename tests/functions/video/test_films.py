"""Claims about whole films: frames, times, luma and everything beside the picture come through."""

from __future__ import annotations

import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.video.proof import proof
from functions.video.settings import EncodeSettings
from tests.clips import Clip, Sound, made, source_of
from tests.functions.video.film_cases import CASES, X264, Opened, joined, lumas, opened_film, piece_of

if TYPE_CHECKING:
    from pathlib import Path

MP4 = EncodeSettings()
LOSSLESS = EncodeSettings(codec="ffv1", container="mkv")

ROUNDED = {"pts", "end of the picture, seconds"}

NOT_IN_MATROSKA = {
    "mp4 at 29.97 frames a second": ROUNDED,
    "mp4 with wide pixels": {"shape of a pixel"},
    "transport stream of MPEG-2": ROUNDED,
    "transport stream of H.264 with AAC": ROUNDED,
    "program stream of MPEG-1": ROUNDED,
    "DV, which tells its clock for its rate": {"shape of a pixel"},
    "mkv with transparency": {"transparency"},
    "wmv": {"audio stream 1 (wmav2)"},  # it is written as FLAC
}
"""What does not come through, and is said in a note."""

NOT_IN_MP4 = {
    "DV, which tells its clock for its rate": {"metadata"},  # a time code that is a tag
    "16 bits of grey": {"bits"},
    "mkv with transparency": {"transparency"},
    "mkv with all there is": {"subtitle stream 3 (subrip)", "attachment stream 4 (font.ttf)"},
    "wmv": {"audio stream 1 (wmav2)"},
}


def failed(data: bytes, result: Path, opened: Opened) -> set[str]:
    records = proof(source_of(data), lambda: result.open("rb"), plan=opened.plan)
    assert len(records) >= 10
    return {record.name for record in records if not record.ok}


@pytest.mark.parametrize("name", CASES)
def test_a_film_in_lossless_matroska_keeps_its_luma_exactly(name: str, tmp_path: Path) -> None:
    data = made(CASES[name])
    opened = opened_film(data, chunk_frames=5, redecode=4)
    notes = joined(opened, tmp_path / "result.mkv", LOSSLESS)
    lost = failed(data, tmp_path / "result.mkv", opened)
    assert lost == NOT_IN_MATROSKA.get(name, set())
    assert bool(notes) == bool(lost)


@pytest.mark.parametrize("name", CASES)
def test_a_film_in_mp4_keeps_every_time_exactly(name: str, tmp_path: Path) -> None:
    data = made(CASES[name])
    opened = opened_film(data, chunk_frames=12)
    notes = joined(opened, tmp_path / "result.mp4", MP4)
    lost = failed(data, tmp_path / "result.mp4", opened)
    assert lost == NOT_IN_MP4.get(name, set())
    assert len(notes) == len(lost)


@pytest.mark.parametrize("name", CASES)
def test_a_frame_is_the_same_whatever_chunk_it_is_decoded_in(name: str) -> None:
    data = made(CASES[name])
    whole = lumas(opened_film(data, chunk_frames=10_000))
    for chunk_frames, margin in ((1, 0), (5, 3), (16, 0)):
        opened = opened_film(data, chunk_frames=chunk_frames, margin_before=margin, margin_after=margin, redecode=50)
        assert all(np.array_equal(a, b) for a, b in zip(whole, lumas(opened), strict=True))


@pytest.mark.parametrize(
    "settings",
    [EncodeSettings(codec="hevc"), EncodeSettings(codec="av1"), EncodeSettings(codec="prores")],
    ids=lambda settings: settings.codec,
)
def test_other_codecs_keep_the_times_too(settings: EncodeSettings, tmp_path: Path) -> None:
    data = made(Clip(options=X264, sounds=(Sound(),), tags=(1, 1, 1, 1), rotation=270))
    opened = opened_film(data, chunk_frames=8)
    result = tmp_path / f"result.{settings.holder}"
    assert joined(opened, result, settings) == ()
    assert failed(data, result, opened) == set()


def _piece(arguments: tuple[bytes, int]) -> bytes:
    data, number = arguments
    opened = opened_film(data, chunk_frames=8)
    return piece_of(opened, opened.plan.chunks[number], MP4)


def test_the_bytes_do_not_depend_on_which_process_made_which_chunk_when(tmp_path: Path) -> None:
    data = made(Clip(options=X264, frames=40, sounds=(Sound(),)))
    opened = opened_film(data, chunk_frames=8)
    joined(opened, tmp_path / "one.mp4", MP4)
    numbers = list(reversed(range(len(opened.plan.chunks))))
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        pieces = list(pool.map(_piece, [(data, number) for number in numbers]))
    joined(opened, tmp_path / "two.mp4", MP4, pieces[::-1])
    one, two = (hashlib.sha256((tmp_path / name).read_bytes()).digest() for name in ("one.mp4", "two.mp4"))
    assert len(numbers) == 5
    assert one == two


@pytest.mark.parametrize("settings", [MP4, LOSSLESS], ids=["mp4", "mkv"])
def test_a_film_made_twice_is_the_same_file(settings: EncodeSettings, tmp_path: Path) -> None:
    opened = opened_film(made(CASES["mkv with all there is"]), chunk_frames=8)
    for name in ("one", "two"):
        joined(opened, tmp_path / name, settings)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_film_of_long_groups_is_decoded_twice_at_most() -> None:
    clip = Clip(frames=600, width=32, height=32, options={"x264-params": "keyint=1000:scenecut=0:threads=1"})
    opened = opened_film(made(clip))
    assert len(opened.timeline.access_points) == 1
    assert sum(chunk.stop for chunk in opened.plan.chunks) <= 2 * 600
    assert [len(chunk) for chunk in opened.plan.chunks] == [300, 300]
    assert len(lumas(opened)) == 600
