"""Claims about the mark of what a machine coloured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.color.color_space import luma_of
from functions.color.mark import mark_side, marked
from tests.pictures import in_colour

if TYPE_CHECKING:
    from functions.color.color_space import Pixels
    from tests.pictures import Bytes


def flat(level: int, height: int = 400, width: int = 600) -> Bytes:
    return np.full((height, width, 3), level, np.uint8)


def changed(before: Pixels, after: Pixels) -> tuple[slice, slice]:
    """The smallest window outside which nothing changed."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


@pytest.mark.parametrize(("shorter", "side"), [(100, 12), (400, 12), (800, 24), (1600, 48), (9000, 48), (20, 10)])
def test_it_takes_three_hundredths_of_the_shorter_side_within_bounds(shorter: int, side: int) -> None:
    assert mark_side(shorter, 3 * shorter) == mark_side(3 * shorter, shorter) == side


def test_nothing_changes_outside_the_lower_right_corner() -> None:
    before = in_colour("astronaut")
    after, alpha = marked(before)
    assert alpha is None
    rows, columns = changed(before, after)
    side = mark_side(*before.shape[:2])
    assert rows.start >= 512 - 2 * side
    assert columns.start >= 512 - 2 * side
    assert rows.stop < 512
    assert columns.stop < 512


def test_the_picture_itself_is_left_alone() -> None:
    before = in_colour("astronaut")
    copy = before.copy()
    marked(before)
    assert (before == copy).all()


@pytest.mark.parametrize("level", [0, 60, 128, 200, 255])
def test_it_is_seen_on_dark_and_light_and_holds_red_green_and_blue(level: int) -> None:
    before = flat(level, 1600, 1600)
    after, _ = marked(before)
    rows, columns = changed(before, after)
    luma = luma_of(after[rows, columns]).astype(int)
    assert luma.max() - luma.min() > 100
    assert np.abs(luma - level).max() > 60
    blue, green, red = np.moveaxis(after.astype(int), 2, 0)
    for one, others in ((blue, (green, red)), (green, (blue, red)), (red, (blue, green))):
        assert np.count_nonzero(one - np.maximum(*others) > 40) > 100


def test_what_is_below_shines_through() -> None:
    dark, light = (marked(flat(level))[0].astype(int) for level in (0, 255))
    corner = changed(flat(0), dark.astype(np.uint8))
    assert (light[corner] - dark[corner]).min() > 0


def test_its_edges_are_smooth() -> None:
    after, _ = marked(flat(0, 1600, 1600))
    levels = np.unique(luma_of(after))
    assert len(levels) > 60


def test_sixteen_bits_are_marked_as_eight_are() -> None:
    before = in_colour("coffee")
    deep, _ = marked(before.astype(np.uint16) * 257)
    shallow, _ = marked(before)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - shallow).max() <= 0.51


def test_it_is_seen_where_the_picture_is_transparent_and_nothing_else_is() -> None:
    clear = np.zeros((400, 600), np.uint8)
    before = flat(0)
    pixels, alpha = marked(before, clear)
    assert alpha is not None
    assert alpha.max() > 200
    window = changed(before, pixels)
    outside = alpha.copy()
    outside[window] = 0
    assert not outside.any()
    assert not clear.any()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 90), (90, 7)])
def test_no_picture_is_too_small_for_it(size: tuple[int, int]) -> None:
    before = flat(0, *size)
    after, _ = marked(before)
    assert after.shape == before.shape
