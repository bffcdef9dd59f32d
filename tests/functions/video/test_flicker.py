"""Claims about the figures of calm, on films whose flicker is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.video.flicker import APART, WORST, FlickerMeter, FlickerReport, _divergence
from tests.functions.video.calm_cases import HEIGHT, WIDTH, Film, Shot, film

if TYPE_CHECKING:
    from functions.video.propagate import Colors


def tinted(cb: float, cr: float = 0.0) -> Colors:
    return np.full((HEIGHT, WIDTH), cb, np.float32), np.full((HEIGHT, WIDTH), cr, np.float32)


def measured(old: Film, **ways: list[Colors]) -> FlickerReport:
    meter = FlickerMeter()
    for place, frame in enumerate(old.frames):
        colors = {name: way[place] for name, way in ways.items()}
        meter.add(frame, colors, starts_shot=frame.number in old.cuts)
    return meter.report()


def test_known_flicker_is_measured_as_what_it_is() -> None:
    old = film([Shot("coffee", 8, pan=(0, 0))])
    wavering = [tinted(20 + 3 * (place % 2)) for place in range(8)]
    whole = measured(old, wavering=wavering, steady=[tinted(20)] * 8).whole
    assert whole["wavering"].warp_error == pytest.approx(3, abs=1e-3)
    assert whole["steady"].warp_error == pytest.approx(0, abs=1e-4)
    assert whole["wavering"].consistency > whole["steady"].consistency
    assert whole["steady"].consistency == pytest.approx(0, abs=1e-12)


def test_colours_that_move_with_the_picture_are_calm() -> None:
    old = film([Shot("coffee", 8, pan=(0, 1.5))])
    stuck = [old.truth[0]] * 8
    whole = measured(old, moving=list(old.truth), stuck=stuck).whole
    assert whole["moving"].warp_error < 0.5 * whole["stuck"].warp_error


def test_grey_is_calm_and_has_no_colour() -> None:
    old = film([Shot("coffee", 4)])
    whole = measured(old, grey=[tinted(0)] * 4, real=list(old.truth)).whole
    assert whole["grey"].warp_error == 0
    assert whole["grey"].colourfulness == pytest.approx(0, abs=1e-6)
    assert whole["real"].colourfulness > 10


def test_shots_are_measured_apart_and_nothing_across_a_cut() -> None:
    old = film([Shot("coffee", 5, pan=(0, 0)), Shot("chelsea", 7, pan=(0, 0))], first=100)
    colors = [tinted(30)] * 5 + [tinted(-30)] * 7
    report = measured(old, ours=colors)
    assert [(shot.first, shot.frames) for shot in report.shots] == [(100, 5), (105, 7)]
    assert report.whole["ours"].warp_error == pytest.approx(0, abs=1e-4)
    assert report.whole["ours"].consistency == pytest.approx(0, abs=1e-12)


def test_the_worst_moments_come_first_and_neighbours_count_as_one() -> None:
    old = film([Shot("coffee", 30, pan=(0, 0))])
    colors = [tinted(0)] * 30
    for number, jump in ((7, 10), (19, 25)):
        colors[number:] = [tinted(float(colors[number][0][0, 0]) + jump)] * (30 - number)
    worst = measured(old, ours=colors, grey=[tinted(0)] * 30).worst
    assert [moment.number for moment in worst[:2]] == [19, 7]
    assert len(worst) == 3
    assert worst[0].warp_errors["ours"] == pytest.approx(25, abs=1e-3)
    assert worst[0].warp_errors["grey"] == 0


def test_no_more_moments_are_kept_than_are_looked_at() -> None:
    old = film([Shot("coffee", APART * (WORST + 3), pan=(0, 0))])
    jumps = [number // APART for number in range(len(old.frames))]
    colors = [tinted(float(sum(range(jump + 1)))) for jump in jumps]
    worst = measured(old, ours=colors, grey=[tinted(0)] * len(jumps)).worst
    assert [moment.number // APART for moment in worst] == list(range(WORST + 2, 2, -1))


def test_histograms_without_anything_in_common_diverge_by_ln_two() -> None:
    one, other = np.zeros((3, 256)), np.zeros((3, 256))
    one[:, 10], other[:, 200] = 1, 1
    assert _divergence(one, other) == pytest.approx(np.log(2))
    assert _divergence(one, one) == 0


def test_a_film_of_no_frames_has_no_figures() -> None:
    assert FlickerMeter().report() == FlickerReport({}, (), ())
