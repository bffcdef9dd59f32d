"""Claims about the program that compares networks, run as a person runs it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from cli.bench_pictures import voronoi
from functions.errors import Rejected
from tests.pictures import loaded
from tests.tiny_models import onnx_net
from training.candidate import Candidate, candidate_of, contenders_of
from training.evaluate import evaluate
from training.program import run
from training.questions import photographs
from training.speed import medians, times

if TYPE_CHECKING:
    from collections.abc import Callable

GAIN = 0.2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photographs in colour, one in black and white, and a network that sees warm colours in light places."""
    place = tmp_path_factory.mktemp("photographs")
    for seed in range(3):
        cv2.imwrite(str(place / f"{seed}.png"), voronoi(seed, side=280))
    cv2.imwrite(str(place / "grey.png"), np.repeat(voronoi(3, side=280)[..., :1], 3, axis=-1))
    (place / "tiny.onnx").write_bytes(onnx_net(gain=GAIN))
    return place


def judge(folder: Path, out: Path, *models: str, photos: str | None = None, split: str = "all") -> int:
    words = ["--photos", photos or str(folder), "--split", split, "--out", str(out), "--no-speed", "--no-curves"]
    return run(evaluate, "evaluate", [*words, *(word for model in models for word in ("--model", model))])


def record(out: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((out / "metrics.json").read_text())
    return kept


def test_a_table_has_grey_each_network_and_the_truth(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = folder / "tiny.onnx"
    assert judge(folder, tmp_path, f"plain={tiny}:side=64", f"vivid={tiny}:side=64:saturation=1.5") == 0
    kept = record(tmp_path)
    assert (kept["judged"], kept["left_out"]) == (3, 1)
    grey, plain, vivid, truth = kept["rows"]
    assert [row["name"] for row in kept["rows"]] == ["grey", "plain", "vivid", "truth"]
    assert (plain["side"], plain["saturation"], vivid["saturation"]) == (64, 1, 1.5)
    assert grey["colourfulness_share"] == pytest.approx(0, abs=1e-3)
    assert truth["auc"] == 100
    assert 0 < plain["colourfulness_share"] < vivid["colourfulness_share"]
    assert vivid["chroma_on_neutral"] == pytest.approx(1.5 * plain["chroma_on_neutral"], rel=1e-3)
    assert len(plain["curve"]) == 151
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in lines[2:]] == ["grey", "plain", "vivid", "truth"]
    assert len({line.count("|") for line in lines}) == 1
    shown = capsys.readouterr().out
    assert f"{plain['auc']:.2f}" in shown
    assert f"{plain['auc'] - grey['auc']:+.2f}" in shown


def test_the_same_run_gives_the_same_figures(folder: Path, tmp_path: Path) -> None:
    model = f"tiny={folder / 'tiny.onnx'}:side=96:flip"
    for name in ("first", "second"):
        assert judge(folder, tmp_path / name, model) == 0
    assert (tmp_path / "first/metrics.json").read_bytes() == (tmp_path / "second/metrics.json").read_bytes()


def test_scikits_photographs_need_no_folder(folder: Path, tmp_path: Path) -> None:
    assert judge(folder, tmp_path, photos="scikit") == 0
    assert record(tmp_path)["judged"] == len(photographs("scikit", "all")) == 7


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib, of the extra `train`, is not installed")
def test_curves_are_drawn_as_a_picture(folder: Path, tmp_path: Path) -> None:
    words = ["--photos", str(folder), "--split", "all", "--out", str(tmp_path), "--no-speed"]
    assert run(evaluate, "evaluate", words) == 0
    assert loaded(tmp_path / "curves.png").std() > 1


@pytest.mark.skipif(find_spec("matplotlib") is not None, reason="matplotlib is installed")
def test_without_matplotlib_the_program_says_so_before_it_begins(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(evaluate, "evaluate", ["--photos", str(folder), "--split", "all", "--out", str(tmp_path)]) == 1
    assert "--no-curves" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_words_of_a_model_are_read_from_the_right() -> None:
    assert candidate_of("a=b.onnx") == Candidate("a", Path("b.onnx"))
    assert candidate_of("a=c:/d=e.onnx:side=224:saturation=1.2:flip") == Candidate(
        "a", Path("c:/d=e.onnx"), side=224, saturation=1.2, flip=True
    )


def no_model_at_all(folder: Path) -> str:
    return f"{folder / 'tiny.onnx'}"


def a_side_between_multiples(folder: Path) -> str:
    return f"a={folder / 'tiny.onnx'}:side=66"


def a_file_that_is_not_there(folder: Path) -> str:
    return f"a={folder / 'none.onnx'}:side=64"


def a_picture_as_network(folder: Path) -> str:
    return f"a={folder / '1.png'}"


def the_name_of_a_row(folder: Path) -> str:
    return f"grey={folder / 'tiny.onnx'}"


@pytest.mark.parametrize(
    "case",
    [
        (no_model_at_all, 2, "expected NAME=FILE"),
        (a_side_between_multiples, 1, "multiples of 4 as side, not 66"),
        (a_file_that_is_not_there, 1, "no such file"),
        (a_picture_as_network, 1, "cannot load"),
        (the_name_of_a_row, 2, "another name"),
    ],
)
def test_what_cannot_be_judged_is_one_line_and_writes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: tuple[Callable[[Path], str], int, str]
) -> None:
    words, code, said = case
    assert judge(folder, tmp_path / "out", words(folder)) == code
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.startswith("evaluate: ")
    assert complaint.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_two_models_of_one_name_are_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(folder, tmp_path, *[f"a={folder / 'tiny.onnx'}"] * 2) == 2
    assert "give each its own" in capsys.readouterr().err


def test_a_folder_without_photographs_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(tmp_path, tmp_path / "out") == 1
    assert "no photographs here" in capsys.readouterr().err


def test_photographs_in_black_and_white_alone_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 64, 3), 90, np.uint8))
    assert judge(tmp_path, tmp_path / "out") == 1
    assert "black and white" in capsys.readouterr().err


