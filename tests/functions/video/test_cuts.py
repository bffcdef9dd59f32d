"""Claims about repeated frames and starts of shots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.video.cuts import REACH, Watched, watch
from functions.video.motion import SmallFrame
from tests.functions.video.calm_cases import HEIGHT, PHOTOS, WIDTH, Film, Shot, film, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def watched(frames: Iterable[SmallFrame], hold: int = 12) -> list[Watched]:
    return list(watch(frames, hold=hold))


def starts(frames: Iterable[SmallFrame]) -> list[int]:
    return [one.frame.number for one in watched(frames) if one.starts_shot]


def old_film(seed: int = 3) -> Film:
    shots = [Shot(name, 9 + place % 4, pan=(0.3, 0.5 + 0.2 * place)) for place, name in enumerate(PHOTOS)]
    return film(shots, flicker=0.08, grain=3, seed=seed)


def test_cuts_are_found_in_a_flickering_grainy_film_and_nothing_else_is() -> None:
    old = old_film()
    assert starts(old.frames) == [0, *old.cuts]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_flash_is_no_cut(length: int) -> None:
    frames = list(film([Shot("astronaut", 16), Shot("coffee", 12)], grain=2).frames)
    for number in range(6, 6 + length):
        frames[number] = SmallFrame(number, np.maximum(frames[number].luma, 250).astype(np.uint8))
    assert starts(frames) == [0, 16]


def test_a_torn_frame_is_no_cut() -> None:
    frames = list(film([Shot("astronaut", 16)], grain=2).frames)
    frames[7] = SmallFrame(7, np.roll(frames[7].luma[::-1], 40, axis=0))
    assert starts(frames) == [0]


def test_a_fade_to_black_and_back_is_no_worse_than_a_cut() -> None:
    bright = film([Shot("chelsea", 30)]).frames
    faded = [
        SmallFrame(one.number, (one.luma * min(1.0, abs(one.number - 15) / 10)).astype(np.uint8)) for one in bright
    ]
    assert len(starts(faded)) <= 2


def test_frames_that_come_twice_repeat_in_spite_of_noise() -> None:
    generator = np.random.default_rng(5)
    singles = film([Shot("coffee", 12, pan=(0, 1.5))]).frames
    doubled = [one.luma + np.uint8(second) * 0 for one in singles for second in range(2)]
    noisy = numbered(
        [(luma.astype(int) + generator.integers(-1, 2, luma.shape)).clip(0, 255).astype(np.uint8) for luma in doubled]
    )
    found = watched(noisy)
    assert [one.repeats for one in found] == [False, True] * 12
    assert all((one.step is None) == one.repeats for one in found[1:])


def test_a_blinking_eye_is_no_repetition() -> None:
    (frame,) = film([Shot("astronaut", 1)]).frames
    blinked = frame.luma.copy()
    blinked[30:34, 40:47] = np.minimum(blinked[30:34, 40:47] + 20, 255)
    assert not watched(numbered([frame.luma, blinked]))[1].repeats


def test_a_standstill_starts_anew_at_every_multiple_of_hold() -> None:
    (frame,) = film([Shot("camera", 1)]).frames
    found = watched(numbered([frame.luma] * 40, first=5), hold=12)
    assert [one.frame.number for one in found if not one.repeats] == [5, 12, 24, 36]
    assert starts(numbered([frame.luma] * 40, first=5)) == [5]


def test_a_part_of_a_film_is_seen_like_the_whole() -> None:
    old = old_film()
    whole = {one.frame.number: (one.repeats, one.starts_shot, one.likeness) for one in watched(old.frames)}
    part = watched(old.frames[30:80])
    settled = [one for one in part if 30 + 12 + REACH <= one.frame.number < 80 - REACH]
    assert len(settled) > 25
    assert all(whole[one.frame.number] == (one.repeats, one.starts_shot, one.likeness) for one in settled)


def test_few_frames_are_held_back() -> None:
    taken = 0

    def counted() -> Iterator[SmallFrame]:
        nonlocal taken
        for frame in film([Shot("grass", 30)]).frames:
            taken += 1
            yield frame

    for given, _ in enumerate(watch(counted(), hold=12)):
        assert taken - given <= REACH


def test_a_missing_frame_is_named() -> None:
    frames = film([Shot("grass", 6)]).frames
    with pytest.raises(ValueError, match="frame 3 is missing"):
        watched(frames[:3] + frames[4:])


def test_frames_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="frame 1 is"):
        watched(numbered([np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, 64), np.uint8)]))
