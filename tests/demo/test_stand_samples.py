"""Claims about the photographs that the stand offers to who has none at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from demo.samples import IDS, MOST, SHIPPED, SIDE, THUMBNAIL_SIDE, Samples
from demo.settings import DemoSettings
from functions.errors import Rejected


def _decoded(data: bytes) -> Any:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return picture


def _photo(path: Path, height: int = 60, width: int = 80) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (height // 10, width // 10, 3), np.uint8)
    cv2.imwrite(str(path), cv2.resize(noise, (width, height)))


def test_those_that_come_along_are_grey_and_have_a_thumbnail() -> None:
    samples = Samples()
    assert samples.there() == IDS
    for name in samples.there():
        whole, small = _decoded(samples.file(name)), _decoded(samples.file(name, thumbnail=True))
        assert whole.ndim == small.ndim == 2
        assert max(small.shape) == min(THUMBNAIL_SIDE, max(whole.shape))


def test_all_photographs_that_come_along_are_offered_and_credited() -> None:
    assert {path.stem for path in SHIPPED.iterdir()} == set(IDS)
    notice = (Path(__file__).parents[2] / "NOTICE").read_text()
    assert all(f"\n- {sample}: " in notice for sample in IDS)


def test_the_operator_s_own_come_first_under_their_names(tmp_path: Path) -> None:
    for name in ("Rathaus 1905.jpg", "Ümläut_am_Markt.png", "b.webp"):
        _photo(tmp_path / name)
    samples = Samples(tmp_path)
    assert samples.there()[:3] == ("rathaus-1905", "b", "umlaut-am-markt")
    assert samples.there()[3:] == IDS
    assert samples.title("rathaus-1905", {}) == "Rathaus 1905"
    assert samples.title("umlaut-am-markt", {}) == "Ümläut am Markt"
    assert samples.title("alps", {"sample.alps": "The Alps"}) == "The Alps"
    assert _decoded(samples.file("b")).shape == (60, 80)


def test_names_that_look_alike_are_told_apart(tmp_path: Path) -> None:
    for name in ("a b.jpg", "a_b.jpg", "a-b.png", "日本.jpg", "写真.jpg"):
        _photo(tmp_path / name)
    assert sorted(Samples(tmp_path).there()[:5]) == ["a-b", "a-b-2", "a-b-3", "photo", "photo-2"]


def test_one_that_is_called_like_those_that_come_along_is_another(tmp_path: Path) -> None:
    _photo(tmp_path / "alps.jpg")
    samples = Samples(tmp_path)
    assert samples.there() == ("alps-2", *IDS)
    assert samples.file("alps-2") != samples.file("alps")


def test_what_cannot_be_coloured_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(100))
    (tmp_path / ".hidden.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "folder.jpg").mkdir()
    _photo(tmp_path / "good.jpg")
    assert Samples(tmp_path).there() == ("good", *IDS)


def test_a_large_scan_becomes_as_large_as_a_visitor_would_wait_for(tmp_path: Path) -> None:
    _photo(tmp_path / "scan.png", 1500, 3000)
    assert _decoded(Samples(tmp_path).file("scan")).shape == (SIDE // 2, SIDE)


def test_nothing_of_a_place_is_in_what_is_offered(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.GPSInfo] = {1: "N", 2: (48.0, 12.0, 0.0)}
    Image.new("L", (40, 30), 99).save(tmp_path / "home.jpg", exif=exif)
    samples = Samples(tmp_path)
    assert b"Exif" in (tmp_path / "home.jpg").read_bytes()
    for thumbnail in (False, True):
        assert b"Exif" not in samples.file("home", thumbnail=thumbnail)


def test_a_page_s_worth_is_offered(tmp_path: Path) -> None:
    for number in range(MOST + 3):
        _photo(tmp_path / f"{number:02}.jpg", 20, 20)
    assert len(Samples(tmp_path).there()) == MOST


def test_one_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    _photo(tmp_path / "a.jpg")
    samples = Samples(tmp_path)
    (tmp_path / "a.jpg").unlink()
    for name in ("a", "nothing", "../a", ""):
        with pytest.raises(Rejected) as refused:
            samples.file(name)
        assert refused.value.code == "gone"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="COLORISE_DEMO_SAMPLES: there is no such folder"):
        DemoSettings(demo_samples=tmp_path / "nowhere")