def test_a_damaged_photograph_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"no picture")
    assert judge(tmp_path, tmp_path / "out") == 1
    assert "torn.jpg" in capsys.readouterr().err


def test_a_networks_answer_comes_at_256_whatever_side_it_sees(folder: Path) -> None:
    sides = (64, 256, 320)
    contenders = contenders_of([Candidate(str(side), folder / "tiny.onnx", side=side) for side in sides])
    assert len({id(contender.session) for contender in contenders}) == 1
    for contender in contenders:
        chroma = contender.chroma(np.full((256, 256), 50, np.float32))
        assert chroma.shape == (256, 256, 2)
        np.testing.assert_allclose(chroma[..., 0], 50 * GAIN, rtol=1e-5)


def test_a_flipped_networks_answer_to_a_mirror_image_is_the_mirrored_answer(folder: Path) -> None:
    (contender,) = contenders_of([Candidate("a", folder / "tiny.onnx", side=128, flip=True)])
    lightness = np.random.default_rng(9).uniform(0, 100, (256, 256)).astype(np.float32)
    mirrored = contender.chroma(np.ascontiguousarray(lightness[:, ::-1]))
    np.testing.assert_allclose(mirrored[:, ::-1], contender.chroma(lightness), atol=1e-4)


def test_a_network_of_one_size_takes_no_other(tmp_path: Path) -> None:
    file = tmp_path / "fixed.onnx"
    file.write_bytes(onnx_net(height=96, width=96))
    (contender,) = contenders_of([Candidate("a", file)])
    assert contender.side == 96
    with pytest.raises(Rejected, match="side 96 only, not 128"):
        contenders_of([Candidate("a", file, side=128)])


def test_each_network_takes_its_turn_beside_the_one_it_is_compared_with(folder: Path) -> None:
    (contender,) = contenders_of([Candidate("a", folder / "tiny.onnx")])
    milliseconds, ratio = times({Path("a"): contender.session}, contender.session, rounds=1)[Path("a")]
    assert min(milliseconds, ratio) > 0


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    # The second round was three times slower for both: ratios do not see it, quotients of medians would.
    assert medians((5.0, 15.0, 6.0), (10.0, 30.0, 10.0)) == (6.0, 0.5)
