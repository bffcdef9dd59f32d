"""Claims about motion, trust and trails."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from functions.video.motion import Motion, agreement, between, extended, fetch, joined, sketch, still
from tests.functions.video.calm_cases import HEIGHT, WIDTH, Shot, film


def inside(plane: np.ndarray, edge: int = 12) -> np.ndarray:
    return plane[edge:-edge, edge:-edge]


def test_flow_finds_a_pan_both_ways() -> None:
    one, two = film([Shot("astronaut", 2, pan=(1.5, -2.0))]).frames
    step = Motion().step(sketch(one.luma), sketch(two.luma))
    for flow, sign in ((step.back, 1), (step.ahead, -1)):
        assert np.median(inside(flow[0])) == pytest.approx(sign * -2.0, abs=0.15)
        assert np.median(inside(flow[1])) == pytest.approx(sign * 1.5, abs=0.15)
    assert inside(step.back_trust).mean() > 0.9


def test_what_comes_into_the_picture_is_not_trusted() -> None:
    one, two = film([Shot("astronaut", 2, pan=(0, 8.0))]).frames
    step = Motion().step(sketch(one.luma), sketch(two.luma))
    assert step.back_trust[:, -5:].mean() < 0.2
    assert step.back_trust[:, 20:-20].mean() > 0.8


def test_what_a_passer_by_uncovers_is_not_trusted() -> None:
    (frame,) = film([Shot("grass", 1)]).frames
    one, two = frame.luma.copy(), frame.luma.copy()
    passer_by = film([Shot("camera", 1)]).frames[0].luma[10:40, 20:44]
    one[20:50, 30:54] = passer_by
    two[20:50, 42:66] = passer_by
    earlier, later = sketch(one), sketch(two)
    step = Motion().step(earlier, later)
    trust = agreement(later, earlier, between(step.back)) * step.back_trust
    assert trust[25:45, 32:40].mean() < 0.5 < trust[25:45, 70:].mean()


def test_steps_add_up_to_a_trail() -> None:
    frames = film([Shot("coffee", 7, pan=(0.5, 1.25))]).frames
    sketches, motion = [sketch(frame.luma) for frame in frames], Motion()
    trail = still((HEIGHT, WIDTH))
    for earlier, later in pairwise(sketches):
        step = motion.step(earlier, later)
        trail = extended(trail, step.back, step.back_trust)
    columns, rows = still((HEIGHT, WIDTH)).columns, still((HEIGHT, WIDTH)).rows
    assert np.median(inside(trail.columns - columns)) == pytest.approx(6 * 1.25, abs=0.5)
    assert np.median(inside(trail.rows - rows)) == pytest.approx(6 * 0.5, abs=0.3)
    assert inside(agreement(sketches[-1], sketches[0], trail)).mean() > 0.8


def test_two_trails_joined_lead_where_one_after_the_other_leads() -> None:
    here = still((HEIGHT, WIDTH))
    right = between((np.full((HEIGHT, WIDTH), 3, np.float32), np.zeros((HEIGHT, WIDTH), np.float32)))
    down = between((np.zeros((HEIGHT, WIDTH), np.float32), np.full((HEIGHT, WIDTH), 2, np.float32)))
    both = joined(right, down)
    np.testing.assert_allclose(both.columns[:, :-3], right.columns[:, :-3])
    np.testing.assert_allclose(both.rows[:, :-3], here.rows[:, :-3] + 2)
    assert (both.trust[:, -2:] == 0).all()  # that way leads out of the picture


def test_standing_still_fetches_what_is_there() -> None:
    plane = np.random.default_rng(1).normal(size=(HEIGHT, WIDTH)).astype(np.float32)
    trail = still((HEIGHT, WIDTH))
    np.testing.assert_array_equal(fetch(plane, trail.columns, trail.rows), plane)


def test_a_frame_that_is_brighter_as_a_whole_still_agrees() -> None:
    (frame,) = film([Shot("chelsea", 1)]).frames
    brighter = (frame.luma * 0.7 + 60).astype(np.uint8)
    trail = still((HEIGHT, WIDTH))
    assert agreement(sketch(frame.luma), sketch(brighter), trail).mean() > 0.95


def test_another_picture_does_not_agree() -> None:
    one, other = (film([Shot(name, 1)]).frames[0] for name in ("chelsea", "coffee"))
    assert agreement(sketch(one.luma), sketch(other.luma), still((HEIGHT, WIDTH))).mean() < 0.6


def test_a_dark_coat_is_not_taken_for_the_dark_wall_behind_it() -> None:
    wall, coat = np.full((HEIGHT, WIDTH), 60, np.uint8), np.full((HEIGHT, WIDTH), 60, np.uint8)
    coat[20:44, 30:60] = 20
    trust = agreement(sketch(coat), sketch(wall), still((HEIGHT, WIDTH)))
    assert trust[26:38, 36:54].max() < 0.3
    assert trust[:, :20].min() > 0.8


def test_sixteen_bits_are_sketched_like_eight() -> None:
    (frame,) = film([Shot("rocket", 1)]).frames
    wide = frame.luma.astype(np.uint16) * 257
    np.testing.assert_array_equal(sketch(wide).codes, sketch(frame.luma).codes)


def test_large_frames_are_sketched_small() -> None:
    assert sketch(np.zeros((192, 352), np.uint8)).codes.shape == (96, 176)
