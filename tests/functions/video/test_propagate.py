"""Claims about fetching and mixing colours."""

from __future__ import annotations

import numpy as np
import pytest

from functions.video.motion import Trail, between, still
from functions.video.propagate import Colors, blended, completed, fetched

SIZE = (48, 64)


def plain(cb: float, cr: float, size: tuple[int, int] = SIZE) -> Colors:
    return np.full(size, cb, np.float32), np.full(size, cr, np.float32)


def trusted(trust: float, size: tuple[int, int] = SIZE) -> Trail:
    trail = still(size)
    return Trail(trail.columns, trail.rows, trail.trust * np.float32(trust))


def test_colours_follow_a_trail_on_a_smaller_grid() -> None:
    ramp = np.tile(np.arange(64, dtype=np.float32), (48, 1))
    shift = np.full((24, 32), 3, np.float32), np.zeros((24, 32), np.float32)
    cb, _ = fetched((ramp, ramp), between(shift))
    np.testing.assert_allclose(cb[:, 2:-8], ramp[:, 2:-8] + 6, atol=1e-4)


def test_a_trail_to_the_frame_itself_changes_nothing_at_any_size() -> None:
    ramp = np.tile(np.arange(64, dtype=np.float32), (48, 1))
    for size in (SIZE, (24, 32), (16, 32)):
        cb, _ = fetched((ramp, ramp), still(size))
        np.testing.assert_allclose(cb[:, 2:-2], ramp[:, 2:-2], atol=1e-4)


def test_equally_vivid_colours_mix_by_weight() -> None:
    cb, cr = blended([(plain(20, 0), trusted(1), 0.75), (plain(0, 20), trusted(1), 0.25)])
    np.testing.assert_allclose(cb, 15, atol=1e-3)
    np.testing.assert_allclose(cr, 5, atol=1e-3)


def test_who_is_not_trusted_is_not_heard() -> None:
    cb, _ = blended([(plain(20, 0), trusted(1), 0.1), (plain(-20, 0), trusted(0), 0.9)])
    np.testing.assert_allclose(cb, 20, atol=0.5)


def test_a_pale_answer_does_not_wash_out_a_vivid_one() -> None:
    cb, _ = blended([(plain(30, 0), trusted(1), 0.5), (plain(0, 0), trusted(1), 0.5)])
    assert 20 < cb.mean() < 28


def test_grey_stays_grey() -> None:
    cb, cr = blended([(plain(0, 0), trusted(1), 0.5), (plain(0, 0), trusted(0), 0.5)])
    assert not cb.any()
    assert not cr.any()


@pytest.mark.parametrize("hole", [np.s_[20:24, 20:24], np.s_[10:40, 20:40]])
def test_what_nobody_knows_takes_the_colours_around_it(hole: tuple[slice, slice]) -> None:
    colors, trail = plain(20, -10), trusted(1)
    colors[0][hole], colors[1][hole] = -60, 60
    trail.trust[hole] = 0
    cb, cr = blended([(colors, trail, 1.0)])
    wrong = np.hypot(cb - 20, cr + 10)
    assert np.median(wrong[hole]) < 15  # of 106
    assert wrong[:8].max() < 0.5


def test_a_frames_own_colours_complete_what_is_known() -> None:
    trust = np.zeros(SIZE, np.float32)
    trust[:, :32] = 1
    cb, _ = completed(plain(10, 0), plain(30, 0), trust)
    assert (cb[:, :32] == 10).all()
    assert (cb[:, 32:] == 30).all()
