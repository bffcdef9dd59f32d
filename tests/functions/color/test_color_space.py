"""Claims about luma, Lab and the way between them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.color
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from functions.color.color_space import (
    Luma,
    Pixels,
    Plane,
    bgr_of_lab,
    colour_at_luma,
    full_scale,
    lab_of,
    lightness_of,
    luma_of,
    primary_offsets,
    ycc_chroma_of,
)

SIDES = npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)
LUMA = st.one_of(npst.arrays(np.uint8, SIDES), npst.arrays(np.uint16, SIDES))


def coloured(luma: Luma, cb: Plane, cr: Plane) -> Pixels:
    """Round the offsets of Cb and Cr, in luma's code values, and colour with them."""
    kind = np.int16 if luma.dtype == np.uint8 else np.int32
    return colour_at_luma(luma, np.rint(primary_offsets(cb, cr)).astype(kind))


@given(luma=LUMA, seed=st.integers(0, 2**32 - 1), reach=st.floats(0, 3))
def test_any_chroma_leaves_luma_within_one_code_value(luma: Luma, seed: int, reach: float) -> None:
    generator = np.random.default_rng(seed)
    half = np.float32(full_scale(luma) / 2)
    cb, cr = ((generator.normal(size=luma.shape) * reach * half).astype(np.float32) for _ in range(2))
    painted = coloured(luma, cb, cr)
    assert painted.dtype == luma.dtype
    assert np.abs(luma_of(painted).astype(int) - luma.astype(int)).max() <= 1


def test_luma_is_the_weighted_sum_of_bt601() -> None:
    generator = np.random.default_rng(1)
    pixels = generator.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    exact = pixels.astype(np.float64) @ (0.114, 0.587, 0.299)
    assert np.abs(luma_of(pixels) - exact).max() <= 0.5 + 1e-3


def test_a_colour_with_room_keeps_its_hue_and_chroma() -> None:
    luma = np.full((4, 4), 128, np.uint8)
    painted = coloured(luma, np.full((4, 4), 20, np.float32), np.full((4, 4), -30, np.float32))
    back = cv2.cvtColor(painted, cv2.COLOR_BGR2YCrCb)
    assert np.abs(back.astype(int) - (128, 98, 148)).max() <= 1


def plane(value: float) -> Plane:
    return np.full((1, 1), value, np.float32)


def test_a_colour_without_room_gives_up_chroma_and_keeps_its_hue() -> None:
    luma = np.full((1, 1), 240, np.uint8)
    blue, green, red = (int(value) for value in coloured(luma, plane(-20), plane(100))[0, 0])
    assert red == 255
    wanted = np.arctan2(100, -20)
    found = np.arctan2((red - 240) / 1.402, (blue - 240) / 1.772)
    assert found == pytest.approx(wanted, abs=0.15)
    assert green < 240


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_stay_grey(level: int) -> None:
    luma = np.full((2, 2), level, np.uint8)
    painted = coloured(luma, np.full((2, 2), 90, np.float32), np.full((2, 2), -90, np.float32))
    assert (painted == level).all()


def test_lightness_of_grey_is_the_l_of_lab() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    lightness = lightness_of(grey)
    lab = lab_of(grey)
    assert np.abs(lightness - lab[..., 0]).max() < 1e-3
    assert np.abs(lightness_of(grey.astype(np.uint16) * 257) - lightness).max() < 1e-3
    assert np.abs(lab[..., 1:]).max() < 0.01
    # CIE 1976: L* = 116 (Y / Yn)^(1/3) - 16, Y from the sRGB curve.
    linear = ((200 / 255 + 0.055) / 1.055) ** 2.4
    assert lightness.ravel()[200] == pytest.approx(116 * linear ** (1 / 3) - 16, abs=1e-3)


def test_lab_is_everybody_elses() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    ours = lab_of(pixels)
    assert np.abs(ours - skimage.color.rgb2lab(pixels[..., ::-1])).max() < 0.02
    assert np.abs(ours - lab_of(pixels.astype(np.uint16) * 257)).max() < 0.01


def test_lab_and_back_is_the_same_colour() -> None:
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    pixels = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(52, -1, 3)
    lightness, a, b = (np.ascontiguousarray(lab_of(pixels)[..., channel]) for channel in range(3))
    assert np.abs(bgr_of_lab(lightness, a, b) * 255 - pixels).max() < 0.1


@settings(max_examples=30)
@given(pixels=npst.arrays(np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 8), st.just(3))))
def test_chroma_in_lab_becomes_the_same_colour_in_ycc(pixels: np.ndarray) -> None:
    lab = lab_of(pixels)
    planes = [np.ascontiguousarray(lab[..., channel]) for channel in range(3)]
    cb, cr = ycc_chroma_of(*planes)
    blue, _, red = np.moveaxis(pixels.astype(np.float64), -1, 0)
    luma = pixels @ np.array([0.114, 0.587, 0.299])
    assert np.abs(cb - (blue - luma) / 1.772).max() < 1.5
    assert np.abs(cr - (red - luma) / 1.402).max() < 1.5
