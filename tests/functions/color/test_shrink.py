"""Claims about pictures that are made smaller."""

from __future__ import annotations

import numpy as np
import pytest

from functions.color.color_space import luma_of
from functions.color.shrink import shrunk, shrunk_size
from tests.pictures import in_colour, resized


@pytest.mark.parametrize(
    ("size", "longer", "smaller"),
    [
        ((300, 400), 200, (150, 200)),
        ((400, 300), 200, (200, 150)),
        ((300, 400), 400, (300, 400)),
        ((300, 400), 900, (300, 400)),
        ((1, 5000), 100, (1, 100)),
    ],
)
def test_proportions_stay_and_nothing_grows(size: tuple[int, int], longer: int, smaller: tuple[int, int]) -> None:
    assert shrunk_size(*size, longer) == smaller


def test_luma_is_the_mean_of_the_luma_that_was_there() -> None:
    before = in_colour("astronaut")
    after, alpha = shrunk(before, None, (171, 201))
    assert alpha is None
    assert after.shape == (171, 201, 3)
    wanted = resized(luma_of(before).astype(np.uint8), (171, 201)).astype(int)
    assert np.abs(luma_of(after).astype(int) - wanted).max() <= 1


def test_grey_and_sixteen_bits_stay_what_they_are() -> None:
    grey = luma_of(in_colour("coffee")).astype(np.uint16) * 257
    after, _ = shrunk(grey, None, (100, 150))
    assert after.shape == (100, 150)
    assert after.dtype == np.uint16


def test_what_nobody_saw_does_not_bleed_into_the_edges() -> None:
    pixels = np.full((90, 90, 3), (0, 255, 0), np.uint8)
    alpha = np.zeros((90, 90), np.uint8)
    pixels[:, 44:], alpha[:, 44:] = (30, 60, 200), 255  # the border lies within a pixel of the result
    after, share = shrunk(pixels, alpha, (30, 30))
    assert share is not None
    assert 0 < share[0, 14] < 255
    seen = share > 0
    assert (after[seen] == (30, 60, 200)).all()
    assert seen.sum() == 30 * 16
