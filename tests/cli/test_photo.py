"""Claims about `colorise photo`, on the shipped network and real photographs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from cli.byte_size import byte_size
from cli.main import main
from functions.color.color_space import luma_of
from functions.color.measures import colourfulness
from functions.colorise.models.shelf import SHELF
from tests.pictures import Bytes, in_colour, in_grey, loaded


def grey(side: int = 160, name: str = "camera") -> Bytes:
    return in_grey(name, side)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Two grey pictures, one in colour, one broken, in a folder with a folder in it."""
    folder = tmp_path / "album"
    (folder / "1931").mkdir(parents=True)
    cv2.imwrite(str(folder / "a.png"), grey())
    cv2.imwrite(str(folder / "1931" / "b.jpg"), grey(name="astronaut"))
    cv2.imwrite(str(folder / "colour.png"), in_colour("coffee")[:200, :200])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    return folder


def test_a_photograph_gets_colour_beside_it_and_keeps_its_luma(tmp_path: Path) -> None:
    source = tmp_path / "grandmother.png"
    cv2.imwrite(str(source), grey())
    assert main(["photo", str(source)]) == 0
    result = loaded(tmp_path / "grandmother.color.png")
    assert colourfulness(result) > 5
    assert np.abs(luma_of(result).astype(int) - grey()).max() <= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grandmother.color.png", "grandmother.png"]


def test_a_picture_in_colour_is_refused_with_the_figures(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["photo", str(album / "colour.png")]) == 3
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "colour.png: " in shown
    assert any(character.isdigit() for character in shown)
    assert not (album / "colour.color.png").exists()


def test_force_colours_it_anew(album: Path) -> None:
    assert main(["photo", str(album / "colour.png"), "--force"]) == 0
    assert (album / "colour.color.png").exists()


