"""Claims about plans: every frame is written once, and decoders start where they can."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.errors import Rejected
from functions.video.plan import Plan, plan
from functions.video.timeline import AccessPoint, Timeline


def timeline(frames: int, keyframes: list[int], step: int = 2) -> Timeline:
    numbers = np.arange(frames, dtype=np.int64)
    points = tuple(AccessPoint(number, number, number * step, number * step) for number in sorted({0, *keyframes}))
    return Timeline(Fraction(1, 50), numbers * step, numbers, np.full(frames, step, np.int64), points)


FRAMES = st.integers(1, 2000)
KEYFRAMES = st.lists(st.integers(0, 1999), max_size=60)


@given(frames=FRAMES, keyframes=KEYFRAMES, size=st.integers(1, 400), margin=st.integers(0, 40))
def test_every_frame_is_written_by_one_chunk(frames: int, keyframes: list[int], size: int, margin: int) -> None:
    film = timeline(frames, [key for key in keyframes if key < frames])
    cut = plan(film, chunk_frames=size, margin_before=margin, margin_after=margin)
    assert [number for chunk in cut.chunks for number in range(chunk.first, chunk.last)] == list(range(frames))
    assert cut.pts == film.pts.tolist()
    for number, chunk in enumerate(cut.chunks):
        assert chunk.number == number
        assert chunk.begin == chunk.first - chunk.margin_before
        assert chunk.stop == chunk.last + chunk.margin_after
        assert list(chunk.pts) == film.pts[chunk.begin : chunk.stop].tolist()
        assert all(point.number <= chunk.begin for point in chunk.access_points)


@given(frames=FRAMES, keyframes=KEYFRAMES, size=st.integers(1, 400))
def test_frames_are_decoded_twice_at_most_on_average(frames: int, keyframes: list[int], size: int) -> None:
    cut = plan(timeline(frames, [key for key in keyframes if key < frames]), chunk_frames=size)
    decoded = sum(chunk.stop - chunk.access_points[0].number for chunk in cut.chunks)
    assert decoded <= 2 * frames


@given(frames=FRAMES, keyframes=KEYFRAMES, size=st.integers(1, 400))
def test_chunks_of_short_groups_keep_to_their_size(frames: int, keyframes: list[int], size: int) -> None:
    keys = [0, *sorted({key for key in keyframes if key < frames}), frames]
    cut = plan(timeline(frames, keys[1:-1]), chunk_frames=size)
    longest = max(b - a for a, b in pairwise(keys))
    assert max(len(chunk) for chunk in cut.chunks) <= max(size * 5 // 4, -(-longest // 3))


def test_a_group_longer_than_a_chunk_is_cut_into_equal_ones() -> None:
    cut = plan(timeline(700, []), chunk_frames=240)
    assert [len(chunk) for chunk in cut.chunks] == [233, 233, 234]


def test_a_group_a_little_longer_than_a_chunk_stays_whole() -> None:
    cut = plan(timeline(1000, [0, 250, 500, 750]), chunk_frames=240)
    assert [len(chunk) for chunk in cut.chunks] == [250, 250, 250, 250]


def test_short_groups_share_a_chunk() -> None:
    cut = plan(timeline(480, list(range(0, 480, 12))), chunk_frames=240)
    assert [(chunk.first, chunk.access_points[0].number) for chunk in cut.chunks] == [(0, 0), (240, 240)]


def test_a_margin_moves_the_start_of_decoding_to_the_keyframe_before_it() -> None:
    second = plan(timeline(480, [0, 240]), margin_before=10).chunks[1]
    assert (second.first, second.begin, second.access_points[0].number) == (240, 230, 0)


def test_neighbours_are_decoded_and_are_no_margin() -> None:
    second = plan(timeline(480, [0, 240]), neighbours=1).chunks[1]
    assert (second.begin, second.margin_before) == (239, 0)


@given(frames=FRAMES, keyframes=KEYFRAMES, margin=st.integers(0, 9))
def test_a_plan_comes_back_from_its_text(frames: int, keyframes: list[int], margin: int) -> None:
    film = timeline(frames, [key for key in keyframes if key < frames])
    cut = plan(film, margin_after=margin)
    assert Plan.from_json(cut.to_json()) == cut
    assert plan(film, margin_after=margin).to_json() == cut.to_json()


def test_another_text_is_no_plan() -> None:
    with pytest.raises(ValueError, match="no plan of version 1"):
        Plan.from_json('{"version": 7}')


def test_start_and_end_choose_the_frames_shown_between_them() -> None:
    cut = plan(timeline(100, [0, 50]), start=1.0, end=Fraction(3, 2))
    assert [(chunk.first, chunk.last) for chunk in cut.chunks] == [(25, 38)]
    assert cut.trimmed
    assert (cut.start, cut.end) == (Fraction(1), Fraction(76, 50))


def test_a_stretch_outside_the_film_is_rejected() -> None:
    with pytest.raises(Rejected, match=r"the film is 4\.00 s long"):
        plan(timeline(100, []), start=5)
