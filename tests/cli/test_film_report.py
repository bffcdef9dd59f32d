"""Claims about the page that tells how calm a film's colours are."""

from __future__ import annotations

import base64
import io
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest

from cli.bench_clips import Script, Size, write_clip
from cli.film_report import write_report
from cli.film_report_page import ALONE, COLUMNS, GREY, OURS, WARNING, of_shots
from cli.film_report_pictures import moment_pictures
from cli.library import open_model
from cli.small_colors import SmallView
from functions.color.paint import halved
from functions.colorise.coloriser import Coloriser
from functions.colorise.film import FilmWishes, colorise_chunk, plan_film
from functions.colorise.session import NetworkSession
from functions.errors import Rejected
from functions.video.decode import decode
from functions.video.flicker import FlickerMeter, FlickerReport
from functions.video.index import index
from functions.video.motion import SmallFrame
from functions.video.plan import plan
from functions.video.probe import probe
from tests.clips import source_of
from tests.pictures import in_grey

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from functions.video.film import Film
    from functions.video.timeline import Timeline

SIDE = 64
"""Pixels of the network, to be quick."""

SHOT = 14
"""Frames."""

SCRIPT = Script(Size(128, 96), shots=2, shot_frames=SHOT, in_colour=True)


@cache
def coloriser() -> Coloriser:
    card, weights = open_model("small")
    return Coloriser(NetworkSession(weights, card, threads=1, gpus=()), side=SIDE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film in colour: its own source, since only luma is looked at there, and what came of it."""
    path = tmp_path_factory.mktemp("clips") / "film.mp4"
    write_clip(SCRIPT, path)
    return path


def reported(source: Path, result: Path, target: Path, **choices: Any) -> str:
    write_report(source, result, FilmWishes(), "small", target, quiet=True, side=SIDE, **choices)
    return target.read_text()


def opened(path: Path) -> tuple[Film, Timeline]:
    source = source_of(path.read_bytes())
    film = probe(source)
    return film, index(source, film)


def rows_of(page: str) -> list[tuple[str, list[str]]]:
    """Name and cells of every row of figures, in the order of the page."""
    rows = re.findall(
        r'<tr[^>]*>(?:<th scope="rowgroup".*?</th>)?<th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL
    )
    return [(name, re.findall(r"<td>(.*?)</td>", cells)) for name, cells in rows]


def decoded(address: str) -> npt.NDArray[np.float32]:
    """(H, W, 3), of what stands behind the comma of a picture's address."""
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(address), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    levels: npt.NDArray[np.float32] = picture.astype(np.float32)
    return levels


def measured_by_hand(path: Path) -> FlickerReport:
    film, timeline = opened(path)
    view = SmallView(film, coloriser().network_size(film.height, film.width))
    meter = FlickerMeter()
    for chunk in plan(timeline).chunks:
        for frame in decode(source_of(path.read_bytes()), film, chunk):
            colors = view.colors(frame)
            assert colors is not None
            small = SmallFrame(frame.number, view.luma(frame))
            meter.add(small, {OURS: colors}, starts_shot=frame.number % SHOT == 0)
    return meter.report()


def test_the_page_tells_the_figures_that_the_meter_gives(clip: Path, tmp_path: Path) -> None:
    rows = rows_of(reported(clip, clip, tmp_path / "page.html"))
    by_hand = measured_by_hand(clip)
    assert [name for name, _ in rows] == [OURS, ALONE, GREY] * 3  # the whole film, and two shots
    expected = [by_hand.whole[OURS], *(shot.figures[OURS] for shot in by_hand.shots)]
    for (_, cells), figures in zip(rows[::3], expected, strict=True):
        assert cells[: len(COLUMNS)] == [f"{column.figure(figures):.{column.digits}f}" for column in COLUMNS]
    assert expected[0].colourfulness > 20


def test_grey_wins_every_figure_of_change_and_the_page_says_so(clip: Path, tmp_path: Path) -> None:
    page = reported(clip, clip, tmp_path / "page.html")
    (_, ours), (_, alone), (_, grey) = rows_of(page)[:3]
    assert grey[0] == "0.000"
    assert float(grey[1]) < min(float(ours[1]), float(alone[1]))
    assert grey[-2:] == ["0.0", "0.0%"]
    assert alone[-1] == "100.0%"
    assert 0 < float(ours[-1].rstrip("%")) < 50
    assert WARNING in page


def test_the_worst_moments_are_shown_as_pictures_that_decode(clip: Path, tmp_path: Path) -> None:
    page = reported(clip, clip, tmp_path / "page.html")
    addresses = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)"', page)
    assert len(addresses) == 3 * len(measured_by_hand(clip).worst) > 3
    for address in addresses:
        assert decoded(address).shape == (96, 128, 3)


