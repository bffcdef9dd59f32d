"""Claims about the figures."""

from __future__ import annotations

import numpy as np
import pytest

from functions.color.measures import bleeding, colourfulness


def test_grey_has_no_colourfulness_at_either_depth() -> None:
    grey = np.random.default_rng(1).integers(0, 256, (40, 40, 1)).astype(np.uint8).repeat(3, -1)
    assert colourfulness(grey) == pytest.approx(0, abs=1e-3)
    assert colourfulness(grey.astype(np.uint16) * 257) == pytest.approx(0, abs=1e-3)


def test_colourfulness_agrees_with_the_papers_formula_by_hand() -> None:
    red, blue = (0, 0, 255), (255, 0, 0)
    picture = np.array([[red, blue]], np.uint8)
    # rg = 255, 0 and yb = 127.5, -255: standard deviations 127.5 and 191.25, means 127.5 and -63.75.
    wanted = np.hypot(127.5, 191.25) + 0.3 * np.hypot(127.5, 63.75)
    assert colourfulness(picture) == pytest.approx(wanted, abs=0.01)
    assert colourfulness(picture.astype(np.uint16) * 257) == pytest.approx(wanted, abs=0.01)


def test_a_perfect_copy_does_not_bleed_and_a_shifted_one_does() -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:, :20] = (40, 40, 200)
    picture[:, 20:] = (200, 40, 40)
    assert bleeding(picture, picture) == 0
    assert bleeding(np.roll(picture, 3, axis=1), picture) > 10


def test_a_picture_without_edges_cannot_bleed() -> None:
    assert bleeding(np.full((9, 9, 3), 3, np.uint8), np.full((9, 9, 3), 200, np.uint8)) == 0
