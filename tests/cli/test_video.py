"""Claims about `colorise video`, on the shipped network and small films."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from cli.film_space import refuse_full_disk
from cli.film_times import seconds_of
from cli.main import main
from cli.sources import Usage
from functions.errors import Rejected
from tests.clips import Clip, Sound, made
from tests.grey_films import CHUNK, QUICK, black_film, color_film, grey_film

if TYPE_CHECKING:
    import numpy.typing as npt

COMMAND = [sys.executable, "-m", "cli", "video"]


@pytest.fixture(autouse=True)
def work(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where unfinished films are: a folder of the test's own."""
    folder = tmp_path_factory.mktemp("work")
    monkeypatch.setenv("COLORISE_WORK", str(folder))
    return folder


def planes(film: Path | bytes) -> npt.NDArray[np.uint8]:
    """(frames, 3, H, W), Y, Cb and Cr of every frame, chroma repeated to full size."""
    with av.open(io.BytesIO(film) if isinstance(film, bytes) else film, "r") as container:
        frames = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    whole = []
    for frame in frames:
        height = frame.shape[0] * 2 // 3
        luma, chroma = frame[:height], frame[height:].reshape(2, height // 2, -1)
        whole.append(np.stack([luma, *chroma.repeat(2, axis=1).repeat(2, axis=2)]))
    return np.stack(whole)


def strength(film: Path | bytes) -> float:
    """Mean distance of chroma from grey, in code values."""
    return float(np.abs(planes(film)[:, 1:].astype(int) - 128).mean())


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was printed, as objects."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder of films of every kind, and of things that are none."""
    folder = tmp_path / "shelf"
    (folder / "deep").mkdir(parents=True)
    grey_film(folder / "a.mp4")
    grey_film(folder / "b.mkv", codec="ffv1")
    grey_film(folder / "c.gif", codec="gif")
    grey_film(folder / "deep" / "d.mov")
    grey_film(folder / "e.avi", codec="mpeg4")
    black_film(folder / "night.mp4")
    color_film(folder / "colour.mp4")
    cut = made(Clip("matroska", frames=100, pix_fmt="yuv420p", options={"g": "6"}))
    (folder / "cut.mkv").write_bytes(cut[: len(cut) // 2])
    (folder / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42 and nothing more")
    (folder / "notes.txt").write_text("no film")
    with av.open(folder / "song.mkv", "w") as song:
        stream = song.add_stream("flac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), "s16", "mono")
        frame.sample_rate, frame.pts = 8000, 0
        song.mux([*stream.encode(frame), *stream.encode(None)])
    return folder


def test_a_folder_of_films_gets_a_line_a_film_and_results_that_suit(
    shelf: Path, tmp_path: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["video", str(shelf), "-r", "-o", str(out), "--json", "--jobs", "2", *QUICK]
    assert main(words) == 4
    lines = lines_of(capsys)
    films = {Path(line["source"]).name: line for line in lines if line["event"] == "film"}
    assert {name: line["status"] for name, line in films.items()} == {
        **dict.fromkeys(("a.mp4", "b.mkv", "c.gif", "d.mov", "e.avi", "night.mp4", "cut.mkv"), "done"),
        "colour.mp4": "refused",
        "broken.mp4": "failed",
        "song.mkv": "failed",
    }
    codes = {name: line["code"] for name, line in films.items() if "code" in line}
    assert codes == {"colour.mp4": "already-colour", "broken.mp4": "unreadable", "song.mkv": "no-video"}
    results = {str(path.relative_to(out)) for path in out.rglob("*.*")}
    assert results == {
        *("a.color.mp4", "b.color.mkv", "c.color.gif", "deep/d.color.mov", "e.color.mp4"),
        *("night.color.mp4", "cut.color.mkv"),
    }
    assert all(strength(out / name) > 1 for name in results - {"night.color.mp4", "cut.color.mkv"})
    assert films["a.mp4"]["frames"] == 12
    assert 0 < films["a.mp4"]["inferred_share"] <= 1
    assert any("cut off" in note for note in films["cut.mkv"]["notes"])
    assert any(line["event"] == "progress" and line["total"] == 12 for line in lines)
    assert not list(work.iterdir())
    (shelf / "broken.mp4").unlink()
    (shelf / "colour.mp4").unlink()
    (shelf / "song.mkv").unlink()
    assert main(words) == 0
    assert {line["status"] for line in lines_of(capsys)} == {"skipped"}


def test_luma_is_kept_to_the_bit_and_every_pixel_has_its_chroma(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = grey_film(tmp_path / "a.mkv", codec="ffv1")
    for saturation in ("0", "1"):
        out = tmp_path / f"{saturation}.mkv"
        words = ["video", str(film), "-o", str(out), "--codec", "ffv1", "--saturation", saturation, "--verify", *QUICK]
        assert main(words) == 0
        assert (planes(out)[:, 0] == planes(film)[:, 0]).all()
        shown = capsys.readouterr()
        assert all(line.startswith("ok ") for line in shown.out.splitlines())
        assert "luma: 12 of 12 frames identical" in shown.out
        assert shown.err == ""
    assert (planes(tmp_path / "0.mkv")[:, 1:] == 128).all()
    assert strength(tmp_path / "1.mkv") > 1
    # Another film of the same length is no result of this one.
    other = color_film(tmp_path / "other.mkv")
    assert main(["video", "--verify", str(film), str(tmp_path / "1.mkv")]) == 0
    capsys.readouterr()
    assert main(["video", "--verify", str(film), str(other)]) == 1
    assert "NOT luma" in capsys.readouterr().out
    assert main(["video", "--verify", str(film), str(other), "--json"]) == 1
    assert any(not record["ok"] for record in lines_of(capsys)[0]["proof"])


def test_a_film_in_colour_is_refused_and_force_colours_it_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = color_film(tmp_path / "a.mp4")
    assert main(["video", str(film)]) == 3
    shown = capsys.readouterr().err
    assert shown.startswith(f"colorise: {film}: already in colour: ")
    assert "--force" in shown
    assert shown.count("\n") == 1
    assert not (tmp_path / "a.color.mp4").exists()
    assert main(["video", str(film), "--force", *QUICK]) == 0
    assert (tmp_path / "a.color.mp4").exists()


def test_pipes_carry_the_film_and_nothing_else(tmp_path: Path) -> None:
    data = grey_film(tmp_path / "a.mkv").read_bytes()
    answer = subprocess.run([*COMMAND, "-", "-o", "-", *QUICK], input=data, capture_output=True, check=True)
    assert answer.stderr == b""
    assert strength(answer.stdout) > 1
    with av.open(io.BytesIO(answer.stdout)) as container:
        assert container.format.name == "matroska,webm"
    with (tmp_path / "a.mkv").open("rb") as redirected:
        raw = subprocess.run(
            [*COMMAND, "-", "--format", "y4m", *QUICK], stdin=redirected, capture_output=True, check=True
        )
    assert raw.stdout.startswith(b"YUV4MPEG2 W64 H48 F24:1 ")
    assert (planes(raw.stdout)[:, 0] == planes(data)[:, 0]).all()


def test_an_animated_webp_is_a_film_and_a_still_one_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = [Image.new("L", (64, 48), 40 * number).convert("RGB") for number in range(1, 5)]
    film, still = tmp_path / "a.webp", tmp_path / "b.webp"
    frames[0].save(film, save_all=True, append_images=frames[1:], duration=[40, 80, 40, 40], lossless=True)
    frames[0].save(still)
    assert main(["video", str(film), "--force", "--verify", *QUICK]) == 0
    assert len(planes((tmp_path / "a.color.mp4").read_bytes())) == 4
    assert main(["video", str(still), *QUICK]) == 1
    assert "colorise photo" in capsys.readouterr().err


def test_the_bytes_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    film = grey_film(tmp_path / "a.mp4", 3 * CHUNK)
    for jobs in ("1", "3"):
        assert main(["video", str(film), "-o", str(tmp_path / f"{jobs}.mp4"), "--jobs", jobs, *QUICK]) == 0
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "3.mp4").read_bytes()


def test_a_preview_and_a_stretch_hold_what_was_asked_for(tmp_path: Path) -> None:
    film = grey_film(tmp_path / "a.mp4", 48)
    assert main(["video", str(film), "--preview", "0.5", "--start", "0:01", *QUICK]) == 0
    assert len(planes(tmp_path / "a.preview.color.mp4")) == 12
    stretch = tmp_path / "b.mkv"
    words = ["--start", "0.25", "--end", "00:00:00.5", "--compare", "--codec", "ffv1"]
    assert main(["video", str(film), "-o", str(stretch), *words, *QUICK]) == 0
    result = planes(stretch)
    assert result.shape == (6, 3, 48, 128)
    assert (result[:, 0, :, :64] == planes(film)[6:12, 0]).all()
    assert (result[:, 0, :, 64:] == planes(film)[6:12, 0]).all()
    assert (result[:, 1:, :, :64] == 128).all()
    assert np.abs(result[:, 1:, :, 64:].astype(int) - 128).mean() > 1


def test_a_container_finds_a_codec_and_a_codec_a_container(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = grey_film(tmp_path / "a.mp4", 4)
    assert main(["video", str(film), "-o", str(tmp_path / "a.webm"), *QUICK]) == 0
    assert main(["video", str(film), "--codec", "prores", *QUICK]) == 0
    for name, codec in (("a.webm", "av1"), ("a.color.mov", "prores")):
        with av.open(tmp_path / name) as container:
            assert container.streams.video[0].codec_context.codec.canonical_name == codec
    assert capsys.readouterr().out == ""


def test_an_existing_result_is_left_alone_unless_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film, target = grey_film(tmp_path / "a.mp4"), tmp_path / "a.color.mp4"
    target.write_bytes(b"mine")
    assert main(["video", str(film)]) == 1
    assert "-y replaces it" in capsys.readouterr().err
    assert main(["video", str(film), "--skip-existing"]) == 0
    assert target.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.mp4", "-o", "a.mp4"], "would replace the original"),
        (["a.mp4", "a.mkv", "--format", "mov"], "would both become"),
        (["a.mp4", "a.mkv", "-o", "-"], "takes one film"),
        (["a.mp4", "a.mkv", "-o", "b.mp4"], "a.mkv would both become"),
        (["a.mp4", "-"], "stands alone"),
        (["a.mp4", "-o", "a.doc"], "give --format"),
        (["a.mp4", "-o", "-", "--json"], "both want standard output"),
        (["a.mp4", "-o", "-", "--format", "mp4"], "take mkv"),
        (["a.mp4", "-o", "-", "--verify"], "name a file"),
        (["a.mp4", "--codec", "h264", "--format", "webm"], "webm does not hold h264"),
        (["a.mp4", "--codec", "ffv1", "--crf", "9"], "no quality 9"),
        (["a.mp4", "--preset", "lightning"], "no preset lightning"),
        (["a.mp4", "--every", "0"], "give auto"),
        (["a.mp4", "--start", "1:75"], "no moment"),
        (["a.mp4", "--preview", "3", "--end", "4"], "give one"),
        (["a.mp4", "--verify", "--compare"], "leave out --compare"),
        (["a.mp4", "a.mkv", "--report", "a.html"], "shows one film"),
        (["missing.mp4"], "no such file"),
        (["empty"], "no films in this folder"),
    ],
)
def test_contradictions_are_usage(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    before = {name: grey_film(Path(name), 2).read_bytes() for name in ("a.mp4", "a.mkv")}
    if said == "a.mkv would both become":
        words = ["a.mp4", "a.mkv", "-o", "both", "--format", "mp4"]
    assert main(["video", *words]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
    assert {name: Path(name).read_bytes() for name in before} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mkv", "a.mp4", "empty"]


def test_a_folder_that_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film, blocked = grey_film(tmp_path / "a.mp4"), tmp_path / "file"
    blocked.write_bytes(b"")
    assert main(["video", str(film), "-o", str(blocked / "b.mp4")]) == 1
    shown = capsys.readouterr().err
    assert "Not a directory" in shown
    assert shown.count("\n") == 1
    assert not list(work.iterdir())


def test_a_stretch_without_frames_says_how_long_the_film_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["video", str(grey_film(tmp_path / "a.mp4")), "--start", "9"]) == 1
    assert "the film is 0.50 s long" in capsys.readouterr().err


def test_a_cover_picture_is_no_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with av.open(tmp_path / "song.mp4", "w") as song:
        stream = song.add_stream("aac", rate=48000)
        cover = song.add_stream("png", rate=25)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, np.uint8), "rgb24")
        picture.pts = 0
        song.mux([*cover.encode(picture), *cover.encode(None)])
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 48000, 0
        song.mux([*stream.encode(frame), *stream.encode(None)])
    assert main(["video", str(tmp_path / "song.mp4")]) == 1
    assert "only a cover picture" in capsys.readouterr().err


def test_what_does_not_fit_on_the_disk_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="make room") as refused:
        refuse_full_disk({tmp_path / "not" / "yet": 1 << 60, tmp_path: 1})
    assert refused.value.code == "no-space"
    refuse_full_disk({tmp_path: 1})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", Fraction(90)),
        ("90.04", Fraction(9004, 100)),
        ("1:30", Fraction(90)),
        ("0:01:30.5", Fraction(181, 2)),
        ("2:00:00", Fraction(7200)),
    ],
)
def test_moments_are_exact(text: str, seconds: Fraction) -> None:
    assert seconds_of(text, "--start") == seconds


@pytest.mark.parametrize("text", ["", "-1", "1:60", "1:2:3:4", "a minute", "1:75:00", "1e3", "nan"])
def test_other_words_are_no_moments(text: str) -> None:
    with pytest.raises(Usage, match="--end"):
        seconds_of(text, "--end")


def test_sound_and_times_come_along(tmp_path: Path) -> None:
    film = tmp_path / "a.mp4"
    made(Clip(frames=16, pix_fmt="yuv420p", sounds=(Sound(),), metadata={"title": "A film"}), film)
    assert main(["video", str(film), "--verify", "--force", *QUICK]) == 0
    with av.open(tmp_path / "a.color.mp4") as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        assert container.metadata["title"] == "A film"
        times = [frame.pts for frame in container.decode(video=0)]
    assert len(times) == 16
    assert len({b - a for a, b in pairwise(times)}) == 1  # type: ignore[operator]  # all have one
