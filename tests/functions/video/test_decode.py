"""Claims about decoding a chunk."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pytest

from functions.errors import Unreadable
from functions.video.decode import decode, is_deinterlaced
from functions.video.index import index
from functions.video.plan import plan
from functions.video.probe import probe
from tests.clips import Clip, luma_of_frame, made, source_of
from tests.functions.video.film_cases import CASES, X264, opened_film

if TYPE_CHECKING:
    from functions.video.decode import Frame
    from functions.video.settings import Deinterlace
    from tests.functions.video.film_cases import Opened


def frames_of(opened: Opened, deinterlace: Deinterlace = "auto") -> list[list[Frame]]:
    source = source_of(opened.data)
    return [list(decode(source, opened.film, chunk, deinterlace=deinterlace)) for chunk in opened.plan.chunks]


def test_frames_show_what_was_filmed() -> None:
    clip = Clip("matroska", "ffv1", frames=12)
    for chunk in frames_of(opened_film(made(clip), chunk_frames=4)):
        for frame in chunk:
            assert np.array_equal(frame.luma, luma_of_frame(frame.number, 64, 96))


def test_margins_are_given_around_a_chunk_and_say_so() -> None:
    opened = opened_film(made(Clip(options=X264)), chunk_frames=8, margin_before=3, margin_after=2)
    first, second, third = frames_of(opened)
    assert [frame.number for frame in first] == list(range(10))
    assert [frame.number for frame in second] == list(range(5, 18))
    assert [frame.number for frame in second if frame.is_margin] == [5, 6, 7, 16, 17]
    assert [frame.number for frame in third] == list(range(13, 24))


def test_a_chunk_in_the_middle_is_sought_and_not_read_up_to() -> None:
    slow = {"bare H.264", "gif with odd delays", "apng", "mp4 whose picture is refreshed bit by bit"}
    names = [name for name in CASES if name not in slow]
    for name in names:
        data = made(CASES[name])
        opens: list[int] = []

        def source(data: bytes = data, opens: list[int] = opens) -> BinaryIO:
            opens.append(1)
            return io.BytesIO(data)

        opened = opened_film(data, chunk_frames=8)
        for chunk in opened.plan.chunks:
            opens.clear()
            list(decode(source, opened.film, chunk))
            assert len(opens) == 1, name  # a second one reads from the start


def test_damaged_frames_repeat_their_neighbour_and_are_reported() -> None:
    data = bytearray(made(Clip(options=X264, frames=60)))
    middle = len(data) // 2
    data[middle - 600 : middle - 300] = bytes(300)
    opened = opened_film(bytes(data), chunk_frames=16)
    frames = [frame for chunk in frames_of(opened) for frame in chunk]
    repeated = [frame.number for frame in frames if frame.repeated]
    assert [frame.number for frame in frames] == list(range(60))
    assert 0 < len(repeated) < 16
    for number in repeated:
        assert np.array_equal(frames[number].luma, frames[number - 1].luma)


def test_a_chunk_of_which_nothing_can_be_decoded_is_unreadable() -> None:
    data = made(Clip("matroska", "ffv1", frames=8))
    opened = opened_film(data, chunk_frames=4)
    cut = data[: len(data) // 3]
    with pytest.raises(Unreadable, match="frames 4 to 7 cannot be decoded"):
        list(decode(source_of(cut), opened.film, opened.plan.chunks[1]))


@pytest.mark.parametrize(("pix_fmt", "kind", "white"), [("yuv420p", np.uint8, 255), ("yuv420p10le", np.uint16, 1023)])
def test_luma_is_in_the_films_own_depth(pix_fmt: str, kind: type, white: int) -> None:
    opened = opened_film(made(Clip(options=X264, frames=2, pix_fmt=pix_fmt)))
    luma = frames_of(opened)[0][0].luma
    assert luma.dtype == kind
    assert white // 8 < luma.mean() < white
    assert luma.shape == (64, 96)


def test_grey_pictures_in_rgb_become_luma_of_limited_range() -> None:
    opened = opened_film(made(Clip("apng", "apng", frames=2, pix_fmt="rgb24")))
    luma = frames_of(opened)[0][0].luma.astype(int)
    assert np.abs(luma - luma_of_frame(0, 64, 96)).max() <= 2


@pytest.mark.parametrize("name", ["mp4 of interlaced H.264", "interlaced MPEG-2"])
@pytest.mark.parametrize("wish", ["auto", "on"])
def test_deinterlaced_chunks_join_without_a_seam(name: str, wish: Deinterlace) -> None:
    data = made(CASES[name])
    whole = [np.array(frame.luma) for chunk in frames_of(opened_film(data), wish) for frame in chunk]
    parts = [
        np.array(frame.luma)
        for chunk in frames_of(opened_film(data, chunk_frames=5, redecode=9), wish)
        for frame in chunk
    ]
    assert len(whole) == 24
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))


def test_deinterlacing_mixes_lines_only_where_it_is_wanted() -> None:
    opened = opened_film(made(CASES["interlaced MPEG-2"]))
    deinterlaced, kept = (frames_of(opened, wish)[0][5].luma for wish in ("auto", "off"))
    assert not np.array_equal(deinterlaced, kept)


def test_progressive_films_are_left_alone() -> None:
    source = source_of(made(Clip(options=X264, frames=4)))
    film = probe(source)
    assert not is_deinterlaced(film, "auto")
    assert is_deinterlaced(film, "on")
    kept, asked = (
        list(decode(source, film, plan(index(source, film)).chunks[0], deinterlace=wish)) for wish in ("off", "auto")
    )
    assert all(np.array_equal(a.luma, b.luma) for a, b in zip(kept, asked, strict=True))
