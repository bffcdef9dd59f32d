from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from functions.color.triage import Triage, Verdict, triage
from tests.pictures import in_colour, in_grey
from tools import ageing
from tools.triage_set import cases
from tools.triage_table import tally_of

if TYPE_CHECKING:
    from functions.color.color_space import Pixels

SHAPES = st.one_of(
    st.tuples(st.integers(1, 24), st.integers(1, 24)),
    st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3)),
)
PIXELS = st.sampled_from([np.uint8, np.uint16]).flatmap(lambda dtype: arrays(dtype, SHAPES))


def chance() -> np.random.Generator:
    return np.random.default_rng(2017)


def in_three(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.repeat(grey[..., None], 3, axis=2)


def toned(tint: str) -> Triage:
    return triage(ageing.toned(in_grey("camera"), tint, chance()))


def test_one_channel_is_grey() -> None:
    assert triage(in_grey("camera")).verdict is Verdict.GREY


def test_one_channel_of_16_bits_is_grey() -> None:
    assert triage(in_grey("camera").astype(np.uint16) * 257).verdict is Verdict.GREY


def test_a_photograph_in_colour_is_colour_at_8_and_at_16_bits() -> None:
    photo = in_colour("astronaut")
    assert triage(photo).verdict is Verdict.COLOUR
    assert triage(photo.astype(np.uint16) * 257).verdict is Verdict.COLOUR


@pytest.mark.parametrize("quality", [10, 30, 60, 90])
def test_jpeg_chroma_noise_is_grey(quality: int) -> None:
    noisy = ageing.scanned(in_three(in_grey("camera")), chance())
    assert triage(ageing.compressed(noisy, quality)).verdict is Verdict.GREY


def test_a_scanners_faint_cast_is_grey() -> None:
    assert triage(ageing.paled(in_three(in_grey("camera")), 1, (0.5, 1.5))).verdict is Verdict.GREY


def test_sepia_is_tinted_and_named() -> None:
    found = toned("sepia")
    assert found.verdict is Verdict.TINTED
    assert found.tint == "sepia"


@pytest.mark.parametrize(
    ("tint", "name"),
    [
        ("sepia, strong", "sepia"),
        ("albumen", "sepia"),
        ("cyanotype", "cyanotype"),
        ("green", "green cast"),
        ("selenium", "purple cast"),
        ("magenta", "purple cast"),
        ("split, warm lights", "split tone"),
        ("faded", "faded"),
    ],
)
def test_a_print_is_tinted_by_the_name_people_give_it(tint: str, name: str) -> None:
    found = toned(tint)
    assert (found.verdict, found.tint) == (Verdict.TINTED, name)


def test_only_what_is_tinted_has_a_tint() -> None:
    assert triage(in_grey("camera")).tint is None
    assert triage(in_colour("coffee")).tint is None


def test_a_print_that_yellowed_unevenly_is_tinted() -> None:
    print_ = ageing.toned(in_grey("camera"), "sepia, pale", chance())
    assert triage(ageing.yellowed(print_, chance(), 10)).verdict is Verdict.TINTED


def test_a_grey_photo_with_one_red_flower_is_colour() -> None:
    photo = in_three(in_grey("camera"))
    flower = np.zeros(photo.shape[:2], np.uint8)
    cv2.circle(flower, (340, 330), 45, 1, -1)  # 2.4 per cent of the picture
    red = np.array([0.3, 0.3, 1.0])
    photo = np.where(flower[..., None] > 0, ageing.quantised(photo * red + np.array([0, 0, 40])), photo)
    found = triage(photo)
    assert found.verdict is Verdict.COLOUR
    assert 0.015 < found.figures.part < 0.05


def test_a_grey_photo_with_a_red_date_stamp_is_grey() -> None:
    photo = in_three(in_grey("camera"))
    photo[480:495, 400:490] = photo[480:495, 400:490] // 2 + np.array([20, 20, 120], np.uint8)
    assert triage(photo).verdict is Verdict.GREY


def test_a_grey_photo_on_a_green_album_page_is_grey() -> None:
    page = np.full((700, 640, 3), (70, 110, 60), np.uint8)
    page[90:602, 60:572] = in_three(in_grey("camera"))
    assert triage(page).verdict is Verdict.GREY


def test_a_colour_photo_on_a_white_page_is_colour() -> None:
    page = np.full((700, 640, 3), 250, np.uint8)
    page[90:602, 60:572] = in_colour("astronaut")
    assert triage(page).verdict is Verdict.COLOUR


def test_a_faded_colour_print_is_colour() -> None:
    faded = ageing.quantised(30 + ageing.paled(in_colour("coffee"), 0.6, (4, 10)) * np.float32(0.75))
    assert triage(faded).verdict is Verdict.COLOUR


def test_a_colour_photo_in_fog_is_colour() -> None:
    assert triage(ageing.fogged(in_colour("astronaut"), chance())).verdict is Verdict.COLOUR


def test_a_colour_photo_with_its_colour_taken_out_is_not_colour() -> None:
    assert triage(ageing.paled(in_colour("astronaut"), 0.05)).verdict is Verdict.GREY


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("noise", [0, 6])
def test_a_picture_of_one_level_is_unusable(level: int, noise: int) -> None:
    empty = level + noise * chance().standard_normal((400, 300, 3))
    assert triage(ageing.quantised(empty)).verdict is Verdict.UNUSABLE


def test_a_picture_of_one_colour_is_unusable() -> None:
    assert triage(np.full((300, 300, 3), (200, 40, 90), np.uint8)).verdict is Verdict.UNUSABLE


def test_a_small_figure_in_fog_can_be_used() -> None:
    fog = np.full((600, 800), 200, np.uint8)
    fog[300:340, 400:420] = 90
    assert triage(fog).verdict is Verdict.GREY


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (1, 20_000), (20_000, 1, 3), (2, 3, 3), (1, 7, 3)])
def test_any_shape_gets_a_verdict(shape: tuple[int, ...]) -> None:
    assert isinstance(triage(chance().integers(0, 256, shape, np.uint8)), Triage)


