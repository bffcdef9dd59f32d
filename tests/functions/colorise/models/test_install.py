from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.colorise.models.caffe.convert import convert
from functions.colorise.models.caffe.pair import read_points
from functions.colorise.models.install import Description, fetch_model, import_caffe, import_onnx
from functions.colorise.models.library import Library
from functions.colorise.models.onnx_file import grey_ramp
from functions.colorise.models.pinned import WrongBytes, pin
from functions.colorise.models.shelf import SHELF
from functions.colorise.models.sources import FilesMissing
from functions.errors import Postponed, Rejected, Unreadable
from tests.tiny_models import POINTS, caffe_card, caffe_files, load, npy, onnx_net

if TYPE_CHECKING:
    from pathlib import Path

    from functions.colorise.models.card import ModelCard, ModelFile

FILES = caffe_files()
CARD = caffe_card("zhang16", FILES, "https://models.example")


class Network:
    """Brings files out of FILES, until it is `down`."""

    def __init__(self) -> None:
        self.down = False
        self.brought: list[str] = []

    def __call__(self, file: ModelFile, target: Path) -> None:
        if self.down:
            msg = "models.example: no connection"
            raise Postponed(msg, after_seconds=1)
        self.brought.append(file.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(FILES[file.name])


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "models", shelf={"zhang16": CARD})


