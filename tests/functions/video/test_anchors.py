"""Claims about which frames are inferred, and where the others' colours come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.video.anchors import UNTRACED, Stretch, stretches
from functions.video.cuts import watch
from tests.functions.video.calm_cases import Shot, film, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from functions.video.motion import SmallFrame


def cut_up(frames: Iterable[SmallFrame], spacing: int = 12, *, refine: bool = True) -> list[Stretch]:
    return list(stretches(watch(frames, hold=spacing), spacing=spacing, refine=refine))


def ends(parts: Iterable[Stretch]) -> list[tuple[int, int]]:
    return [(part.first.frame.number, part.last.frame.number) for part in parts]


def test_anchors_are_multiples_of_the_spacing_and_the_ends_of_shots() -> None:
    old = film([Shot("coffee", 30), Shot("astronaut", 20)])
    assert ends(cut_up(old.frames)) == [(0, 12), (12, 24), (24, 29), (30, 36), (36, 49)]


def test_anchors_do_not_depend_on_where_somebody_starts_to_look() -> None:
    old = film([Shot("coffee", 90)])
    whole, part = ends(cut_up(old.frames)), ends(cut_up(old.frames[29:]))
    assert part[0] == (29, 36)
    assert part[1:] == whole[-len(part) + 1 :]


@pytest.mark.parametrize("length", [25, 26, 27])
def test_no_anchor_stands_right_before_the_end_of_a_shot(length: int) -> None:
    old = film([Shot("coffee", length), Shot("astronaut", 12)])
    assert ends(cut_up(old.frames))[:2] == [(0, 12), (12, length - 1)]


def test_each_frame_belongs_to_one_stretch_and_knows_its_ends() -> None:
    old = film([Shot("coffee", 17), Shot("astronaut", 1), Shot("chelsea", 14)])
    parts = cut_up(old.frames)
    numbers = [one.frame.number for part in parts for one in (part.frames if part.opens_shot else part.frames[1:])]
    assert numbers == list(range(32))
    for part in parts:
        inner = {one.frame.number for one in part.frames} - {part.first.frame.number, part.last.frame.number}
        assert {way.frame.number for way in part.ways} == inner


def test_shots_of_one_frame_and_standstills_have_one_anchor() -> None:
    (frame,) = film([Shot("camera", 1)]).frames
    assert ends(cut_up([frame])) == [(0, 0)]
    still = cut_up(numbered([frame.luma] * 9, first=1))
    assert ends(still) == [(1, 1)]
    assert [len(part.frames) for part in still] == [9]


def crossing() -> list[SmallFrame]:
    """Somebody appears in the middle of a stretch and is gone before its end."""
    frames = [frame.luma.copy() for frame in film([Shot("grass", 25, pan=(0, 0))], grain=1).frames]
    passer_by = film([Shot("camera", 1, start=(20, 60))]).frames[0].luma[:54, :26]
    for number in range(4, 9):
        left = 10 * (number - 4)
        frames[number][5:59, left : left + 26] = passer_by
    return list(numbered(frames))


def test_a_frame_that_cannot_be_traced_becomes_an_anchor() -> None:
    first = cut_up(crossing())[0]
    inferred = {way.frame.number for way in first.ways if way.inferred}
    assert inferred
    assert inferred <= set(range(4, 9))
    assert all(way.traced >= 1 - UNTRACED for way in first.ways if not way.inferred)


def test_a_fixed_spacing_is_kept_whatever_happens() -> None:
    first = cut_up(crossing(), refine=False)[0]
    assert not any(way.inferred for way in first.ways)
    assert min(way.traced for way in first.ways) < 1 - UNTRACED


def test_every_way_leads_to_frames_that_are_coloured_before() -> None:
    for part in cut_up(crossing()):
        coloured = {part.first.frame.number, part.last.frame.number}
        for way in part.ways:
            assert {way.early, way.late} <= coloured
            assert way.early < way.frame.number < way.late
            coloured.add(way.frame.number)


def test_a_spacing_of_one_makes_every_frame_an_anchor() -> None:
    old = film([Shot("coffee", 6)])
    assert ends(cut_up(old.frames, spacing=1)) == [(number, number + 1) for number in range(5)] + [(5, 5)]


def test_a_stretch_leads_from_anchor_to_anchor() -> None:
    part = cut_up(film([Shot("coffee", 13, pan=(0, 1.0))]).frames)[0]
    columns = np.broadcast_to(np.arange(96, dtype=np.float32), (64, 96))
    assert np.median((part.back.columns - columns)[12:-12, 24:-24]) == pytest.approx(12, abs=1)
    assert np.median((part.ahead.columns - columns)[12:-12, 24:-24]) == pytest.approx(-12, abs=1)
