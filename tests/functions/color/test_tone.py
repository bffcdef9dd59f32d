"""Claims about bringing back a faded scan's contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.color.tone import STRONGEST_STRETCH, restore_tone

if TYPE_CHECKING:
    from functions.color.color_space import Luma


def scene(dtype: type[np.uint8 | np.uint16]) -> Luma:
    white = np.iinfo(dtype).max
    ramp = np.linspace(0, 1, 256)
    wave = 0.5 + 0.5 * np.sin(np.linspace(0, 20, 200))[:, None] * ramp
    picture: Luma = (wave * white).astype(dtype)
    return picture


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_faded_picture_gets_its_range_back(dtype: type[np.uint8 | np.uint16]) -> None:
    full = scene(dtype)
    white = np.iinfo(dtype).max
    faded: Luma = (full * 0.4 + 0.3 * white).astype(dtype)
    restored = restore_tone(faded)
    assert restored.dtype == dtype
    assert restored.shape == faded.shape
    low, high = np.percentile(restored, (1, 99)) / white
    assert low < 0.1
    assert high > 0.9


def test_darker_never_becomes_lighter_than_its_neighbour_by_the_stretch_alone() -> None:
    faded = (np.arange(256).reshape(1, 256).repeat(256, 0) * 0.4 + 80).astype(np.uint8)
    restored = restore_tone(faded).astype(int)
    assert (np.diff(restored.mean(0)) >= -1).all()


def test_contrast_grows_by_a_bounded_factor_only() -> None:
    noise = np.random.default_rng(5).integers(120, 131, (128, 128)).astype(np.uint8)
    restored = restore_tone(noise)
    assert restored.std() < noise.std() * STRONGEST_STRETCH * 2.5


def test_a_uniform_picture_comes_back_as_it_is() -> None:
    plain = np.full((50, 60), 77, np.uint8)
    assert (restore_tone(plain) == plain).all()


def test_a_picture_that_uses_its_range_changes_little() -> None:
    full = scene(np.uint8)
    assert np.abs(restore_tone(full).astype(int) - full).mean() < 16
