"""Claims about the sheet of photographs before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from cli.bench_pictures import voronoi
from functions.color.color_space import luma_of
from tests.pictures import loaded
from tests.tiny_models import onnx_net
from training.program import run
from training.sheet import GAP, HEADING, evenly, laid_out, sheet

if TYPE_CHECKING:
    from pathlib import Path

TILE = 80


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two wide photographs and a square one, something that is no picture, and a network."""
    place = tmp_path_factory.mktemp("photographs")
    for seed, height in enumerate((128, 128, 256)):
        cv2.imwrite(str(place / f"{seed}.png"), voronoi(seed, side=256)[:height])
    (place / "README.md").write_text("not a picture")
    (place / "tiny.onnx").write_bytes(onnx_net(gain=0.2))
    return place


def draw(folder: Path, out: Path, *words: str, photos: str = "", model: str = "") -> int:
    fixed = ["--photos", photos or str(folder), "--model", model or f"tiny={folder / 'tiny.onnx'}:side=64"]
    return run(sheet, "sheet", [*fixed, "--out", str(out), "--tile", str(TILE), *words])


@pytest.mark.parametrize("name", ["sheet.png", "sheet.jpg"])
def test_a_sheet_is_as_large_as_its_tiles_say_and_its_columns_are_balanced(
    folder: Path, tmp_path: Path, name: str
) -> None:
    assert draw(folder, tmp_path / name) == 0
    square, half, gap = TILE, TILE // 2, GAP // 2
    # The square one fills the first column, the two wide ones the second.
    height = HEADING + max(square + gap, 2 * (half + gap))
    assert loaded(tmp_path / name).shape == (height, 2 * 2 * TILE + GAP, 3)


def test_before_is_grey_after_is_coloured_and_the_truth_is_the_photograph(folder: Path, tmp_path: Path) -> None:
    assert draw(folder, tmp_path / "one.png", "--truth", photos=str(folder / "2.png")) == 0
    page = loaded(tmp_path / "one.png")
    assert page.shape == (HEADING + TILE + GAP // 2, 3 * TILE, 3)
    before, after, truth = np.split(page[HEADING : HEADING + TILE], 3, axis=1)
    np.testing.assert_array_equal(before.max(-1), before.min(-1))
    above = np.s_[: TILE - 24]  # the name is below
    assert np.ptp(after[above].astype(int), axis=-1).max() > 10
    assert np.abs(luma_of(after[above]).astype(int) - luma_of(before[above])).max() <= 3
    small = cv2.resize(loaded(folder / "2.png"), (TILE, TILE), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(truth[above], small[above])


def test_saturation_0_paints_grey(folder: Path, tmp_path: Path) -> None:
    model = f"grey={folder / 'tiny.onnx'}:side=64:saturation=0"
    assert draw(folder, tmp_path / "one.png", photos=str(folder / "2.png"), model=model) == 0
    page = loaded(tmp_path / "one.png")
    np.testing.assert_array_equal(page.max(-1), page.min(-1))


def test_photographs_are_chosen_evenly_and_all_of_few(folder: Path, tmp_path: Path) -> None:
    assert evenly(list("abcdefghi"), 3) == ["a", "d", "g"]  # type: ignore[comparison-overlap, arg-type]
    assert draw(folder, tmp_path / "one.png", "--count", "1") == 0
    assert loaded(tmp_path / "one.png").shape[:2] == (HEADING + TILE // 2 + GAP // 2, 2 * TILE)


def test_rows_go_to_the_column_that_is_shortest() -> None:
    rows = [np.full((height, 40, 3), height, np.uint8) for height in (10, 50, 30, 20)]
    page = laid_out(rows, ["a", "b"], 2)
    assert page.shape == (HEADING + 50 + 10 + 2 * (GAP // 2), 80 + GAP, 3)
    assert page[HEADING, 0, 0] == 50
    assert [page[HEADING + top, 40 + GAP, 0] for top in (0, 34)] == [30, 20]


@pytest.mark.parametrize("case", [("sheet.txt", "side=64", ".png, .jpg"), ("sheet.png", "flip", "no :flip")])
def test_what_a_sheet_cannot_be_is_one_line_and_code_2(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: tuple[str, str, str]
) -> None:
    name, option, said = case
    assert draw(folder, tmp_path / name, model=f"a={folder / 'tiny.onnx'}:{option}") == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / name).exists()
