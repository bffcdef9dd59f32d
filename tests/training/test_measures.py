"""Claims about the figures that networks are compared by, on arrays whose figures are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cli.bench_pictures import voronoi
from functions.color.color_space import bgr_of_lab, lab_of
from training.bins import bins_of, gamut_bins, smoothed_prior
from training.hues import NO_HUE, PALE, hue_error, skin, sky, vegetation
from training.measures import Figures, Measures, area, psnr
from training.truth import SIDE, Truth, truth_of


def painted(lightness: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    planes = (np.ascontiguousarray(np.broadcast_to(each, (SIDE, SIDE)), np.float32) for each in (lightness, a, b))
    return np.rint(bgr_of_lab(*planes) * 255).astype(np.uint8)


def flat(lightness: float, a: float, b: float) -> np.ndarray:
    return painted(*(np.full((SIDE, SIDE), each) for each in (lightness, a, b)))


def figures_of(*answers: tuple[Truth, np.ndarray]) -> Figures:
    measures = Measures()
    for truth, chroma in answers:
        measures.add(truth, chroma)
    return measures.figures()


@pytest.fixture(scope="module")
def truth() -> Truth:
    return truth_of(voronoi(3))


def test_there_are_261_bins_and_each_is_its_own_nearest() -> None:
    bins = gamut_bins()
    assert bins.shape == (261, 2)
    assert sorted(map(tuple, bins.tolist())) == list(map(tuple, bins.tolist()))
    np.testing.assert_array_equal(bins_of(bins), np.arange(261))


def test_the_nearest_bin_is_the_nearest_of_all_inside_srgb_and_outside() -> None:
    chroma = np.random.default_rng(4).uniform(-130, 130, (500, 2)).astype(np.float32)
    steps = (
        np.clip(np.rint(chroma / 10), -12, 12) * 10
    )  # outside sRGB: the bin nearest to the nearest point of the grid
    distances = np.linalg.norm(steps[:, None] - gamut_bins(), axis=-1)
    found = np.linalg.norm(steps - gamut_bins()[bins_of(chroma)], axis=-1)
    np.testing.assert_array_equal(found, distances.min(1))
    colours = lab_of(np.random.default_rng(5).integers(0, 256, (40, 40, 3), np.uint8))[..., 1:]
    nearest = np.linalg.norm(colours[..., None, :] - gamut_bins(), axis=-1).min(-1)
    np.testing.assert_allclose(np.linalg.norm(colours - gamut_bins()[bins_of(colours)], axis=-1), nearest, atol=1e-4)


def test_the_truth_is_perfect_and_as_calm_as_itself(truth: Truth) -> None:
    figures = figures_of((truth, truth.chroma))
    assert (figures.psnr_db, figures.auc, figures.rebalanced_auc) == (100, 100, 100)
    assert figures.colourfulness_share == pytest.approx(1, abs=1e-3)
    assert figures.stray_share == pytest.approx(1)
    assert figures.blotch_share == pytest.approx(1)
    assert figures.strong_recovered == pytest.approx(1)
    assert all(off is None or off == pytest.approx(0, abs=0.02) for off in figures.hue_error.values())


def test_grey_has_no_colour_of_any_kind_and_no_hue(truth: Truth) -> None:
    figures = figures_of((truth, np.zeros_like(truth.chroma)))
    assert figures.colourfulness_share == pytest.approx(0, abs=1e-3)
    assert figures.stray_share == figures.blotch_share == figures.strong_recovered == figures.chroma_on_neutral == 0
    seen = [off for off in figures.hue_error.values() if off is not None]
    assert seen == [pytest.approx(NO_HUE)] * len(seen) != []


@pytest.mark.parametrize("error", [0, 0.5, 10.5, 149.5])
def test_auc_of_a_constant_error_is_what_is_left_beyond_it(truth: Truth, error: float) -> None:
    # 0 up to the error and 1 from the next threshold on; the trapezoid before the first 1 counts half.
    wanted = 100 * (150 - np.ceil(error) + (0.5 if error else 0)) / 150
    figures = figures_of((truth, truth.chroma + np.array([error, 0], np.float32)))
    assert figures.auc == pytest.approx(wanted, abs=1e-6)
    assert figures.rebalanced_auc == pytest.approx(wanted, abs=1e-6)


def test_errors_beyond_the_largest_threshold_are_within_none(truth: Truth) -> None:
    figures = figures_of((truth, truth.chroma + np.array([200, 0], np.float32)))
    assert figures.auc == figures.rebalanced_auc == 0


def test_area_is_100_for_a_curve_of_ones_and_50_for_a_straight_line() -> None:
    assert area(np.ones(151)) == 100
    assert area(np.linspace(0, 1, 151)) == pytest.approx(50)


def test_rare_colours_count_in_the_rebalanced_area_only() -> None:
    left = np.arange(SIDE) < SIDE * 0.95  # 95 % sand, 5 % blue
    truth = truth_of(painted(np.full(SIDE, 60.0), np.where(left, 5.0, 10.0), np.where(left, 15.0, -50.0)))
    common_right, rare_right = truth.chroma.copy(), truth.chroma.copy()
    common_right[:, ~left] = 0
    rare_right[:, left] = 0
    common, rare = figures_of((truth, common_right)), figures_of((truth, rare_right))
    assert common.auc > rare.auc
    assert common.rebalanced_auc < rare.rebalanced_auc


def test_the_prior_sums_to_one_and_spreads_to_neighbours_only() -> None:
    counts = np.zeros(261, np.int64)
    counts[bins_of(np.zeros(2, np.float32))] = 7
    prior = smoothed_prior(counts)
    assert prior.sum() == pytest.approx(1)
    assert np.argmax(prior) == bins_of(np.zeros(2, np.float32))
    assert prior[bins_of(np.array([60, 0], np.float32))] < 1e-12


def test_psnr_agrees_with_its_formula_by_hand() -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    assert psnr(black + np.uint8(5), black) == pytest.approx(20 * np.log10(255 / 5))
    assert psnr(black, black) == 100


def test_colour_that_changes_over_flat_luma_is_stray_and_over_an_edge_is_not() -> None:
    columns = np.arange(SIDE)
    chroma = np.zeros((SIDE, SIDE, 2), np.float32)
    chroma[:, SIDE // 2 :] = (30, 0)
    coloured = np.where(columns < SIDE // 2, 0.0, 20.0)
    even = truth_of(painted(np.full(SIDE, 55.0), coloured, np.zeros(SIDE)))
    edged = truth_of(painted(np.where(columns < SIDE // 2, 35.0, 75.0), coloured, np.zeros(SIDE)))
    over_flat, over_edge = figures_of((even, chroma)), figures_of((edged, chroma))
    assert over_flat.stray_share == pytest.approx(1.5, abs=0.05)
    assert over_flat.blotch_share == pytest.approx(1.5, abs=0.05)
    assert over_edge.stray_share < 0.5  # what is left are the truth's and the answer's roundings, over one another


def test_half_the_strong_colours_length_is_half_recovered_and_another_hue_is_none() -> None:
    truth = truth_of(flat(50, 50, 30))
    assert figures_of((truth, truth.chroma / 2)).strong_recovered == pytest.approx(0.5)
    turned = np.stack([-truth.chroma[..., 1], truth.chroma[..., 0]], axis=-1)
    assert figures_of((truth, turned)).strong_recovered == pytest.approx(0, abs=1e-6)


def test_chroma_on_neutral_is_the_chroma_put_there() -> None:
    truth = truth_of(flat(50, 0, 3))
    answer = np.broadcast_to(np.array([3, 4], np.float32), (SIDE, SIDE, 2))
    assert figures_of((truth, answer)).chroma_on_neutral == pytest.approx(5)


@pytest.mark.parametrize(
    ("turn", "scale", "wanted"), [(0, 1, 0), (30, 1, 30), (30, PALE, 30), (180, 3, 180), (0, 0, 90)]
)
def test_hues_are_off_by_the_angle_between_them_whatever_the_saturation(
    turn: float, scale: float, wanted: float
) -> None:
    truth = np.random.default_rng(6).uniform(5, 40, (50, 2)).astype(np.float32)
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    degrees, weight = hue_error(truth @ rotation.T * np.float32(scale), truth)
    assert degrees / weight == pytest.approx(wanted, abs=0.01)


def test_hardly_any_colour_is_half_way_to_having_no_hue() -> None:
    truth = np.array([[40, 0]], np.float32)
    degrees, weight = hue_error(truth * np.float32(PALE / 2), truth)
    assert degrees / weight == pytest.approx(NO_HUE / 2, abs=0.01)


def test_strong_colours_hues_count_more_than_pale_ones() -> None:
    truth = np.array([[30, 0], [10, 0]], np.float32)
    degrees, weight = hue_error(np.array([[30, 0], [0, 10]], np.float32), truth)
    assert degrees / weight == pytest.approx(90 * 10 / 40, abs=0.01)


def test_skin_sky_and_grass_are_found_where_they_are_and_not_elsewhere() -> None:
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[:100] = (230, 180, 130)  # blue, green, red
    picture[100:180] = (50, 140, 90)
    picture[180:] = (130, 160, 210)
    lab = lab_of(picture)
    found = [mask(picture, lab) for mask in (sky, vegetation, skin)]
    places = [np.flatnonzero(mask.all(1)) for mask in found]
    assert [(rows.min(), rows.max()) for rows in places] == [(0, pytest.approx(98, abs=2)), (100, 179), (180, 255)]
    assert all(mask[rows].all() for mask, rows in zip(found, places, strict=True))


def test_blue_that_does_not_reach_the_upper_edge_is_no_sky() -> None:
    picture = np.full((SIDE, SIDE, 3), 120, np.uint8)
    picture[20:100] = (230, 180, 130)
    assert not sky(picture, lab_of(picture)).any()


def test_of_any_photograph_the_centre_square_is_judged() -> None:
    square = voronoi(2, side=300)
    wide = cv2.copyMakeBorder(square, 0, 0, 90, 90, cv2.BORDER_CONSTANT, value=(0, 0, 255))
    np.testing.assert_array_equal(truth_of(wide).pixels, truth_of(square).pixels)
    np.testing.assert_array_equal(truth_of(np.ascontiguousarray(wide.swapaxes(0, 1))).bins.T, truth_of(square).bins)


def test_a_photograph_in_black_and_white_is_known_as_one(truth: Truth) -> None:
    assert truth_of(np.repeat(voronoi(1)[..., :1], 3, axis=-1)).is_grey
    assert not truth.is_grey


def test_of_no_photograph_there_are_no_figures() -> None:
    with pytest.raises(ValueError, match="no photograph"):
        Measures().figures()
