from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from functions.colorise.models.card_file import BadCard
from functions.colorise.models.library import Library, NoSuchModel
from functions.colorise.models.pinned import WrongBytes, pin
from functions.colorise.models.shelf import DEFAULT, SHELF
from functions.errors import Rejected
from tests.tiny_models import load, onnx_card, onnx_net

if TYPE_CHECKING:
    from pathlib import Path

    from functions.colorise.models.card import ModelCard

NET = onnx_net()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "models")


@pytest.fixture
def tiny(library: Library) -> ModelCard:
    card = onnx_card("tiny", NET)
    library.add(card, NET)
    return card


def test_the_built_in_model_is_the_one_its_card_describes(library: Library) -> None:
    card = library.find(DEFAULT)
    assert card == SHELF[DEFAULT]
    assert pin(card.weights.name, library.weights(card)) == card.weights


def test_the_built_in_model_costs_no_pydantic(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from functions.colorise.models.library import Library; "
        f"Library(Path({str(tmp_path)!r})).open('small', print); "
        "sys.exit(any(name in sys.modules for name in ('pydantic', 'httpx', 'onnxruntime')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_keeps_what_was_added(library: Library, tiny: ModelCard) -> None:
    again = Library(library.folder)
    assert again.names() == (DEFAULT, "tiny")
    assert again.find("tiny") == tiny
    assert again.weights(tiny) == NET
    assert again.open("tiny", load) == (tiny, NET)
    assert {path.name for path in again.place("tiny").iterdir()} == {"tiny.onnx", "card.json"}


def test_replaces_a_model_of_the_same_name(library: Library, tiny: ModelCard) -> None:
    other = onnx_net(gain=0.2)
    library.add(replace(tiny, weights=pin("tiny.onnx", other)), other)
    assert library.open("tiny", load)[1] == other


def test_what_a_killed_process_left_half_written_goes(library: Library, tiny: ModelCard) -> None:
    (library.place("tiny") / ".4711.partial").write_bytes(NET[:100])
    library.add(tiny, NET)
    assert {path.name for path in library.place("tiny").iterdir()} == {"tiny.onnx", "card.json"}


def test_a_folder_without_its_card_is_no_model(library: Library, tiny: ModelCard) -> None:
    (library.place("tiny") / "card.json").unlink()
    assert library.names() == (DEFAULT,)
    with pytest.raises(NoSuchModel):
        library.find(tiny.name)


def test_an_unknown_name_is_told_what_there_is(library: Library, tiny: ModelCard) -> None:
    with pytest.raises(NoSuchModel) as caught:
        library.find("vivid")
    assert caught.value.code == "no-such-model"
    for word in ("'vivid'", DEFAULT, tiny.name, "colorise models fetch", "zhang16", "--model FILE.onnx"):
        assert word in str(caught.value)


def test_a_model_that_is_not_fetched_yet_says_how(library: Library) -> None:
    with pytest.raises(NoSuchModel, match="colorise models fetch zhang16"):
        library.find("zhang16")


@pytest.mark.parametrize("damage", [NET[:-1] + b"!", NET[:-1], NET + b"!", b""])
def test_a_tampered_file_is_never_loaded(library: Library, tiny: ModelCard, damage: bytes) -> None:
    (library.place("tiny") / "tiny.onnx").write_bytes(damage)
    with pytest.raises(WrongBytes, match="colorise models remove tiny") as caught:
        library.weights(tiny)
    assert "\n" not in str(caught.value)
    if len(damage) == len(NET):
        assert tiny.weights.sha256 in str(caught.value)
        assert pin("", damage).sha256 in str(caught.value)


def test_a_tampered_built_in_model_says_to_install_again(tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(b"nothing")
    library = Library(tmp_path / "models", package=tmp_path)
    with pytest.raises(WrongBytes, match="install colorisebot again"):
        library.open(DEFAULT, load)
    (tmp_path / "small.onnx").unlink()
    with pytest.raises(NoSuchModel, match="install colorisebot again"):
        library.open(DEFAULT, load)


def test_weights_that_are_gone_are_named(library: Library, tiny: ModelCard) -> None:
    (library.place("tiny") / "tiny.onnx").unlink()
    with pytest.raises(NoSuchModel, match=r"tiny\.onnx is gone"):
        library.verify(tiny.name)


def test_a_damaged_card_hides_no_other_model(
    library: Library, tiny: ModelCard, caplog: pytest.LogCaptureFixture
) -> None:
    library.add(replace(tiny, name="other"), NET)
    (library.place("other") / "card.json").write_text("{")
    with caplog.at_level(logging.WARNING):
        assert [card.name for card in library.cards()] == [DEFAULT, "tiny"]
    assert "other" in caplog.text
    with pytest.raises(BadCard):
        library.verify("other")


def test_a_card_in_another_models_folder_is_not_believed(library: Library, tiny: ModelCard) -> None:
    library.place("tiny").rename(library.folder / "renamed")
    with pytest.raises(BadCard, match=f"the card of '{tiny.name}'"):
        library.find("renamed")


def test_adds_nothing_but_what_the_card_describes(library: Library) -> None:
    with pytest.raises(WrongBytes):
        library.add(onnx_card("tiny", NET), NET + b"!")
    assert library.names() == (DEFAULT,)


def test_built_in_models_are_neither_replaced_nor_removed(library: Library) -> None:
    with pytest.raises(Rejected, match="built-in"):
        library.add(onnx_card(DEFAULT, NET), NET)
    with pytest.raises(Rejected, match="built-in"):
        library.remove(DEFAULT)


@pytest.mark.parametrize("name", ["..", "../tiny", "/tmp", ""])  # noqa: S108 - a path that must be refused
def test_no_name_leads_out_of_the_folder(library: Library, name: str) -> None:
    for use in (library.find, library.remove, library.place, library.verify):
        with pytest.raises(Rejected, match="no name"):
            use(name)
    with pytest.raises(Rejected, match="no name"):
        library.add(onnx_card(name, NET), NET)


def test_removes_a_model_and_leaves_strangers_files(library: Library, tiny: ModelCard) -> None:
    library.add(replace(tiny, name="other"), NET)
    (library.place("other") / "diary.txt").write_text("mine")
    library.remove("tiny")
    library.remove("other")
    assert library.names() == (DEFAULT,)
    assert [path.name for path in library.folder.rglob("*")] == ["other", "diary.txt"]
    with pytest.raises(NoSuchModel):
        library.remove("other")


def test_removes_what_a_broken_fetch_left(library: Library) -> None:
    place = library.place("zhang16")
    place.mkdir(parents=True)
    (place / "colorization_release_v2.caffemodel.part").write_bytes(b"half")
    (place / "pts_in_hull.npy").write_bytes(b"whole")
    library.remove("zhang16")
    assert not place.exists()


def test_opens_a_file_of_ones_own(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(NET)
    card, weights = library.open(str(path), load)
    assert (card.name, weights) == ("mine", NET)
    with pytest.raises(Rejected, match=r"gone\.onnx: no such file"):
        library.open(str(tmp_path / "gone.onnx"), load)