def test_the_page_needs_nothing_else(clip: Path, tmp_path: Path) -> None:
    page = reported(clip, clip, tmp_path / "page.html")
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "url(" not in page
    assert "@import" not in page


def test_names_are_shown_and_not_obeyed(clip: Path, tmp_path: Path) -> None:
    named = tmp_path / "<b>$title & co.mp4"
    named.write_bytes(clip.read_bytes())
    page = reported(named, named, tmp_path / "page.html")
    assert "<h1>&lt;b&gt;$title &amp; co.mp4</h1>" in page
    assert "<b>" not in page


def test_films_of_different_lengths_are_refused(clip: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.mp4"
    write_clip(Script(Size(128, 96), shots=2, shot_frames=SHOT + 1), longer)
    with pytest.raises(Rejected, match=r"film\.mp4 has 28 frames and longer\.mp4 has 30") as refused:
        reported(longer, clip, tmp_path / "page.html")
    assert refused.value.code == "other-film"
    assert not (tmp_path / "page.html").exists()


def test_a_part_is_compared_with_its_part_of_the_source(clip: Path, tmp_path: Path) -> None:
    twice = tmp_path / "twice.mp4"
    write_clip(Script(SCRIPT.size, SCRIPT.shots, SHOT, takes=2, in_colour=True), twice)
    page = reported(twice, clip, tmp_path / "page.html", start=2 * SHOT / 25)
    whole = rows_of(reported(clip, clip, tmp_path / "other.html"))[0]
    assert rows_of(page)[0][1][:5] == whole[1][:5]
    assert "3, from" not in page
    assert f"1, from 0:01.12<br>{SHOT} frames" in page


def test_shots_that_begin_late_are_not_inferred_frame_by_frame(clip: Path, tmp_path: Path) -> None:
    page = reported(clip, clip, tmp_path / "page.html", baseline_seconds=0.5)
    assert [name for name, _ in rows_of(page)] == [OURS, ALONE, GREY, OURS, ALONE, GREY, OURS, GREY]
    assert f"measured on the {SHOT} frames of the shots that begin in the first 0.5 seconds only" in page


def test_of_a_comparison_the_coloured_half_is_measured(clip: Path, tmp_path: Path) -> None:
    film, timeline = opened(clip)
    wishes = FilmWishes(compare=True)
    result = tmp_path / "both.mkv"
    with result.open("wb+") as file:
        (chunk,) = plan_film(film, timeline, wishes).chunks
        colorise_chunk(source_of(clip.read_bytes()), film, chunk, coloriser(), wishes, file)
    target = tmp_path / "page.html"
    write_report(clip, result, wishes, "small", target, quiet=True, side=SIDE)
    (_, ours), (_, alone) = rows_of(target.read_text())[:2]
    assert float(ours[-2]) == pytest.approx(float(alone[-2]), rel=0.15)
    assert float(ours[-2]) > 5


def test_orange_shows_where_colours_changed() -> None:
    data = half_that_jumps()
    source = source_of(data)
    film = probe(source)
    pictures = moment_pictures(source, film, index(source, film), 3, (48, 64))
    change = decoded(pictures.change.partition(",")[2])
    orange = change[..., 2] - change[..., 0]
    assert orange[:, 80:].mean() > 150
    assert orange[:, :48].mean() < 20


def half_that_jumps() -> bytes:
    """Six frames of a picture that stands still; the right half turns blue at the fourth."""
    luma = in_grey("coffee", 128)[:96]
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for number in range(6):
            cb = np.full(halved(luma).shape, 128, np.uint8)
            cb[:, 32:] += 40 * (number >= 3)
            planes = np.vstack([luma, cb.reshape(-1, 128), np.full((24, 128), 128, np.uint8)])
            output.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        output.mux(stream.encode(None))
    return file.getvalue()


def test_shots_are_averaged_by_what_they_had_to_compare(clip: Path) -> None:
    report = measured_by_hand(clip)
    whole = report.whole[OURS]
    expected = whole.warp_error, *whole.consistencies, whole.colourfulness
    assert of_shots(report.shots, OURS) == pytest.approx(expected, rel=1e-9)
    assert set(of_shots([], OURS)) == {0}