def test_an_empty_picture_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((90, 90), np.uint8))
    assert main(["photo", str(tmp_path / "black.png")]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_a_broken_file_is_one_line_and_a_one(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["photo", str(album / "broken.jpg")]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(f"colorise: {album / 'broken.jpg'}: ")
    assert shown.count("\n") == 1
    assert not list(album.glob("*color*.jpg"))


def test_a_folder_keeps_its_structure_and_reports_each_picture(
    album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["photo", str(album), "-r", "-o", str(out), "--json", "--jobs", "2"]) == 4
    reports = {Path(line["source"]).name: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {name: report["status"] for name, report in reports.items()} == {
        "a.png": "done",
        "b.jpg": "done",
        "colour.png": "refused",
        "broken.jpg": "failed",
    }
    assert reports["colour.png"]["code"] == "already-colour"
    assert reports["a.png"]["width"] == 160
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.*")) == ["1931/b.color.jpg", "a.color.png"]


def test_a_folder_goes_on_where_it_was(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (album / "colour.png").unlink()
    (album / "broken.jpg").unlink()
    assert main(["photo", str(album), "-r"]) == 0
    stamp = (album / "a.color.png").stat().st_mtime_ns
    (album / "1931" / "b.color.jpg").unlink()
    assert main(["photo", str(album), "-r", "--json"]) == 0
    statuses = [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()]
    assert sorted(statuses[-2:]) == ["done", "skipped"]
    assert (album / "a.color.png").stat().st_mtime_ns == stamp
    assert (album / "1931" / "b.color.jpg").exists()


def test_an_existing_result_is_left_alone_unless_asked(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = album / "a.color.png"
    target.write_bytes(b"mine")
    assert main(["photo", str(album / "a.png")]) == 1
    assert "-y replaces it" in capsys.readouterr().err
    assert main(["photo", str(album / "a.png"), "--skip-existing"]) == 0
    assert target.read_bytes() == b"mine"
    assert main(["photo", str(album / "a.png"), "-y"]) == 0
    assert colourfulness(loaded(target)) > 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.png", "-o", "a.png"], "would replace the original"),
        (["a.png", "a.jpg", "--format", "webp"], "would both become"),
        (["a.png", "a.jpg", "-o", "-"], "takes one picture"),
        (["a.png", "-"], "stands alone"),
        (["a.png", "-o", "a.doc"], "give --format"),
        (["a.png", "-o", "-", "--json"], "both want standard output"),
        (["missing.png"], "no such file"),
    ],
)
def test_contradictions_are_usage(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "a.jpg"):
        cv2.imwrite(name, grey(64))
    before = Path("a.png").read_bytes()
    assert main(["photo", *words]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
    assert Path("a.png").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "a.png"]


def test_a_pipe_carries_the_picture_and_nothing_else(tmp_path: Path) -> None:
    data = cv2.imencode(".png", grey())[1].tobytes()
    answer = subprocess.run([sys.executable, "-m", "cli", "photo", "-"], input=data, capture_output=True, check=True)
    (tmp_path / "result.png").write_bytes(answer.stdout)
    assert colourfulness(loaded(tmp_path / "result.png")) > 5
    assert answer.stderr == b""
    target = tmp_path / "out.jpg"
    subprocess.run(
        [sys.executable, "-m", "cli", "photo", "-", "-o", str(target)], input=data, capture_output=True, check=True
    )
    assert target.read_bytes()[:2] == b"\xff\xd8"


def test_compare_shows_before_and_after(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    cv2.imwrite(str(source), grey())
    assert main(["photo", str(source), "--compare"]) == 0
    result = loaded(tmp_path / "a.color.png")
    assert result.shape == (160, 320, 3)
    assert colourfulness(result[:, :160]) < 1
    assert colourfulness(result[:, 160:]) > 5


def test_options_reach_the_picture(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    faded = (grey() * 0.3 + 100).astype(np.uint8)
    cv2.imwrite(str(source), faded)

    def result(*words: str) -> Bytes:
        assert main(["photo", str(source), "-y", *words]) == 0
        return loaded(tmp_path / "a.color.png")

    plain = result()
    assert colourfulness(result("--saturation", "0")) < 1
    assert colourfulness(result("--saturation", "2")) > colourfulness(plain) * 1.3
    assert luma_of(result("--restore-tone")).std() > luma_of(plain).std() * 1.5
    assert (result("--size", "64") != plain).any()
    assert main(["photo", str(source), "--format", "jpeg", "--quality", "40"]) == 0
    assert main(["photo", str(source), "--format", "jpeg", "-o", str(tmp_path / "b.jpg")]) == 0
    assert (tmp_path / "a.color.jpg").stat().st_size < (tmp_path / "b.jpg").stat().st_size


def test_a_result_fits_into_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "a.color.jpg"
    cv2.imwrite(str(source), grey(500))
    assert main(["photo", str(source)]) == 0
    assert target.stat().st_size > 15_000
    capsys.readouterr()
    assert main(["photo", str(source), "-y", "--max-bytes", "15kB"]) == 0
    assert 9_000 < target.stat().st_size <= 15_000
    assert "to fit into 15.0 kB" in capsys.readouterr().err
    assert main(["photo", str(source), "-y", "--max-side", "200"]) == 0
    assert loaded(target).shape == (200, 200, 3)
    assert main(["photo", str(source), "-y", "--max-bytes", "300"]) == 3
    assert "cannot be made to fit into 300 bytes" in capsys.readouterr().err


def test_a_file_is_of_the_kind_that_its_name_says_even_where_another_would_be_smaller(tmp_path: Path) -> None:
    source, target = tmp_path / "a.png", tmp_path / "a.color.png"
    cv2.imwrite(str(source), grey(500))
    assert main(["photo", str(source), "--max-bytes", "40kB"]) == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    assert target.stat().st_size <= 40_000
    assert loaded(target).shape[0] < 500


def test_the_mark_is_in_the_corner_and_nowhere_else(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    cv2.imwrite(str(source), grey(400))
    assert main(["photo", str(source)]) == 0
    plain = loaded(tmp_path / "a.color.png")
    assert main(["photo", str(source), "-y", "--mark"]) == 0
    rows, columns = np.nonzero((loaded(tmp_path / "a.color.png") != plain).any(axis=2))
    assert 370 < rows.min() < rows.max() < 400
    assert 370 < columns.min() < columns.max() < 400


@pytest.mark.parametrize("size", ["5 MP", "", "-1", "0", "1e6", "MB", "1.5.2kB", "0.1"])
def test_what_is_no_number_of_bytes_is_usage(size: str, album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["photo", str(album / "a.png"), "--max-bytes", size]) == 2
    shown = capsys.readouterr().err
    assert "such as 5MB" in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "size"), [("5MB", 5_000_000), ("300 kb", 300_000), ("1.5MiB", 1_572_864), ("7", 7), ("2g", 2 * 10**9)]
)
def test_bytes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert byte_size(text) == size


def test_the_result_says_which_model_made_it(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    cv2.imwrite(str(source), grey())
    assert main(["photo", str(source)]) == 0
    data = (tmp_path / "a.color.jpg").read_bytes()
    assert b"digitalsourcetype/" in data
    assert SHELF["small"].weights.sha256.encode() in data


def test_too_many_pixels_are_refused_before_they_are_decoded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "a.png"
    cv2.imwrite(str(source), grey(200))
    assert main(["photo", str(source), "--max-megapixels", "0.03"]) == 3
    assert "limit" in capsys.readouterr().err


def test_an_unknown_model_names_those_there_are(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["photo", str(album / "a.png"), "--model", "large"]) == 1
    assert "small" in capsys.readouterr().err


def test_demanding_a_gpu_fails_loudly_where_there_is_none(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["photo", str(album / "a.png"), "--require-gpu"])
    if code == 0:
        pytest.skip("a GPU runs here")
    assert code == 1
    assert "GPU" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_line(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = album / "file"
    blocked.write_bytes(b"")
    assert main(["photo", str(album / "a.png"), "-o", str(blocked / "b.png")]) == 1
    shown = capsys.readouterr().err
    assert "Not a directory" in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_batch_leaves_whole_pictures_only(tmp_path: Path, stop: signal.Signals) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    picture = cv2.imencode(".png", grey(400))[1].tobytes()
    for number in range(60):
        (folder / f"{number:02}.png").write_bytes(picture)
    command = [sys.executable, "-m", "cli", "photo", str(folder), "-o", str(out), "--json", "--jobs", "2"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert json.loads(running.stdout.readline())["status"] == "done"  # it is in the middle of things now
    os.kill(running.pid, stop)
    _, shown = running.communicate(timeout=60)
    results = sorted(out.glob("*.png"))
    assert 0 < len(results) < 60
    assert all(colourfulness(loaded(path)) > 5 for path in results)
    if stop == signal.SIGINT:
        assert running.returncode == 130
        assert shown == "colorise: interrupted\n"
        assert sorted(out.iterdir()) == results


def test_what_lies_under_transparent_pixels_counts_for_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    luma = grey()
    rgba = np.dstack([luma, luma, luma, np.full_like(luma, 255)])
    rgba[:60] = (40, 200, 20, 0)  # a vivid green that nobody sees
    cv2.imwrite(str(tmp_path / "cut.png"), rgba)
    assert main(["photo", str(tmp_path / "cut.png")]) == 0
    result = cv2.imread(str(tmp_path / "cut.color.png"), cv2.IMREAD_UNCHANGED)
    assert result is not None
    assert (result[..., 3] == rgba[..., 3]).all()
    rgba[..., 3] = 0
    cv2.imwrite(str(tmp_path / "glass.png"), rgba)
    assert main(["photo", str(tmp_path / "glass.png")]) == 3
    assert "nothing to colour" in capsys.readouterr().err
