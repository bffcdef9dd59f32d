"""Claims about the bytes that a film may take."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from functions.errors import Rejected
from functions.video.budget import bit_rate, sound_bytes
from functions.video.settings import BURST_SECONDS, EncodeSettings
from tests.clips import Clip, Sound, made
from tests.functions.video.film_cases import X264, Opened, opened_film

H264 = EncodeSettings()
PIXELS = 1280 * 720


def opened(*sounds: Sound, frames: int = 500) -> Opened:
    """Twenty seconds in chunks of four."""
    return opened_film(made(Clip("matroska", options=X264, frames=frames, sounds=sounds)), chunk_frames=100)


def rate_of(film: Opened, max_bytes: int, *, settings: EncodeSettings = H264, beside: int = 0) -> int | None:
    return bit_rate(film.plan, settings, max_bytes=max_bytes, beside=beside, pixels=PIXELS)


@pytest.mark.parametrize("max_bytes", [2_000_000, 5_000_000, 15_000_000])
def test_all_pieces_at_their_largest_fit_with_what_stands_beside_them(max_bytes: int) -> None:
    film = opened()
    rate = rate_of(film, max_bytes, beside=200_000)
    assert rate is not None
    pieces = sum(rate * (len(chunk) / 25 + BURST_SECONDS) / 8 for chunk in film.plan.chunks)
    assert 0.85 * max_bytes < pieces + 200_000 < max_bytes


def test_where_there_is_room_for_the_worst_no_bound_is_set() -> None:
    assert rate_of(opened(), 512_000_000) is None


def test_codecs_that_know_no_bound_get_none() -> None:
    for settings in (EncodeSettings("av1"), EncodeSettings("ffv1"), EncodeSettings(container="gif")):
        assert rate_of(opened(), 1_500_000, settings=settings) is None


@pytest.mark.parametrize("max_bytes", [1, 20_000, 900_000])
def test_a_film_that_could_only_be_spoilt_is_refused_at_once(max_bytes: int) -> None:
    with pytest.raises(Rejected, match=r"20 s of film do not fit into .* without being spoilt") as refused:
        rate_of(opened(), max_bytes)
    assert refused.value.code == "too-large"


def test_room_for_sound_follows_from_its_codec_and_what_becomes_of_it() -> None:
    film = opened(Sound(), Sound("flac", "s16"), frames=250)
    aac, both = (
        sound_bytes(replace(film.film, tracks=film.film.tracks[:n]), film.plan, rewritten=False) for n in (1, 2)
    )
    assert (aac, both) == (10 * 256_000 // 8, 10 * (256_000 + 1_600_000) // 8)
    assert sound_bytes(film.film, film.plan, rewritten=True) == 10 * 2 * 200_000 // 8
    assert film.plan.end - film.plan.start == Fraction(10)
    assert sound_bytes(opened().film, opened().plan, rewritten=False) == 0
