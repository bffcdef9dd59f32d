"""Claims about the list of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from functions.video.index import index
from functions.video.probe import probe
from tests.clips import Clip, made, rewritten, source_of
from tests.functions.video.film_cases import CASES, UNEVEN, X264, lumas, opened_film

if TYPE_CHECKING:
    from pathlib import Path

    from functions.video.timeline import Timeline


def indexed(data: bytes) -> Timeline:
    return index(source_of(data), probe(source_of(data)))


def test_frames_are_in_the_order_they_are_shown() -> None:
    timeline = indexed(made(CASES["mp4 of uneven pace"]))
    assert [tick * timeline.time_base * 1000 for tick in timeline.pts.tolist()] == UNEVEN
    assert timeline.packets.tolist() != sorted(timeline.packets.tolist())
    assert sorted(timeline.packets.tolist()) == list(range(len(UNEVEN)))


def test_a_frame_lasts_until_the_next() -> None:
    timeline = indexed(made(CASES["gif with odd delays"]))
    assert timeline.durations.tolist()[:4] == [7, 3, 23, 7]


def test_keyframes_are_access_points() -> None:
    points = indexed(made(Clip(options=X264, frames=24))).access_points
    assert [point.number for point in points] == [0, 8, 16]


def test_frames_that_an_edit_list_hides_are_left_out() -> None:
    timeline = indexed(made(CASES["mp4 whose edit list hides frames"]))
    assert len(timeline) == 19
    assert timeline.pts[0] == 0
    assert timeline.notes == ()


@pytest.mark.parametrize("name", ["gif with odd delays", "apng"])
def test_animations_are_read_from_their_first_frame(name: str) -> None:
    assert [point.number for point in indexed(made(CASES[name])).access_points] == [0]


def test_a_stream_without_times_gets_those_of_its_rate() -> None:
    timeline = indexed(made(CASES["bare H.264"]))
    assert [tick * timeline.time_base * 25 for tick in timeline.pts.tolist()] == list(range(24))
    assert timeline.notes == ("the film carries no times: 25 frames a second are assumed",)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_film_that_is_cut_off_gives_what_is_there(share: float, tmp_path: Path) -> None:
    data = made(Clip(options=X264, frames=60, muxer_options={"movflags": "faststart"}), tmp_path / "film.mp4")
    opened = opened_film(data[: int(len(data) * share)])
    there = len(opened.timeline)
    assert 0 < there < 60
    assert opened.timeline.notes == (f"the film is cut off: {there} of 60 frames are there",)
    assert len(lumas(opened)) == there


def test_matroska_that_is_cut_off_says_where_it_ends() -> None:
    data = made(Clip("matroska", options=X264, frames=100))
    timeline = indexed(data[: len(data) // 2])
    assert 0 < len(timeline) < 100
    assert len(timeline.notes) == 1
    assert "of 4.00 s: the film may be cut off" in timeline.notes[0]


def test_hidden_frames_of_vp8_are_no_frames() -> None:
    data = made(CASES["webm of VP8"])
    hidden = rewritten(data, lambda number, packet: bytes([packet[0] & ~0x10]) + packet[1:] if number == 5 else packet)
    opened = opened_film(hidden, chunk_frames=8)
    assert opened.film.frames_are_packets
    assert opened.timeline.packets.tolist() == [number for number in range(24) if number != 5]
    assert len(lumas(opened)) == 23
