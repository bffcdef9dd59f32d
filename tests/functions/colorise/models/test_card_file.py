from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from functions.colorise.models.card_file import (
    CARD_BYTES,
    BadCard,
    card_from_json,
    card_to_json,
    check_name,
    read_card,
)
from functions.colorise.models.shelf import SHELF
from functions.errors import Rejected

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", SHELF)
def test_a_card_survives_its_file(name: str) -> None:
    card = replace(SHELF[name], output="bins", bins=((1.5, -2.0), (0.0, 110.0)))
    assert card_from_json(card_to_json(card), where="a file") == card


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", "../small", "no model's name"),
        ("side", 0, "at least 1"),
        ("side", "wide", "side: "),
        ("temperature", 0, "temperature"),
        ("lightness_scale", 0, "lightness_scale"),
        ("output", "bins", "no bins"),
        ("output", "rgb", "output: "),
        ("weights", {"name": "../../x.onnx", "bytes": 1, "sha256": ""}, "plain file name"),
        ("weights", {"name": "card.json", "bytes": 1, "sha256": ""}, "plain file name"),
        ("weights", {"name": "x.onnx", "bytes": -1, "sha256": ""}, "negative"),
        ("weights", {"name": "x.onnx"}, "weights.bytes: "),
    ],
)
def test_refuses_what_no_model_can_be(field: str, value: object, complaint: str) -> None:
    fields = json.loads(card_to_json(SHELF["small"]))
    fields[field] = value
    with pytest.raises(BadCard, match=complaint) as caught:
        card_from_json(json.dumps(fields).encode(), where="x/card.json")
    assert str(caught.value).startswith("x/card.json is no ")
    assert "\n" not in str(caught.value)


def test_ignores_fields_of_a_later_version() -> None:
    fields = json.loads(card_to_json(SHELF["small"]))
    fields["mood"] = "sunny"
    assert card_from_json(json.dumps(fields).encode(), where="") == SHELF["small"]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_refuses_what_is_no_json_of_a_card(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes(data)
    with pytest.raises(BadCard, match="is no model's card"):
        read_card(tmp_path / "card.json")


def test_does_not_read_a_card_that_is_too_large_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes(b" " * (CARD_BYTES + 1))
    with pytest.raises(BadCard, match=f"{CARD_BYTES + 1} bytes"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize("name", ["a", "zhang16", "my-net.v2_b", "a" * 64])
def test_takes_plain_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "a/b", "a\\b", "/a", ".a", "a.", "-a", "A", "a b", "a\n", "ä", "a" * 65]
)
def test_refuses_names_that_are_no_folder_everywhere(name: str) -> None:
    with pytest.raises(Rejected, match="no name for a model"):
        check_name(name)
