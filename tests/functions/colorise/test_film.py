"""Claims about colouring a film chunk by chunk, with the shipped network."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pytest

from functions.colorise.coloriser import Coloriser
from functions.colorise.film import ChunkReport, FilmWishes, colorise_chunk, colorise_chunks, plan_film
from functions.colorise.models.library import Library
from functions.colorise.session import NetworkSession
from functions.errors import Rejected
from functions.video.calm import Calm
from functions.video.decode import Frame, decode
from functions.video.film_triage import refuse_color, triage_film
from functions.video.glimpse import GLIMPSES, glimpses
from functions.video.index import index
from functions.video.plan import plan
from functions.video.probe import probe
from functions.video.settings import EncodeSettings
from tests.clips import Clip, made, source_of
from tests.grey_films import CHUNK, black_film, color_film, grey_film
from tests.pictures import in_colour, in_grey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.video.film import Film
    from functions.video.plan import Chunk
    from functions.video.planes import Samples
    from functions.video.source import OpenSource
    from functions.video.timeline import Timeline

QUICK = FilmWishes(encode=EncodeSettings(codec="ffv1"), calm=Calm(smooth=0))
"""Lossless, so that what was written can be compared to the bit."""


@pytest.fixture(scope="module")
def coloriser() -> Coloriser:
    library = Library(Path("no-library-of-a-person"))
    card = library.find("small")
    return Coloriser(NetworkSession(library.weights(card), card, threads=1, gpus=()), side=32)


class Looked:
    """A film that is known."""

    def __init__(self, data: bytes) -> None:
        self.open: OpenSource = source_of(data)
        self.film: Film = probe(self.open)
        self.timeline: Timeline = index(self.open, self.film)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """A grey film of two chunks."""
    return Looked(grey_film(tmp_path_factory.mktemp("film") / "a.mp4", 2 * CHUNK).read_bytes())


def coloured(
    known: Looked, chunk: Chunk, coloriser: Coloriser, wishes: FilmWishes = QUICK
) -> tuple[bytes, ChunkReport]:
    piece = io.BytesIO()
    report = colorise_chunk(known.open, known.film, chunk, coloriser, wishes, piece)
    return piece.getvalue(), report


def frames_of(known: Looked) -> Iterator[Frame]:
    """Decoded frames."""
    for chunk in plan(known.timeline).chunks:
        yield from decode(known.open, known.film, chunk, deinterlace="off")


def chroma(frame: Frame) -> tuple[Samples, Samples]:
    assert frame.chroma is not None
    return frame.chroma


def test_chunks_have_the_colours_of_the_uncut_film(known: Looked, coloriser: Coloriser) -> None:
    cut = plan_film(known.film, known.timeline, QUICK).chunks
    assert len(cut) == 2
    (whole,) = plan(known.timeline, chunk_frames=10_000).chunks
    uncut = frames_of(Looked(coloured(known, whole, coloriser)[0]))
    pieces = (frame for chunk in cut for frame in frames_of(Looked(coloured(known, chunk, coloriser)[0])))
    count = 0
    for a, b in zip(uncut, pieces, strict=True):
        assert (a.luma == b.luma).all()
        assert all((one == other).all() for one, other in zip(chroma(a), chroma(b), strict=True))
        count += 1
    assert count == 2 * CHUNK


def test_a_run_of_chunks_is_the_same_bytes_as_one_by_one(known: Looked, coloriser: Coloriser) -> None:
    chunks = plan_film(known.film, known.timeline, QUICK).chunks
    pieces: list[bytes] = []

    @contextmanager
    def open_piece(_chunk: Chunk) -> Iterator[BinaryIO]:
        piece = io.BytesIO()
        yield piece
        pieces.append(piece.getvalue())

    reports = list(colorise_chunks(known.open, known.film, chunks, coloriser, QUICK, open_piece))
    alone = [coloured(known, chunk, coloriser) for chunk in chunks]
    assert pieces == [piece for piece, _ in alone]
    assert [report.frames for report in reports] == [CHUNK, CHUNK]
    assert [report.number for report in reports] == [0, 1]
    assert [report.shots for report in reports] == [1, 0]


def test_luma_is_the_sources_to_the_bit_and_without_saturation_all_chroma_is_neutral(
    known: Looked, coloriser: Coloriser
) -> None:
    chunk = plan_film(known.film, known.timeline, QUICK).chunks[0]
    for saturation in (0.0, 1.0):
        piece, _ = coloured(known, chunk, coloriser, replace(QUICK, saturation=saturation))
        strength = 0.0
        for theirs, ours in zip(frames_of(known), frames_of(Looked(piece)), strict=False):
            assert (theirs.luma == ours.luma).all()
            strength += sum(float(np.abs(plane.astype(int) - 128).mean()) for plane in chroma(ours))
        assert strength / CHUNK > 1 if saturation else strength == 0


def test_progress_counts_every_frame_once(known: Looked, coloriser: Coloriser) -> None:
    chunk = plan_film(known.film, known.timeline, QUICK, end=1).chunks[0]
    heard: list[tuple[int, int]] = []
    report = colorise_chunk(
        known.open,
        known.film,
        chunk,
        coloriser,
        QUICK,
        io.BytesIO(),
        on_frame=lambda report: heard.append((report.frames, report.inferred)),
    )
    assert [frames for frames, _ in heard] == list(range(1, 25))
    assert heard[-1] == (report.frames, report.inferred)
    assert 0 < report.inferred < report.frames


def test_asking_for_every_frame_infers_every_frame(known: Looked, coloriser: Coloriser) -> None:
    wishes = replace(QUICK, calm=Calm(every=1, smooth=0))
    chunk = plan_film(known.film, known.timeline, wishes, end=0.5).chunks[0]
    assert coloured(known, chunk, coloriser, wishes)[1].inferred == len(chunk)


@pytest.mark.parametrize("pix_fmt", ["yuv422p10le", "yuv444p", "gray", "gray10le"])
def test_films_of_other_depths_and_chroma_get_colour_too(pix_fmt: str, coloriser: Coloriser) -> None:
    known = Looked(made(Clip("matroska", "ffv1", frames=4, pix_fmt=pix_fmt)))
    (chunk,) = plan_film(known.film, known.timeline, QUICK).chunks
    result = Looked(coloured(known, chunk, coloriser)[0])
    assert result.film.depth == known.film.depth
    for theirs, ours in zip(frames_of(known), frames_of(result), strict=True):
        assert (theirs.luma == ours.luma).all()
        assert any((plane != 1 << (result.film.depth - 1)).any() for plane in chroma(ours))


def test_glimpses_are_spread_over_the_film(known: Looked) -> None:
    pictures = list(glimpses(known.open, known.film, known.timeline))
    assert len(pictures) == GLIMPSES
    assert all(picture.shape == (48, 64, 3) for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == GLIMPSES
    assert len(list(glimpses(known.open, known.film, known.timeline, shown=range(5, 8)))) == 3


def test_a_film_is_in_colour_when_most_of_what_it_shows_is(tmp_path: Path) -> None:
    for film, verdict in ((grey_film, False), (black_film, False), (color_film, True)):
        known = Looked(film(tmp_path / "a.mkv", 24).read_bytes())
        assert triage_film(glimpses(known.open, known.film, known.timeline)).is_color == verdict


def test_what_shows_nothing_has_no_vote() -> None:
    black, grey, color = np.zeros((60, 80, 3), np.uint8), in_grey("camera", 80), in_colour("coffee")
    refuse_color(triage_film([black] * 9))
    refuse_color(triage_film([]))
    refuse_color(triage_film([black] * 5 + [grey] * 2 + [color] * 2))
    with pytest.raises(Rejected, match="already in colour: 3 of 9 frames") as refused:
        refuse_color(triage_film([black] * 4 + [grey] * 2 + [color] * 3))
    assert refused.value.code == "already-colour"
    mixed = triage_film([grey] * 5 + [color] * 4)
    assert not mixed.is_color
    assert mixed.notes == ("4 of 9 frames looked at are in colour already: coloured anew",)
