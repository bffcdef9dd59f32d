"""Claims about the colours of whole films: calm, in place, and the same in chunks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import functions.colorise.models
from functions.color.color_space import lightness_of
from functions.color.paint import chroma_at
from functions.color.upsample import chroma_planes, guided_field
from functions.colorise.models.shelf import SHELF
from functions.colorise.session import NetworkSession
from functions.errors import Rejected
from functions.video.calm import Calm, CalmFrame, calm_chroma
from functions.video.flicker import FlickerMeter, FlickerReport
from functions.video.motion import SmallFrame
from tests.functions.video.calm_cases import HEIGHT, WIDTH, Film, Shot, film, numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from functions.video.propagate import Colors

CALM = Calm()


def wavering(old: Film, strength: float = 6.0) -> Callable[[SmallFrame], Colors]:
    """A network that knows the colours, but for clouds that are different ones in every frame."""
    first = old.frames[0].number

    def infer(frame: SmallFrame) -> Colors:
        generator = np.random.default_rng(frame.number)
        clouds = [
            cv2.resize(generator.normal(0, strength, (4, 6)).astype(np.float32), (WIDTH, HEIGHT)) for _ in range(2)
        ]
        cb, cr = old.truth[frame.number - first]
        return cb + clouds[0], cr + clouds[1]

    return infer


def planes(frame: SmallFrame, calm: CalmFrame) -> Colors:
    return chroma_at(frame.luma.astype(np.float32), calm.field)


def one_by_one(frame: SmallFrame, infer: Callable[[SmallFrame], Colors]) -> Colors:
    luma = frame.luma.astype(np.float32)
    return chroma_at(luma, guided_field(luma, *infer(frame)))


def compared(frames: Sequence[SmallFrame], infer: Callable[[SmallFrame], Colors]) -> FlickerReport:
    meter = FlickerMeter()
    for frame, calm in zip(frames, calm_chroma(frames, infer), strict=True):
        ways = {"calm": planes(frame, calm), "one by one": one_by_one(frame, infer)}
        meter.add(frame, ways, starts_shot=calm.starts_shot)
    return meter.report()


def test_colours_are_three_times_calmer_and_as_colourful() -> None:
    old = film([Shot("astronaut", 30, pan=(0.2, 0.6)), Shot("coffee", 30, pan=(-0.2, 0.4))], flicker=0.04, grain=2)
    whole = compared(old.frames, wavering(old)).whole
    assert whole["calm"].warp_error <= whole["one by one"].warp_error / 3
    assert whole["calm"].colourfulness >= 0.95 * whole["one by one"].colourfulness


def test_the_shipped_networks_colours_become_calmer_too() -> None:
    card = SHELF["small"]
    weights = Path(functions.colorise.models.__file__).with_name(card.weights.name).read_bytes()
    session = NetworkSession(weights, card, threads=1, gpus=())

    def infer(frame: SmallFrame) -> Colors:
        lightness = lightness_of(frame.luma)
        return chroma_planes(session.predict(lightness), lightness)

    old = film([Shot("coffee", 36, pan=(0.2, 0.6))], flicker=0.03, grain=3)
    whole = compared(old.frames, infer).whole
    assert whole["calm"].warp_error <= whole["one by one"].warp_error / 3
    assert whole["calm"].colourfulness >= 0.95 * whole["one by one"].colourfulness


def test_colours_are_where_the_picture_is() -> None:
    old = film([Shot("astronaut", 25, pan=(0.3, 0.9))])
    infer = wavering(old, strength=0)
    apart, moved = [], []
    for frame, calm in zip(old.frames, calm_chroma(old.frames, infer), strict=True):
        wanted = one_by_one(frame, infer)
        apart.append(np.hypot(*(a - b for a, b in zip(planes(frame, calm), wanted, strict=True))).mean())
        moved.append(np.hypot(*(a - b for a, b in zip(old.truth[0], wanted, strict=True))).mean())
    assert np.mean(apart) < 0.2 * np.mean(moved)


def chunked(
    old: Film, infer: Callable[[SmallFrame], Colors], settings: Calm, length: int
) -> Iterator[tuple[SmallFrame, CalmFrame]]:
    """The film in chunks, each coloured by itself with a margin around it."""
    for start in range(0, len(old.frames), length):
        first, last = max(0, start - settings.margin_before), start + length + settings.margin_after
        part = old.frames[first:last]
        for frame, calm in zip(part, calm_chroma(iter(part), infer, settings), strict=True):
            if start <= frame.number - old.frames[0].number < start + length:
                yield frame, calm


@pytest.mark.parametrize("settings", [CALM, Calm(smooth=0), Calm(every=5), Calm(every=1, smooth=0)], ids=str)
def test_a_film_in_chunks_has_the_very_colours_of_the_whole(settings: Calm) -> None:
    shots = [Shot("astronaut", 70, pan=(0.1, 0.4)), Shot("coffee", 31, pan=(0, 1.5)), Shot("chelsea", 90, pan=(0.2, 0))]
    moving = film(shots, first=7, flicker=0.04, grain=2)
    lumas = [frame.luma for frame in moving.frames]
    for number in range(3, len(lumas), 4):
        lumas[number] = lumas[number - 1]  # old transfers repeat frames
    old = Film(numbered(lumas, first=7), moving.truth, moving.cuts)
    infer = wavering(old)
    whole = list(calm_chroma(old.frames, infer, settings))
    pieces = list(chunked(old, infer, settings, length=37))
    assert [frame.number for frame, _ in pieces] == [calm.number for calm in whole]
    for (frame, piece), calm in zip(pieces, whole, strict=True):
        assert (piece.inferred, piece.repeats, piece.starts_shot) == (calm.inferred, calm.repeats, calm.starts_shot)
        for one, other in zip(planes(frame, piece), planes(frame, calm), strict=True):
            np.testing.assert_array_equal(one, other)


def test_one_frame_in_twelve_is_inferred_where_little_happens() -> None:
    old = film([Shot("astronaut", 121, pan=(0, 0.3))])
    found = list(calm_chroma(old.frames, wavering(old)))
    assert [calm.number for calm in found if calm.inferred] == list(range(0, 121, 12))


def test_repeated_frames_ask_for_nothing_and_have_the_same_colours() -> None:
    singles = film([Shot("coffee", 20, pan=(0, 1.0))])
    doubled = numbered([one.luma for one in singles.frames for _ in range(2)])
    asked: list[int] = []

    def infer(frame: SmallFrame) -> Colors:
        asked.append(frame.number)
        return singles.truth[frame.number // 2]

    found = list(calm_chroma(doubled, infer))
    assert all(number % 2 == 0 for number in asked)
    assert all(late.repeats and late.field is early.field for early, late in zip(found[::2], found[1::2], strict=True))


def test_each_frame_inferred_and_nothing_smoothed_is_each_frame_by_itself() -> None:
    old = film([Shot("coffee", 8)])
    infer = wavering(old)
    for frame, calm in zip(old.frames, calm_chroma(old.frames, infer, Calm(every=1, smooth=0)), strict=True):
        assert calm.inferred
        for one, other in zip(planes(frame, calm), one_by_one(frame, infer), strict=True):
            np.testing.assert_array_equal(one, other)


def test_colours_stay_in_their_shot() -> None:
    old = film([Shot("astronaut", 20), Shot("chelsea", 20)])

    def infer(frame: SmallFrame) -> Colors:
        tint = np.full((HEIGHT, WIDTH), 40 if frame.number < 20 else -40, np.float32)
        return tint, tint

    for frame, calm in zip(old.frames, calm_chroma(old.frames, infer), strict=True):
        cb, _ = planes(frame, calm)
        own = cb if frame.number < 20 else -cb
        assert own.min() > -0.5  # in the dark there is none
        assert np.median(own) == pytest.approx(40, abs=0.01)


def test_smoothing_takes_slow_swings_out() -> None:
    old = film([Shot("astronaut", 193, pan=(0, 0.1))])

    def infer(frame: SmallFrame) -> Colors:
        # From one pair of anchors to the next the guess swings between two tints.
        tint = np.full((HEIGHT, WIDTH), 20 + 5 * (-1) ** (frame.number // 24), np.float32)
        return tint, tint

    def swing(smooth: float) -> float:
        found = [
            planes(frame, calm)[0].mean()
            for frame, calm in zip(old.frames, calm_chroma(old.frames, infer, Calm(smooth=smooth)), strict=True)
        ]
        return float(np.std(found[145:]))  # when as much of the past is heard as ever

    assert swing(0.5) < 0.4 * swing(0)
    assert swing(1) < swing(0.5)


def test_a_passer_by_keeps_his_colour_and_leaves_none_behind() -> None:
    still = film([Shot("grass", 25, pan=(0, 0))], grain=1)
    passer_by = film([Shot("camera", 1, start=(20, 60))]).frames[0].luma[:44, :30]
    lumas, inside = [frame.luma.copy() for frame in still.frames], []
    for number, luma in enumerate(lumas):
        where = np.zeros((HEIGHT, WIDTH), bool)
        left = 6 * number - 40
        where[10:54, max(0, left) : max(0, left + 30)] = True
        luma[where] = passer_by[:, max(0, -left) : max(0, min(30, WIDTH - left))].ravel()
        inside.append(where)

    def infer(frame: SmallFrame) -> Colors:
        return (np.where(inside[frame.number], 30, -30).astype(np.float32),) * 2

    wrong = []
    for frame, calm in zip(numbered(lumas), calm_chroma(numbered(lumas), infer), strict=True):
        cb, _ = planes(frame, calm)
        wrong.append(float((np.abs(cb - np.where(inside[frame.number], 30, -30)) > 30).mean()))
    assert np.mean(wrong) < 0.06


def test_black_stays_without_colour_whatever_passes_by() -> None:
    lumas = [np.zeros((HEIGHT, WIDTH), np.uint8) for _ in range(25)]
    for number, luma in enumerate(lumas):
        luma[16:48, 3 * number : 3 * number + 20] = film([Shot("grass", 1)]).frames[0].luma[16:48, 20:40]
    frames = numbered(lumas)

    def infer(frame: SmallFrame) -> Colors:
        return (np.where(frame.luma > 20, 40, 0).astype(np.float32),) * 2

    for frame, calm in zip(frames, calm_chroma(frames, infer), strict=True):
        assert np.abs(planes(frame, calm)[0][frame.luma == 0]).mean() < 0.5


def test_a_dissolve_changes_colours_gradually() -> None:
    one, other = film([Shot("astronaut", 40)]), film([Shot("coffee", 40)])
    shares = np.clip((np.arange(40) - 10) / 20, 0, 1)
    lumas = [
        (a.luma * (1 - share) + b.luma * share).astype(np.uint8)
        for a, b, share in zip(one.frames, other.frames, shares, strict=True)
    ]

    def infer(frame: SmallFrame) -> Colors:
        tint = np.full((HEIGHT, WIDTH), 30 - 60 * shares[frame.number], np.float32)
        return tint, tint

    frames = numbered(lumas)
    means = [planes(frame, calm)[0].mean() for frame, calm in zip(frames, calm_chroma(frames, infer), strict=True)]
    assert means[0] > 20
    assert means[-1] < -20
    assert np.abs(np.diff(means)).max() < 12


def test_no_more_than_a_margin_of_frames_is_held() -> None:
    taken = 0

    def counted(frames: Iterable[SmallFrame]) -> Iterator[SmallFrame]:
        nonlocal taken
        for frame in frames:
            taken += 1
            yield frame

    old = film([Shot("astronaut", 200, pan=(0, 0.2))])
    for given, _ in enumerate(calm_chroma(counted(old.frames), wavering(old))):
        assert taken - given <= CALM.margin_after


def test_sixteen_bits_have_the_colours_of_eight() -> None:
    old = film([Shot("coffee", 14)])
    infer = wavering(old)
    wide = [SmallFrame(frame.number, frame.luma.astype(np.uint16) * 257) for frame in old.frames]
    for one, other in zip(calm_chroma(old.frames, infer), calm_chroma(wide, infer), strict=True):
        np.testing.assert_allclose(one.field.cb_offset, other.field.cb_offset, atol=0.01)


def test_a_film_of_no_frames_has_no_colours() -> None:
    assert list(calm_chroma([], wavering(film([Shot("coffee", 1)])))) == []


@pytest.mark.parametrize("figures", [{"every": 0}, {"every": -3}, {"smooth": 1.5}, {"smooth": -0.1}])
def test_figures_out_of_range_are_refused(figures: dict[str, float]) -> None:
    with pytest.raises(Rejected, match="give"):
        Calm(**figures)  # type: ignore[arg-type]
