"""Claims about the engine, on the shipped network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import functions.colorise.models
from functions.color.color_space import luma_of
from functions.color.measures import colourfulness
from functions.colorise.coloriser import Coloriser
from functions.colorise.models.shelf import SHELF
from functions.colorise.session import NetworkSession
from tests.pictures import in_grey, resized

CARD = SHELF["small"]
WEIGHTS = Path(functions.colorise.models.__file__).with_name(CARD.weights.name).read_bytes()


@pytest.fixture(scope="module")
def coloriser() -> Coloriser:
    return Coloriser(NetworkSession(WEIGHTS, CARD, threads=1), side=128)


@pytest.mark.parametrize("name", ["astronaut", "camera", "coffee", "chelsea", "rocket"])
def test_every_sample_gets_colour_and_keeps_its_luma(coloriser: Coloriser, name: str) -> None:
    luma = in_grey(name)
    painted = coloriser.paint(luma, coloriser.chroma(luma))
    assert colourfulness(painted) > 8
    assert np.abs(luma_of(painted).astype(int) - luma).max() <= 1


def test_sixteen_bits_stay_sixteen_bits(coloriser: Coloriser) -> None:
    luma = in_grey("astronaut").astype(np.uint16) * 257
    painted = coloriser.paint(luma, coloriser.chroma(luma))
    assert painted.dtype == np.uint16
    assert np.abs(luma_of(painted).astype(int) - luma).max() <= 1
    assert len(np.unique(painted[..., 0])) > 1000


@settings(max_examples=15)
@given(height=st.integers(1, 70), width=st.integers(1, 70), seed=st.integers(0, 999))
def test_any_size_is_coloured(coloriser: Coloriser, height: int, width: int, seed: int) -> None:
    luma = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    painted = coloriser.paint(luma, coloriser.chroma(luma))
    assert painted.shape == (height, width, 3)
    assert np.abs(luma_of(painted).astype(int) - luma).max() <= 1


def test_saturation_runs_from_grey_to_vivid(coloriser: Coloriser) -> None:
    luma = in_grey("astronaut")
    field = coloriser.chroma(luma)
    figures = [colourfulness(coloriser.paint(luma, field, saturation=value)) for value in (0, 0.5, 1, 2)]
    assert figures[0] == pytest.approx(0, abs=0.5)
    assert figures == sorted(figures)
    assert figures[3] > figures[2] * 1.3


def test_batches_do_not_change_the_colours(coloriser: Coloriser) -> None:
    luma = in_grey("coffee")
    alone = coloriser.chroma(luma)
    mirrored = np.ascontiguousarray(luma[:, ::-1])
    together = coloriser.chroma_batch([coloriser.look(mirrored), coloriser.look(luma)])[1]
    assert np.abs(alone.cb_offset - together.cb_offset).max() < 0.1


def test_the_network_sees_a_picture_in_its_own_shape_up_to_four_to_one(coloriser: Coloriser) -> None:
    sizes = [coloriser.network_size(*size) for size in ((100, 100), (1000, 2000), (2000, 1000), (50, 20_000))]
    assert sizes == [(128, 128), (96, 192), (192, 96), (64, 256)]


def test_a_card_that_is_square_gets_squares() -> None:
    session = NetworkSession(WEIGHTS, replace(CARD, square=True), threads=1)
    assert Coloriser(session, side=96).network_size(100, 900) == (96, 96)


def test_colours_survive_a_change_of_size() -> None:
    coloriser = Coloriser(NetworkSession(WEIGHTS, CARD, threads=1), side=128)
    luma = in_grey("astronaut")
    large = np.kron(luma, np.ones((2, 2), np.uint8))
    small_painted = coloriser.paint(luma, coloriser.chroma(luma))
    large_painted = coloriser.paint(large, coloriser.chroma(large))
    back = resized(large_painted.astype(np.uint8), luma.shape)
    assert np.abs(back.astype(int) - small_painted).mean() < 4
