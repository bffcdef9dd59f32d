from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.colorise.models.card_file import card_to_json
from functions.colorise.models.library import Library
from functions.colorise.models.onnx_file import grey_ramp, open_file, survey
from functions.colorise.models.onnx_shape import declared_size
from functions.colorise.models.pinned import WrongBytes, pin
from functions.colorise.models.shelf import SHELF
from functions.errors import Rejected
from tests.tiny_models import load, onnx_card, onnx_net

if TYPE_CHECKING:
    from pathlib import Path


def test_finds_the_shipped_models_shape_out(tmp_path: Path) -> None:
    library = Library(tmp_path)
    card = library.find("small")
    assert survey(library.weights(card), replace(card, multiple=1, stride=1), load) == card


@pytest.mark.parametrize(("halved", "stride"), [(1, 1), (4, 4), (8, 2), (32, 4), (64, 1)])
def test_finds_stride_and_multiple_of_a_free_size(halved: int, stride: int) -> None:
    net = onnx_net(halved=halved, stride=stride)
    card = survey(net, onnx_card("tiny", net), load)
    assert (card.square, card.side, card.multiple, card.stride) == (False, 256, halved, stride)


def test_finds_a_fixed_side() -> None:
    net = onnx_net(height=96, width=96)
    card = survey(net, onnx_card("tiny", net), load)
    assert (card.square, card.side, card.multiple, card.stride) == (True, 96, 96, 4)
    assert load(net, card).predict(grey_ramp(96, 96)).shape == (24, 24, 2)


def test_takes_a_network_that_is_free_in_name_only_for_a_fixed_one() -> None:
    net = onnx_net(width=256)
    assert survey(net, onnx_card("tiny", net), load).square


@pytest.mark.parametrize(
    ("net", "complaint"),
    [
        (b"", "cannot load"),
        (b"GIF89a", "cannot load"),
        (onnx_net(height=96, width=128), "128x96 pixels only"),
        (onnx_net(channels=3), "expected 2 output channels"),
        (onnx_net(gain=10), "beyond 150"),
        (onnx_net(gain=float("nan")), "not finite"),
        (onnx_net(halved=48), "not a whole number of times smaller"),
    ],
    ids=["empty", "no-onnx", "oblong", "three-channels", "too-vivid", "not-a-number", "cut-off"],
)
def test_refuses_what_gives_no_chroma(net: bytes, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.onnx"
    path.write_bytes(net)
    with pytest.raises(Rejected, match=complaint):
        open_file(path, load)


def test_draws_up_a_card_for_a_file(tmp_path: Path) -> None:
    net = onnx_net(halved=16)
    path = tmp_path / "Mine 2.onnx"
    path.write_bytes(net)
    card, weights = open_file(path, load)
    assert weights == net
    assert card.weights == pin("Mine 2.onnx", net)
    assert (card.name, card.multiple, card.stride, card.licence) == ("Mine 2", 16, 4, "not stated")


def test_believes_the_card_beside_the_file(tmp_path: Path) -> None:
    net = onnx_net()
    (tmp_path / "mine.onnx").write_bytes(net)
    said = replace(onnx_card("mine", net), lightness_offset=50.0, licence="CC0-1.0")
    (tmp_path / "mine.json").write_bytes(card_to_json(said))
    assert open_file(tmp_path / "mine.onnx", load) == (said, net)
    (tmp_path / "mine.json").write_bytes(card_to_json(replace(said, weights=SHELF["zhang16"].weights)))
    assert open_file(tmp_path / "mine.onnx", load) == (said, net)  # a card may leave the hash open


def test_a_file_that_is_not_its_cards_is_refused(tmp_path: Path) -> None:
    net = onnx_net()
    (tmp_path / "mine.onnx").write_bytes(net)
    (tmp_path / "mine.json").write_bytes(card_to_json(onnx_card("mine", net + b"!")))
    with pytest.raises(WrongBytes, match=pin("", net).sha256):
        open_file(tmp_path / "mine.onnx", load)


def test_the_ramp_goes_from_black_to_white() -> None:
    ramp = grey_ramp(2, 5)
    np.testing.assert_array_equal(ramp, np.array([[0, 25, 50, 75, 100]] * 2, np.float32))


@pytest.mark.parametrize(
    ("net", "size"),
    [
        (onnx_net(), (None, None)),
        (onnx_net(height=96, width=128), (96, 128)),
        (onnx_net(width=64), (None, 64)),
        (b"", (None, None)),
        (b"GIF89a", (None, None)),
    ],
    ids=["free", "fixed", "half-fixed", "empty", "no-onnx"],
)
def test_reads_the_declared_size(net: bytes, size: tuple[int | None, int | None]) -> None:
    assert declared_size(net) == size
