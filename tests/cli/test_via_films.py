"""Claims about films that are coloured elsewhere, on a queue and a store in memory and with the real handlers."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cli.film_batch import colour_films, here
from cli.film_options import FilmOptions
from cli.sources import Usage
from cli.via_films import films_via
from functions.errors import Rejected
from functions.video.calm import Calm
from tests.grey_films import CHUNK, color_film, grey_film
from tests.memory_pipeline import MemoryPipeline
from tests.stored_films import film_handlers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from functions.outcome import Handler, Handlers, Outcome
    from functions.stores.protocol import ObjectStore

OPTIONS = FilmOptions(
    model="small",
    side=32,
    force=False,
    saturation=1.0,
    calm=Calm(smooth=0),
    codec=None,
    container=None,
    crf=None,
    preset=None,
    deinterlace="auto",
    start=None,
    end=None,
    is_preview=False,
    compare=False,
    jobs=None,
    fresh=False,
    report=None,
    verify=False,
    as_json=False,
    overwrite=False,
    skip_existing=False,
    quiet=False,
)


@pytest.fixture(autouse=True)
def work(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where unfinished films are: a folder of the test's own."""
    folder = tmp_path_factory.mktemp("work")
    monkeypatch.setenv("COLORISE_WORK", str(folder))
    return folder


@pytest.fixture
def pipeline() -> MemoryPipeline:
    return MemoryPipeline(film_handlers)


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was printed, without what differs between two runs."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    taken = {"output", "seconds", "fps", "seconds_left"}
    return [{key: value for key, value in line.items() if key not in taken} for line in lines]


def test_a_film_is_as_if_it_were_coloured_here(
    tmp_path: Path, pipeline: MemoryPipeline, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = grey_film(tmp_path / "a.mp4", 3 * CHUNK)
    told = []
    for name, way in (("here.mp4", here), ("via.mp4", films_via(pipeline))):
        options = replace(OPTIONS, as_json=True, verify=True)
        assert colour_films(options, [str(film)], recursive=False, output=str(tmp_path / name), way=way) == 0
        told.append(lines_of(capsys))
    assert (tmp_path / "via.mp4").read_bytes() == (tmp_path / "here.mp4").read_bytes()
    assert told[0][-1] == told[1][-1]
    assert told[0][-1]["frames"] == 3 * CHUNK
    assert all(record["ok"] for record in told[1][-1]["proof"])
    assert {tuple(line) for line in told[0]} == {tuple(line) for line in told[1]}
    assert not list(work.iterdir())


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"codec": "ffv1", "compare": True}, "b.mkv"),
        ({"start": 1, "end": 2, "saturation": 1.7, "crf": 30, "preset": "ultrafast"}, "b.mov"),
        ({"container": "y4m", "calm": Calm(every=3, smooth=0)}, "b.y4m"),
    ],
)
def test_wishes_travel(tmp_path: Path, pipeline: MemoryPipeline, fields: dict[str, Any], name: str) -> None:
    film = grey_film(tmp_path / "a.mp4", 60)
    results = []
    for folder, way in (("here", here), ("via", films_via(pipeline))):
        target = tmp_path / folder / name
        options = replace(OPTIONS, **fields)
        assert colour_films(options, [str(film)], recursive=False, output=str(target), way=way) == 0
        results.append(target.read_bytes())
    assert results[0] == results[1]


def test_refusals_are_those_of_colouring_here(
    tmp_path: Path, pipeline: MemoryPipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    color_film(tmp_path / "colour.mp4")
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42 and nothing more")
    for name, code in (("colour.mp4", 3), ("broken.mp4", 1)):
        said = []
        for way in (here, films_via(pipeline)):
            assert colour_films(OPTIONS, [str(tmp_path / name)], recursive=False, output=None, way=way) == code
            said.append(capsys.readouterr().err)
        assert said[0] == said[1]
        assert said[0].startswith(f"colorise: {tmp_path / name}: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.mp4", "colour.mp4"]
    options = replace(OPTIONS, force=True)
    words = [str(tmp_path / "colour.mp4")]
    assert colour_films(options, words, recursive=False, output=None, way=films_via(pipeline)) == 0


def test_an_interruption_says_what_is_done_and_the_next_run_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film, target = grey_film(tmp_path / "a.mp4", 4 * CHUNK), tmp_path / "b.mp4"
    colored: list[int] = []

    def interrupting(handle: Handler) -> Callable[[Any], Outcome]:
        def handled(order: Any) -> Outcome:
            if order.chunk == 2 and len(colored) == 2:
                os.kill(os.getpid(), signal.SIGTERM)  # taken for Ctrl-C
            colored.append(order.chunk)
            return handle(order)

        return handled

    def handlers(store: ObjectStore) -> Handlers:
        known = film_handlers(store)
        return {**known, "colorise-chunk": interrupting(known["colorise-chunk"])}

    pipeline = MemoryPipeline(handlers)
    way = films_via(pipeline)
    with pytest.raises(Rejected, match=r"interrupted: [012] of 4 chunks are done; orders taken back.*goes on") as ended:
        colour_films(OPTIONS, [str(film)], recursive=False, output=str(target), way=way)
    assert ended.value.code == "interrupted"
    assert not target.exists()
    capsys.readouterr()
    colored.append(99)
    options = replace(OPTIONS, as_json=True)
    assert colour_films(options, [str(film)], recursive=False, output=str(target), way=way) == 0
    done = lines_of(capsys)[-1]
    assert done["resumed_chunks"] >= 2
    assert done["frames"] == 4 * CHUNK
    whole = tmp_path / "whole.mp4"
    assert colour_films(OPTIONS, [str(film)], recursive=False, output=str(whole), way=here) == 0
    assert target.read_bytes() == whole.read_bytes()


def test_what_was_coloured_before_is_only_fetched(
    tmp_path: Path, pipeline: MemoryPipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    film = grey_film(tmp_path / "a.mp4")
    told = []
    for name in ("1.mp4", "2.mp4"):
        options = replace(OPTIONS, as_json=True)
        way = films_via(pipeline)
        assert colour_films(options, [str(film)], recursive=False, output=str(tmp_path / name), way=way) == 0
        told.append(lines_of(capsys)[-1])
    assert told[0] == told[1]
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "2.mp4").read_bytes()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"jobs": 3}, "--jobs counts processes of this machine"),
        ({"fresh": True}, "--fresh forgets what this machine keeps"),
        ({"model": "mine.onnx"}, "is a file on this machine"),
    ],
)
def test_what_makes_no_sense_elsewhere_is_usage(
    tmp_path: Path, pipeline: MemoryPipeline, fields: dict[str, Any], said: str
) -> None:
    film = grey_film(tmp_path / "a.mp4")
    with pytest.raises(Usage, match=said):
        colour_films(replace(OPTIONS, **fields), [str(film)], recursive=False, output=None, way=films_via(pipeline))
    assert pipeline.queue is None