def test_a_reason_is_one_sentence_with_a_figure_in_it() -> None:
    reasons = [
        triage(picture).reason for picture in (in_grey("camera"), in_colour("astronaut"), np.zeros((9, 9), np.uint8))
    ]
    reasons.append(toned("sepia").reason)
    assert all(re.search(r"\d", reason) and not reason.endswith(".") and "\n" not in reason for reason in reasons)


def test_the_picture_is_left_as_it_was() -> None:
    photo = in_colour("astronaut")
    before = photo.copy()
    triage(photo)
    assert np.array_equal(photo, before)


@settings(max_examples=150)
@given(PIXELS)
def test_any_small_picture_gets_a_verdict_and_finite_figures(pixels: Pixels) -> None:
    figures = triage(pixels).figures
    values = [getattr(figures, name) for name in figures.__slots__]
    assert np.isfinite([*values, figures.evidence]).all()
    assert min(values) >= 0


@settings(max_examples=75)
@given(PIXELS.filter(lambda pixels: pixels.ndim == 2))
def test_grey_in_three_channels_is_judged_as_in_one(grey: Pixels) -> None:
    verdict = triage(grey).verdict
    assert verdict in {Verdict.GREY, Verdict.UNUSABLE}
    assert triage(np.repeat(grey[..., None], 3, axis=2)).verdict is verdict


@settings(max_examples=75)
@given(PIXELS, st.sampled_from([0, 1]))
def test_a_mirrored_picture_has_the_same_figures(pixels: Pixels, axis: int) -> None:
    figures, mirrored = triage(pixels).figures, triage(np.flip(pixels, axis)).figures
    # Not its shares: a cell that lies 12 ab off to the last digit counts or does not, as rounding has it.
    for name in ("cast", "spread", "across", "speckle", "luma_spread", "luma_range"):
        assert getattr(mirrored, name) == pytest.approx(getattr(figures, name), rel=1e-2, abs=1e-2)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "camera", "coins"])
def test_a_mirrored_photograph_gets_the_same_verdict(name: str) -> None:
    photo = in_colour(name)
    assert {triage(np.flip(photo, axis)).verdict for axis in (0, 1)} == {triage(photo).verdict}


@settings(max_examples=50)
@given(arrays(np.uint8, SHAPES))
def test_the_same_picture_at_16_bits_gets_the_same_verdict(pixels: npt.NDArray[np.uint8]) -> None:
    assert triage(pixels.astype(np.uint16) * 257).verdict is triage(pixels).verdict


def test_a_larger_copy_of_a_photograph_gets_the_same_verdict() -> None:
    for photo in (in_colour("chelsea"), ageing.toned(in_grey("camera"), "cyanotype", chance())):
        larger = np.asarray(cv2.resize(photo, None, fx=3.1, fy=3.1, interpolation=cv2.INTER_CUBIC), np.uint8)
        assert triage(larger).verdict is triage(photo).verdict


def test_98_of_100_pictures_of_the_open_set_are_judged_right() -> None:
    tally = tally_of(cases("held-out", every=5))
    assert tally.cases > 140
    assert tally.share_right >= 0.98, tally.wrong
