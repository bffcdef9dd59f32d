"""Claims about chroma planes in a film's own code values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.color.upsample import ChromaField
from functions.video.chroma import CodeValues, chroma_codes, full_luma
from functions.video.layout import WEIGHTS, PixelLayout

if TYPE_CHECKING:
    from functions.video.planes import Samples

BT601, BT709 = WEIGHTS[6], WEIGHTS[1]

DEEP = [(8, False), (8, True), (10, False), (10, True), (12, False), (16, True)]
"""Depth, and whether the range is full."""


def constant(cb: float, cr: float) -> ChromaField:
    """A field that says the same everywhere, in distances from grey of 8 bits and full range."""
    nothing = np.zeros((4, 6), np.float32)
    return ChromaField(nothing, nothing, nothing + np.float32(cb), nothing + np.float32(cr))


def codes(depth: int = 8, *, full: bool = False, weights: tuple[float, float] = BT601) -> CodeValues:
    return CodeValues(depth, full, *weights)


def layout(chroma: str = "420", depth: int = 8, size: tuple[int, int] = (48, 64), *, full: bool = False) -> PixelLayout:
    return PixelLayout(chroma, depth, size[1], size[0], full_range=full)


@pytest.mark.parametrize(("depth", "full"), DEEP)
def test_no_colour_is_the_neutral_code_in_every_depth_and_range(depth: int, full: bool) -> None:  # noqa: FBT001 - a case
    written = layout(depth=depth, full=full)
    luma = np.full((48, 64), 100 << (depth - 8), written.dtype)
    for plane in chroma_codes(luma, constant(0, 0), written, codes(depth, full=full)):
        assert plane.dtype == written.dtype
        assert (plane == written.neutral).all()


@pytest.mark.parametrize(("depth", "full"), DEEP)
def test_a_distance_from_grey_is_as_long_in_every_depth_and_range(depth: int, full: bool) -> None:  # noqa: FBT001 - as above
    written = layout(depth=depth, full=full)
    luma = np.full((48, 64), 100 << (depth - 8), written.dtype)
    cb, cr = chroma_codes(luma, constant(20, -40), written, codes(depth, full=full))
    whole = (1 << depth) - 1 if full else 224 << (depth - 8)
    assert np.abs((cb.astype(float) - written.neutral) / whole - 20 / 255).max() <= 0.51 / whole
    assert np.abs((cr.astype(float) - written.neutral) / whole + 40 / 255).max() <= 0.51 / whole


def test_another_matrix_writes_the_same_colour_with_its_own_factors() -> None:
    luma = np.full((48, 64), 128, np.uint8)
    for weights in (BT601, BT709):
        red, blue = weights
        cb, cr = chroma_codes(luma, constant(30, 25), layout(full=True), codes(full=True, weights=weights))
        # BT.601-7 and BT.709-6, 3.3: how far blue and red are from luma.
        assert (int(cb[0, 0]) - 128) * 2 * (1 - blue) == pytest.approx(30 * 2 * (1 - BT601[1]), abs=1)
        assert (int(cr[0, 0]) - 128) * 2 * (1 - red) == pytest.approx(25 * 2 * (1 - BT601[0]), abs=1)


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
@pytest.mark.parametrize("size", [(48, 64), (47, 63), (2, 2), (1, 1), (5, 100)])
def test_planes_have_the_layouts_size(chroma: str, size: tuple[int, int]) -> None:
    written = layout(chroma, size=size)
    for plane in chroma_codes(np.full(size, 90, np.uint8), constant(9, 9), written, codes()):
        assert plane.shape == written.chroma_size


@pytest.mark.parametrize("depth", [8, 10])
def test_colours_beyond_the_last_code_stop_there(depth: int) -> None:
    written = layout(depth=depth, full=True)
    luma = np.full((48, 64), 100, written.dtype)
    cb, cr = chroma_codes(luma, constant(400, -400), written, codes(depth, full=True))
    assert (cb == written.white).all()
    assert (cr == 0).all()


def test_a_field_that_follows_luma_gives_each_pixel_its_own_chroma() -> None:
    """Here Cb is a quarter of what luma has over 128, so that edges of luma are edges of colour."""
    nothing = np.zeros((4, 6), np.float32)
    field = ChromaField(nothing + np.float32(0.25), nothing, nothing - np.float32(32), nothing)
    luma = np.full((48, 64), 16, np.uint8)
    luma[:, 32:] = 235
    cb, cr = chroma_codes(luma, field, layout("444"), codes())
    # Black and white of the limited range are 0 and 255 for the field: -32 and 31.75 of 255, times 224.
    assert set(np.unique(cb[:, :32])) == {128 - 28}
    assert set(np.unique(cb[:, 32:])) == {128 + 28}
    assert (cr == 128).all()


@pytest.mark.parametrize(("depth", "full"), DEEP)
def test_what_the_network_sees_goes_from_black_to_white(depth: int, full: bool) -> None:  # noqa: FBT001 - as above
    values = codes(depth, full=full)
    ends: Samples = np.array([[values.black, values.black + values.span]]).astype(layout(depth=depth).dtype)
    assert full_luma(ends, values).tolist() == [[0, 255]]


@settings(max_examples=50)
@given(st.integers(0, 255), st.sampled_from([(8, False), (10, False)]))
def test_codes_outside_the_range_are_black_or_white_to_the_network(code: int, kind: tuple[int, bool]) -> None:
    depth, full = kind
    samples: Samples = np.array([[code << (depth - 8)]]).astype(layout(depth=depth).dtype)
    expected = min(255, max(0, round((code - 16) * 255 / 219)))
    assert abs(int(full_luma(samples, codes(depth, full=full))[0, 0]) - expected) <= 1
