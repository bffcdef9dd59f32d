"""Claims about bringing chroma from the network's grid to every pixel."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.bench_pictures import bilinear, coarse_chroma, voronoi
from functions.color.color_space import Luma, Pixels, full_scale, lightness_of, luma_of
from functions.color.measures import bleeding
from functions.color.paint import chroma_at, paint
from functions.color.upsample import DARK_LIGHTNESS, ChromaField, chroma_field, dark_damping, upsample_jointly


def painted_by_field(truth: Pixels, side: int = 256) -> Pixels:
    luma = luma_of(truth)
    small = cv2.resize(luma, (side, side), interpolation=cv2.INTER_AREA)
    field = chroma_field(coarse_chroma(truth, side), lightness_of(small), small.astype(np.float32))
    return paint(luma, field)


def test_colour_bleeds_much_less_than_with_bilinear_interpolation() -> None:
    truths = [voronoi(seed) for seed in range(4)]
    ours = np.mean([bleeding(painted_by_field(truth), truth) for truth in truths])
    plain = np.mean([bleeding(bilinear(luma_of(truth), coarse_chroma(truth, 256)), truth) for truth in truths])
    assert ours <= 0.7 * plain


def test_flat_chroma_stays_what_it_is() -> None:
    generator = np.random.default_rng(3)
    lightness = lightness_of(generator.integers(60, 200, (64, 96)).astype(np.uint8))
    a, b = upsample_jointly(np.full((16, 24, 2), (12, -7), np.float32), lightness)
    assert np.abs(a - 12).max() < 1e-3
    assert np.abs(b + 7).max() < 1e-3


def test_grey_answers_paint_grey() -> None:
    luma = np.random.default_rng(4).integers(0, 256, (70, 51)).astype(np.uint8)
    small = cv2.resize(luma, (64, 64), interpolation=cv2.INTER_AREA)
    field = chroma_field(np.zeros((16, 16, 2), np.float32), lightness_of(small), small.astype(np.float32))
    painted = paint(luma, field)
    assert np.abs(painted.astype(int) - luma[..., None]).max() <= 1


def test_chroma_fades_out_towards_black_only() -> None:
    damping = dark_damping(np.linspace(0, 100, 101, dtype=np.float32)[None])[0]
    assert damping[0] == 0
    assert (np.diff(damping) >= 0).all()
    assert (damping[int(DARK_LIGHTNESS) :] == 1).all()


def a_field(seed: int, height: int = 32, width: int = 32) -> ChromaField:
    generator = np.random.default_rng(seed)
    slopes = [generator.normal(size=(height, width)).astype(np.float32) for _ in range(2)]
    offsets = [generator.normal(size=(height, width)).astype(np.float32) * 60 for _ in range(2)]
    return ChromaField(slopes[0], slopes[1], offsets[0], offsets[1])


@settings(max_examples=60)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    wide=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_painting_locks_luma_at_any_size(height: int, width: int, *, wide: bool, seed: int) -> None:
    kind = np.uint16 if wide else np.uint8
    noise = np.random.default_rng(seed).integers(0, np.iinfo(kind).max + 1, (height, width))
    luma: Luma = noise.astype(kind)
    painted = paint(luma, a_field(seed))
    assert painted.shape == (height, width, 3)
    assert painted.dtype == kind
    assert np.abs(luma_of(painted).astype(int) - luma.astype(int)).max() <= 1
    assert full_scale(painted) == full_scale(luma)


def test_stripes_leave_no_seam() -> None:
    # So wide that a stripe is a few rows: were the halo wrong, rows at a stripe's edge would differ.
    luma = np.full((37, 40_001), 128, np.uint8)
    field = a_field(9)
    painted = paint(luma, field)
    half = np.full((19, 20_001), 128, np.float32)
    cb, cr = (cv2.resize(plane, (40_002, 38))[:37, :40_001] for plane in chroma_at(half, field))
    whole = np.stack([128 + 1.772 * cb, 128 - 0.344136 * cb - 0.714136 * cr, 128 + 1.402 * cr], -1)
    fits = ((whole > 0) & (whole < 255)).all(-1)
    assert fits.mean() > 0.2
    assert np.abs(painted[fits] - whole[fits]).max() <= 0.55  # rounding, and the fixed point's


def test_saturation_scales_chroma() -> None:
    luma = np.full((40, 40), 128, np.uint8)
    field = a_field(2)
    cb, cr = chroma_at(luma.astype(np.float32), field)
    twice_cb, twice_cr = chroma_at(luma.astype(np.float32), field.scaled(2))
    np.testing.assert_allclose(twice_cb, 2 * cb, atol=1e-3)
    np.testing.assert_allclose(twice_cr, 2 * cr, atol=1e-3)
    assert (paint(luma, field.scaled(0)) == 128).all()
