"""Claims about films that must fit what a network takes."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from functions.color.measures import colourfulness
from functions.errors import Rejected
from functions.jobs import VideoColorised, VideoPlanned
from tests.clips import Clip, Sound, made
from tests.grey_films import CHUNK
from tests.stored_films import SOURCE, TARGET, carried_out, coloured_here, film_order, split_film, stamps

if TYPE_CHECKING:
    from pathlib import Path

    from functions.outcome import Handlers
    from functions.stores.memory import MemoryStore

FRAMES = 3 * CHUNK


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"max_width": 63, "max_height": 48}, "64 x 48 pixels, and 63 x 48 are the most"),
        ({"max_width": 64, "max_height": 47}, "and 64 x 47 are"),
        ({"max_height": 47}, "any x 47"),
        ({"max_width": 64, "max_height": 64, "compare": True}, "128 x 48 pixels"),
        ({"max_frame_rate": 23.9}, "24 frames a second, and 23.9 are the most"),
        ({"max_frames": FRAMES - 1}, f"{FRAMES} frames, and {FRAMES - 1} are the most"),
        ({"max_bytes": 20_000}, "do not fit into 0.0 MB without being spoilt"),
    ],
)
def test_what_a_network_does_not_take_is_refused_before_a_frame_is_coloured(
    store: MemoryStore, handlers: Handlers, wishes: dict[str, Any], words: str
) -> None:
    with pytest.raises(Rejected, match=re.escape(words)) as refused:
        handlers["split-video"](film_order(**wishes))
    assert refused.value.code == "too-large"
    assert "\n" not in refused.value.reason
    assert set(stamps(store)) == {SOURCE}


def test_what_a_network_takes_either_way_round_is_coloured_as_ever(
    clip: Path, store: MemoryStore, handlers: Handlers, tmp_path: Path
) -> None:
    limits: dict[str, Any] = {
        "max_width": 48,
        "max_height": 64,
        "max_frame_rate": 24,
        "max_frames": FRAMES,
        "max_bytes": 10**9,
    }
    carried_out(handlers, [film_order(**limits, codec="ffv1", audio="aac", plain=True)], claimed=set())
    assert store.read(TARGET) == coloured_here(clip, film_order(codec="ffv1"), tmp_path / "b.mkv")


def test_a_film_is_written_with_as_much_quality_as_fits(store: MemoryStore, handlers: Handlers) -> None:
    carried_out(handlers, [film_order(target="outbox/free.mp4", crf=1)], claimed=set())
    free = len(store.read("outbox/free.mp4"))
    limit = free * 3 // 5
    results = carried_out(handlers, [film_order(target="outbox/bound.mp4", crf=1, max_bytes=limit)], claimed=set())
    film = results[-1]
    assert isinstance(film, VideoColorised)
    assert limit * 0.4 < len(store.read("outbox/bound.mp4")) <= limit
    assert any("to fit into" in note for note in film.notes)


def test_a_gif_that_is_too_large_in_the_end_is_refused_with_its_size_and_not_kept(
    store: MemoryStore, handlers: Handlers
) -> None:
    wished = film_order(target="outbox/film.gif", end=1)
    (*_, film) = carried_out(handlers, [wished], claimed=set())
    assert isinstance(film, VideoColorised)
    size = len(store.read("outbox/film.gif"))
    short = film_order("short", target="outbox/short.gif", end=1, max_bytes=size - 1)
    with pytest.raises(Rejected, match=r"has 0\.\d\d MB, and .* are the most: ask for an mp4") as refused:
        carried_out(handlers, [short], claimed=set())
    assert refused.value.code == "too-large"
    assert store.find("outbox/short.gif") is None
    fits = film_order("fits", target="outbox/fits.gif", end=1, max_bytes=size)
    assert isinstance(carried_out(handlers, [fits], claimed=set())[-1], VideoColorised)


def test_a_gif_is_in_colour_endless_and_in_time(store: MemoryStore, handlers: Handlers) -> None:
    carried_out(handlers, [film_order(target="outbox/film.gif", end=1)], claimed=set())
    data = store.read("outbox/film.gif")
    found = store.find("outbox/film.gif")
    assert found is not None
    assert found.content_type == "image/gif"
    loop = data.index(b"NETSCAPE2.0") + 11
    assert data[loop : loop + 5] == b"\x03\x01\x00\x00\x00"  # for ever
    with av.open(io.BytesIO(data), "r") as film:
        delays = [packet.duration or 0 for packet in film.demux(video=0) if packet.size]
    with av.open(io.BytesIO(data), "r") as film:
        frames = [frame.to_ndarray(format="bgr24").astype(np.uint8) for frame in film.decode(video=0)]
    assert (len(frames), len(delays), sum(delays)) == (24, 24, 100)
    assert set(delays) == {4, 5}
    assert min(colourfulness(frame) for frame in frames) > 5


def test_sound_and_pixels_of_any_kind_become_what_a_network_plays(store: MemoryStore, handlers: Handlers) -> None:
    clip = Clip("matroska", "ffv1", frames=50, pix_fmt="yuv444p10le", sounds=(Sound("flac", "s16"),))
    store.write(SOURCE, made(clip), content_type="video/x-matroska")
    wishes = {"force": True, "container": "mp4"}
    carried_out(handlers, [film_order("as-it-is", target="outbox/a.mp4", **wishes)], claimed=set())
    carried_out(
        handlers, [film_order("plain", target="outbox/b.mp4", audio="aac", plain=True, **wishes)], claimed=set()
    )
    kinds = []
    for name in ("outbox/a.mp4", "outbox/b.mp4"):
        with av.open(io.BytesIO(store.read(name)), "r") as film:
            sound, picture = film.streams.audio[0].codec_context, film.streams.video[0].codec_context
            kinds.append((sound.codec.canonical_name, picture.codec.canonical_name, picture.pix_fmt))
    assert kinds == [("flac", "h264", "yuv444p10le"), ("aac", "h264", "yuv420p")]


def test_what_only_the_join_knows_of_does_not_part_two_jobs_pieces(handlers: Handlers) -> None:
    _, chunks = split_film(handlers)
    carried_out(handlers, chunks[:1], claimed=set())
    outcome = handlers["split-video"](film_order("funeral", max_bytes=10**9, audio="aac"))
    (told,) = outcome.results
    assert isinstance(told, VideoPlanned)
    assert told.finished == 1
