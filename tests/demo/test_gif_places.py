"""Claims about GIF files that are shown to everybody."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageSequence

from demo.gif_places import without_places
from functions.errors import Rejected

PLACE = b"taken at 52.5200 north, 13.4050 east"


def animation() -> bytes:
    """Three pictures of different length, that are played twice, with a comment and a foreign block."""
    pictures = [Image.new("L", (20, 10), colour) for colour in (10, 120, 240)]
    file = io.BytesIO()
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=[50, 70, 90], loop=2, comment=PLACE
    )
    data = file.getvalue()
    at = data.index(b"\x21\xff")
    xmp = b"\x21\xff\x0bXMP DataXMP" + bytes([len(PLACE)]) + PLACE + b"\x00"
    return data[:at] + xmp + data[at:]


def test_pictures_timing_and_loops_stay_and_words_go() -> None:
    data = animation()
    assert data.count(PLACE) == 2
    clean = without_places(data)
    assert PLACE not in clean
    before, after = (Image.open(io.BytesIO(each)) for each in (data, clean))
    assert after.info["loop"] == before.info["loop"] == 2
    told = [
        [(frame.info["duration"], frame.convert("RGB").tobytes()) for frame in ImageSequence.Iterator(each)]
        for each in (before, after)
    ]
    assert told[0] == told[1]
    assert [duration for duration, _ in told[1]] == [50, 70, 90]


def test_what_follows_the_end_goes_too() -> None:
    data = animation()
    assert without_places(data + PLACE) == without_places(data)


@pytest.mark.parametrize("kept", [0, 5, 12, 13, 40, -30, -1])
def test_one_that_breaks_off_is_refused(kept: int) -> None:
    with pytest.raises(Rejected) as refused:
        without_places(animation()[:kept])
    assert refused.value.code == "damaged"


def test_a_block_that_nobody_knows_is_refused() -> None:
    data = animation()
    with pytest.raises(Rejected, match="nobody knows"):
        without_places(data[:-1] + b"\x77" + data[-1:])
