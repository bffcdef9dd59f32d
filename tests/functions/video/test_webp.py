"""Claims about animated WebP, which is turned into a film that FFmpeg reads."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from functions.errors import Rejected, Unreadable
from functions.video.decode import decode
from functions.video.index import index
from functions.video.plan import plan, united
from functions.video.probe import probe
from functions.video.webp import write_as_film
from tests.clips import source_of

TIMES = [40, 200, 40, 100]
"""Milliseconds."""


def pictures() -> list[Image.Image]:
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    return [Image.fromarray(np.tile(np.roll(ramp, 9 * number), (48, 1))).convert("RGB") for number in range(4)]


def webp(frames: list[Image.Image], times: list[int]) -> bytes:
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=times, lossless=True)
    return file.getvalue()


def film_of(data: bytes) -> bytes:
    film = io.BytesIO()
    write_as_film(io.BytesIO(data), film)
    return film.getvalue()


def test_every_frame_is_there_with_its_time_and_its_greys() -> None:
    source = source_of(film_of(webp(pictures(), TIMES)))
    film = probe(source)
    timeline = index(source, film)
    milliseconds = [float(pts * timeline.time_base * 1000) for pts in timeline.pts.tolist()]
    assert milliseconds == [0, 40, 240, 280]
    assert float(timeline.durations[-1] * timeline.time_base) == pytest.approx(0.1)
    for frame, picture in zip(decode(source, film, united(plan(timeline).chunks)), pictures(), strict=True):
        grey = np.asarray(picture.convert("L")).astype(int)
        assert np.abs(frame.luma.astype(int) - (16 + grey * 219 / 255)).max() <= 1


def test_the_same_animation_is_the_same_film() -> None:
    data = webp(pictures(), TIMES)
    assert film_of(data) == film_of(data)


def test_what_is_transparent_is_white() -> None:
    clear = [Image.new("RGBA", (32, 32), (0, 0, 0, 0)), Image.new("RGBA", (32, 32), (9, 9, 9, 255))]
    source = source_of(film_of(webp(clear, [50, 50])))
    film = probe(source)
    first, second = decode(source, film, united(plan(index(source, film)).chunks))
    assert first.luma.min() >= 234
    assert second.luma.max() <= 26


def test_a_still_picture_is_sent_to_the_other_command() -> None:
    with pytest.raises(Unreadable, match="colorise photo"):
        film_of(webp(pictures()[:1], [40]))


def test_frames_that_are_too_large_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(Rejected, match="scale the animation down") as refusal:
        write_as_film(io.BytesIO(webp(pictures(), TIMES)), io.BytesIO(), max_pixels=64 * 48 - 1)
    assert refusal.value.code == "too-large"


@pytest.mark.parametrize("length", [20, 200])
def test_a_damaged_animation_is_refused_in_words(length: int) -> None:
    with pytest.raises(Unreadable, match="WebP"):
        film_of(webp(pictures(), TIMES)[:length])
