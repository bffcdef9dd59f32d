"""Claims about which files are coloured and where results go."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.sources import Source, Usage, default_kind, default_target, find_sources


@pytest.fixture
def album(tmp_path: Path) -> Path:
    names = ("b.PNG", "a.jpg", "a.color.jpg", "notes.txt", ".hidden.jpg", "deep/er/c.tif", "folder.jpg/d.webp")
    for name in names:
        file = tmp_path / "album" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    return tmp_path / "album"


def names(sources: list[Source], album: Path) -> list[str]:
    return [str(source.path.relative_to(album)) for source in sources]


def test_a_folder_gives_its_pictures_but_no_results_of_ours(album: Path) -> None:
    assert names(find_sources([str(album)], recursive=False), album) == ["a.jpg", "b.PNG"]


def test_recursion_goes_all_the_way_down(album: Path) -> None:
    found = names(find_sources([str(album)], recursive=True), album)
    assert found == ["a.jpg", "b.PNG", "deep/er/c.tif", "folder.jpg/d.webp"]


def test_patterns_that_the_shell_left_alone_are_expanded(album: Path) -> None:
    assert names(find_sources([f"{album}/*.P*"], recursive=False), album) == ["b.PNG"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    odd = tmp_path / "a[1].jpg"
    odd.write_bytes(b"")
    assert [source.path for source in find_sources([str(odd)], recursive=False)] == [odd]


def test_each_file_comes_once(album: Path) -> None:
    words = [str(album / "a.jpg"), str(album), str(album / "a.jpg")]
    assert names(find_sources(words, recursive=False), album) == ["a.jpg", "b.PNG"]


@pytest.mark.parametrize("word", ["missing.jpg", "*.nothing"])
def test_what_names_nothing_is_said(word: str, album: Path) -> None:
    with pytest.raises(Usage, match="no such file or folder"):
        find_sources([str(album / word)], recursive=False)


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="no pictures in this folder"):
        find_sources([str(tmp_path)], recursive=False)


@pytest.mark.parametrize(
    ("name", "kind", "folder", "wanted"),
    [
        ("x/a.jpg", None, None, "x/a.color.jpg"),
        ("x/a.JPEG", None, None, "x/a.color.JPEG"),
        ("x/a.gif", None, None, "x/a.color.png"),
        ("x/a.heic", None, None, "x/a.color.jpg"),
        ("x/a", None, None, "x/a.color.png"),
        ("x/a.tar.tif", "png", None, "x/a.tar.color.png"),
        ("x/a.jpg", None, "out", "out/a.color.jpg"),
    ],
)
def test_results_are_named_after_their_source(name: str, kind: str | None, folder: str | None, wanted: str) -> None:
    source = Source(Path(name))
    target = default_target(source, kind or default_kind(source.path), Path(folder) if folder else None)
    assert target == Path(wanted)


def test_a_folders_structure_is_kept() -> None:
    source = Source(Path("album/1931/cat.jpg"), Path("album"))
    assert default_target(source, "jpeg", Path("out")) == Path("out/1931/cat.color.jpg")