def folder_with(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(FILES[name])
    return folder


def kept(library: Library) -> set[str]:
    return {path.name for path in library.place("zhang16").iterdir()}


def test_a_caffe_model_is_fetched_converted_and_kept(library: Library, network: Network) -> None:
    made = fetch_model(library, CARD, convert=convert, load=load, fetch=network)
    card, weights = library.open("zhang16", load)
    assert card == made
    assert card.weights == pin("zhang16.onnx", weights)
    assert (card.side, card.square, card.multiple, card.stride) == (32, False, 4, 4)
    assert card.built_from == CARD.built_from
    assert kept(library) == {"card.json", "zhang16.onnx"}
    chroma = load(weights, card).predict(grey_ramp(64, 96))
    assert chroma.shape == (16, 24, 2)
    assert np.abs(chroma).max() > 5  # the points are in the network


def test_the_sources_stay_when_asked_to(library: Library, network: Network) -> None:
    fetch_model(library, CARD, convert=convert, load=load, fetch=network, keep=True)
    assert kept(library) == {"card.json", "zhang16.onnx", *FILES}


def test_files_that_were_brought_need_no_network(library: Library, network: Network, tmp_path: Path) -> None:
    network.down = True
    brought = folder_with(tmp_path / "stick", *FILES)
    fetch_model(library, CARD, convert=convert, load=load, fetch=network, brought=brought)
    assert library.names() == ("zhang16",)
    assert {path.name for path in brought.iterdir()} == set(FILES)


def test_files_in_the_models_folder_need_no_network(library: Library, network: Network) -> None:
    network.down = True
    folder_with(library.place("zhang16"), *FILES)
    fetch_model(library, CARD, convert=convert, load=load, fetch=network)
    assert kept(library) == {"card.json", "zhang16.onnx"}


def test_asks_the_network_for_what_is_missing_only(library: Library, network: Network, tmp_path: Path) -> None:
    brought = folder_with(tmp_path / "stick", "tiny.caffemodel")
    fetch_model(library, CARD, convert=convert, load=load, fetch=network, brought=brought)
    assert network.brought == ["tiny.prototxt", "points.npy"]


def test_without_a_network_it_names_what_is_missing(library: Library, network: Network) -> None:
    network.down = True
    place = folder_with(library.place("zhang16"), "points.npy")
    with pytest.raises(FilesMissing, match=r"zhang16 cannot be fetched now: models\.example: no connection") as caught:
        fetch_model(library, CARD, convert=convert, load=load, fetch=network)
    listing = caught.value.listing()
    assert str(place) in listing
    for file in CARD.built_from:
        for word in (file.name, f"{file.bytes} bytes", file.sha256, *file.mirrors):
            assert (word in listing) == (file.name != "points.npy")


def test_a_wrong_file_in_the_models_folder_is_fetched_again(library: Library, network: Network) -> None:
    place = folder_with(library.place("zhang16"), *FILES)
    (place / "points.npy").write_bytes(b"?" * len(FILES["points.npy"]))
    network.down = True
    with pytest.raises(FilesMissing, match=r"points\.npy is not the file it should be"):
        fetch_model(library, CARD, convert=convert, load=load, fetch=network)
    network.down = False
    fetch_model(library, CARD, convert=convert, load=load, fetch=network)
    assert network.brought == ["points.npy"]


def test_a_wrong_file_that_was_brought_is_refused(library: Library, network: Network, tmp_path: Path) -> None:
    brought = folder_with(tmp_path / "stick", *FILES)
    (brought / "points.npy").write_bytes(b"?" * len(FILES["points.npy"]))
    with pytest.raises(WrongBytes, match=pin("", FILES["points.npy"]).sha256):
        fetch_model(library, CARD, convert=convert, load=load, fetch=network, brought=brought)
    assert library.names() == ()


def test_sources_survive_a_conversion_that_fails(library: Library, network: Network) -> None:
    def breaks(*_: object, **__: object) -> bytes:
        msg = "layer 'conv': unknown"
        raise Unreadable(msg, code="bad-caffe")

    with pytest.raises(Unreadable):
        fetch_model(library, CARD, convert=breaks, load=load, fetch=network)
    assert kept(library) == set(FILES)
    assert library.names() == ()


def test_a_card_that_names_no_caffe_files_is_refused(library: Library, network: Network) -> None:
    card = dataclasses.replace(CARD, built_from=CARD.built_from[1:])
    with pytest.raises(Rejected, match=r"no \.prototxt"):
        fetch_model(library, card, convert=convert, load=load, fetch=network)


def test_imports_an_onnx_file(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "Net.onnx"
    path.write_bytes(onnx_net(halved=8))
    card = import_onnx(library, "mine", path, Description(side=64, lightness_offset=50.0, licence="CC0-1.0"), load)
    assert library.find("mine") == card
    assert (card.side, card.multiple, card.lightness_offset, card.licence) == (64, 8, 50.0, "CC0-1.0")
    assert card.weights.name == "mine.onnx"


def test_imports_an_onnx_file_of_bins(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_net(channels=3))
    bins = tuple((float(a), float(b)) for a, b in POINTS)
    card = import_onnx(library, "mine", path, Description(output="bins", bins=bins), load)
    kept_card, weights = library.open("mine", load)
    chroma = load(weights, kept_card).predict(grey_ramp(64, 64))
    assert kept_card == card
    assert card.bins == bins
    assert chroma.shape == (16, 16, 2)


@pytest.mark.parametrize(("output", "points"), [("ab", POINTS), ("bins", None)])
def test_imports_a_caffe_network(
    library: Library, tmp_path: Path, output: str, points: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None
) -> None:
    stick = folder_with(tmp_path, *FILES)
    bins = tuple((float(a), float(b)) for a, b in POINTS)
    said = Description(side=64, lightness_offset=50.0)
    if output == "bins":
        said = dataclasses.replace(said, output="bins", bins=bins)
    card = import_caffe(
        library,
        "mine",
        said,
        convert,
        load,
        prototxt=stick / "tiny.prototxt",
        caffemodel=stick / "tiny.caffemodel",
        points=points,
        blob="conv" if output == "bins" else None,
    )
    assert library.find("mine") == card
    assert (card.output, card.side) == (output, 64)
    assert [file.sha256 for file in card.built_from] == [
        pin("", FILES[name]).sha256 for name in ("tiny.prototxt", "tiny.caffemodel")
    ]


def test_a_network_that_fails_the_trial_is_not_kept(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_net(gain=10))
    with pytest.raises(Rejected, match="beyond 150"):
        import_onnx(library, "mine", path, Description(), load)
    assert library.names() == ()


def test_a_fixed_network_keeps_its_own_side(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_net(height=96, width=96))
    with pytest.raises(Rejected, match="takes 96x96 pixels only"):
        import_onnx(library, "mine", path, Description(side=64), load)


@pytest.mark.parametrize("name", ["small", "zhang16", "taken", "../mine"])
def test_an_import_takes_nobodys_name(tmp_path: Path, name: str) -> None:
    library = Library(tmp_path / "models")
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_net())
    import_onnx(library, "taken", path, Description(), load)
    with pytest.raises(Rejected, match=r"name|here already"):
        import_onnx(library, name, path, Description(), load)


def test_points_are_read_without_executing_anything() -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (pytest.fail, ("a pickle was executed",))

    with pytest.raises(Unreadable, match=r"no \.npy file of numbers"):
        read_points(npy(np.array([Trap()], object)), where="p.npy")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        npy(np.zeros((313, 3))),
        npy(np.zeros(2)),
        npy(np.zeros((0, 2))),
        npy(np.full((5, 2), np.nan)),
        npy(np.array([["a", "b"], ["c", "d"]])),
        npy(POINTS)[:-4],
        npy(POINTS).replace(b"(3, 2)", b"(9000000000000, 2)"),
    ],
)
def test_refuses_points_of_another_shape(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^p\.npy"):
        read_points(data, where="p.npy")


def test_reads_points_of_any_number_type() -> None:
    points = read_points(npy(POINTS.astype(np.int64)), where="p.npy")
    assert points.dtype == np.float32
    np.testing.assert_array_equal(points, POINTS)


def test_the_shelf_names_every_file_it_needs() -> None:
    card: ModelCard = SHELF["zhang16"]
    assert sorted(file.name.rpartition(".")[2] for file in card.built_from) == ["caffemodel", "npy", "prototxt"]
    assert all(mirror.startswith("https://") for file in card.built_from for mirror in file.mirrors)
