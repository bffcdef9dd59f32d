"""Claims about how films are measured; how fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cli.bench_clips import Script, Size, parse_size, write_clip
from cli.bench_memory import peak_memory_of_all
from cli.bench_ways import WAYS
from cli.main import main
from functions.errors import Rejected
from functions.video.decode import decode
from functions.video.index import index
from functions.video.plan import plan
from functions.video.probe import probe

if TYPE_CHECKING:
    from typing import BinaryIO

    from functions.video.decode import Frame

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory of several processes is read from Linux's /proc"
)


def rows_of(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["bench", "video", *words, "--rounds", "1", "-j", "1", "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["rows"]
    return rows


def frames_of(path: Path) -> list[Frame]:
    def source() -> BinaryIO:
        return path.open("rb")

    film = probe(source)
    return [frame for chunk in plan(index(source, film)).chunks for frame in decode(source, film, chunk)]


def test_a_clip_is_as_long_as_its_script_and_cuts_where_it_says(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(Script(Size(96, 64), shots=2, shot_frames=5, takes=3), path)
    frames = frames_of(path)
    assert len(frames) == 2 * 5 * 3
    steps = [float(np.abs(later.luma.astype(np.float32) - earlier.luma).mean()) for earlier, later in pairwise(frames)]
    cuts = steps[4::5]
    assert min(cuts) > 2 * max(step for place, step in enumerate(steps) if place % 5 != 4)
    assert list(tmp_path.iterdir()) == [path]


def test_a_grey_clip_has_no_colour_and_one_in_colour_has(tmp_path: Path) -> None:
    spreads = {}
    for in_colour in (False, True):
        path = tmp_path / f"{in_colour}.mp4"
        write_clip(Script(Size(96, 64), shots=1, shot_frames=3, in_colour=in_colour), path)
        spreads[in_colour] = max(
            float(np.abs(plane.astype(np.float32) - 128).max())
            for frame in frames_of(path)
            for plane in frame.chroma or ()
        )
    assert spreads[False] == 0
    assert spreads[True] > 20


@pytest.mark.parametrize("text", ["1280", "1280x", "x720", "1281x720", "-2x720", "16x16", "1280x720x3", "²x720"])
def test_what_is_no_size_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Rejected, match="1280x720"):
        parse_size(text)
    assert main(["bench", "video", "--size", text]) == 2
    assert "1280x720" in capsys.readouterr().err


def test_each_way_is_measured_beside_the_pipeline_without_colour(capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of(capsys, "--only", "speed", "--size", "96x64", "--frames", "8")
    groups = {row["group"] for row in rows}
    assert groups == {"speed 96x64, 1 processes", "speed 96x64, processor time"}
    for group in groups:
        named = {(row["name"], row["against"]): row for row in rows if row["group"] == group}
        base = named["no colour", ""]
        for way in WAYS:
            if way != "no colour":
                whole, added = named[way, "no colour"], named[f"added by {way}", "no colour"]
                assert added["value"] == pytest.approx(whole["value"] - base["value"])
                assert added["ratio"] == pytest.approx(whole["ratio"] - 1)
        ours = named["added by ours", "added by every frame inferred, calmed"]
        every = named["added by every frame inferred, calmed", "no colour"]
        assert ours["ratio"] == pytest.approx(ours["value"] / every["value"])
        assert any("2016 network" in name and "2 frames measured" in name for name, _ in named)


def test_calm_is_measured_beside_frame_by_frame_and_the_clips_own_colours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "pan.mp4"
    write_clip(Script(Size(96, 64), shots=1, shot_frames=40, in_colour=True), clip)
    rows = rows_of(capsys, "--only", "calm", "--clip", str(clip))
    assert {row["group"] for row in rows} == {"calm, pan"}
    named = {row["name"]: row for row in rows}
    assert 0 < named["change along motion, ours"]["ratio"] < 0.6
    assert named["change along motion, ours"]["against"] == "frame by frame"
    assert named["change of histograms, ours"]["against"] == "the clip's own"
    assert named["change along motion, grey"]["value"] == 0
    assert named["colourfulness, grey"]["value"] == pytest.approx(0, abs=1e-4)
    assert 0 < named["frames inferred"]["value"] < 50
    at_seams = {row["against"]: row["ratio"] for row in rows if "seams" in row["name"]}
    # Chunks are coloured as the uncut film is.
    assert at_seams["the same places, coloured in one"] == pytest.approx(1, abs=1e-3)
    assert at_seams["the same within chunks"] > 0


@needs_proc
def test_memory_is_measured_of_films_of_several_lengths(capsys: pytest.CaptureFixture[str]) -> None:
    short, long = rows_of(
        capsys, "--only", "memory", "--memory-size", "64x48", "--minutes", "0.02", "--minutes", "0.01", "--frames", "16"
    )
    assert (short["name"], long["name"]) == ("film of 0.01 min", "film of 0.02 min")
    assert short["value"] > 50  # two Pythons with numpy, at the least
    assert long["ratio"] == pytest.approx(long["value"] / short["value"])


@needs_proc
def test_a_command_that_fails_has_no_peak(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        peak_memory_of_all(["photo", str(tmp_path / "missing.jpg")], {})
