from __future__ import annotations

import hashlib
import json

import pytest

from functions.colorise.models.card_file import read_card
from functions.colorise.models.library import PACKAGE
from functions.colorise.models.shelf import SHELF

SHIPPED = [name for name, card in SHELF.items() if not card.built_from and not card.weights.mirrors]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_card_beside_a_shipped_network_is_what_the_program_knows_by_heart(name: str) -> None:
    assert read_card(PACKAGE / f"{name}.json") == SHELF[name]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_is_the_file_its_card_describes_and_small(name: str) -> None:
    data = (PACKAGE / SHELF[name].weights.name).read_bytes()

    assert hashlib.sha256(data).hexdigest() == SHELF[name].weights.sha256
    assert len(data) == SHELF[name].weights.bytes < 20_000_000


@pytest.mark.parametrize("name", SHIPPED)
def test_the_card_says_how_the_network_was_made_and_what_it_is_not_for(name: str) -> None:
    fields = json.loads((PACKAGE / f"{name}.json").read_text())

    assert len(fields["made"]["commit"].removesuffix("+changes")) == 40
    assert [run["run"] for run in fields["made"]["runs"]]
    assert len(fields["agreement_ab"]) == 3
    assert max(fields["agreement_ab"].values()) < 0.05
    assert fields["intended_use"]
    assert fields["not_intended_for"]
    assert "Apache" in fields["attribution"]
    assert fields["data"]
