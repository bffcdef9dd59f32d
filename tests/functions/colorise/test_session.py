"""Claims about the door to ONNX Runtime, on the shipped network."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import functions.colorise.models
from functions.colorise.models.shelf import SHELF
from functions.colorise.session import ModelUnusable, NetworkSession, NoGpu, available_gpu_providers

CARD = SHELF["small"]
WEIGHTS = Path(functions.colorise.models.__file__).with_name(CARD.weights.name).read_bytes()


@pytest.fixture(scope="module")
def session() -> NetworkSession:
    return NetworkSession(WEIGHTS, CARD, threads=1)


def lightness(*shape: int) -> np.ndarray:
    return np.random.default_rng(8).uniform(0, 100, shape).astype(np.float32)


def test_chroma_comes_at_a_quarter_of_the_size_and_in_labs_range(session: NetworkSession) -> None:
    chroma = session.predict(lightness(96, 160))
    assert chroma.shape == (24, 40, 2)
    assert chroma.dtype == np.float32
    assert np.abs(chroma).max() < 128


def test_a_batch_answers_as_its_pictures_alone(session: NetworkSession) -> None:
    pictures = lightness(3, 64, 96)
    together = session.predict(pictures)
    for picture, answer in zip(pictures, together, strict=True):
        assert np.abs(session.predict(picture) - answer).max() < 0.01


def test_the_same_picture_gives_the_same_bytes(session: NetworkSession) -> None:
    picture = lightness(64, 64)
    again = NetworkSession(WEIGHTS, CARD, threads=1)
    assert session.predict(picture).tobytes() == again.predict(picture).tobytes()


@pytest.mark.parametrize("damage", [b"", b"not a network", WEIGHTS[: len(WEIGHTS) // 2]])
def test_what_is_no_network_is_one_line(damage: bytes) -> None:
    with pytest.raises(ModelUnusable, match=r"model small: .*cannot load small\.onnx") as caught:
        NetworkSession(damage, CARD)
    assert "\n" not in caught.value.reason


def test_a_card_with_the_wrong_stride_is_found_out() -> None:
    wrong = NetworkSession(WEIGHTS, replace(CARD, stride=8), threads=1)
    with pytest.raises(ModelUnusable, match="wrong stride"):
        wrong.predict(lightness(64, 64))


def test_a_card_with_the_wrong_output_is_found_out() -> None:
    wrong = NetworkSession(WEIGHTS, replace(CARD, output="bins", bins=((0.0, 0.0),) * 5), threads=1)
    with pytest.raises(ModelUnusable, match="expected 5 output channels"):
        wrong.predict(lightness(64, 64))


def test_a_size_the_network_cannot_take_is_one_line(session: NetworkSession) -> None:
    with pytest.raises(ModelUnusable, match="small failed on 50x31 pixels") as caught:
        session.predict(lightness(31, 50))
    assert "\n" not in caught.value.reason


def test_answers_in_another_scale_are_brought_to_labs(session: NetworkSession) -> None:
    doubled = NetworkSession(WEIGHTS, replace(CARD, output_scale=2.0), threads=1)
    picture = lightness(64, 64)
    np.testing.assert_array_equal(doubled.predict(picture), 2 * session.predict(picture))


@pytest.mark.skipif(bool(available_gpu_providers()), reason="this machine's ONNX Runtime has a GPU provider")
def test_demanding_a_gpu_where_there_is_none_fails_loudly() -> None:
    with pytest.raises(NoGpu, match="no GPU provider"):
        NetworkSession(WEIGHTS, CARD, require_gpu=True)


def test_nobody_is_told_of_it_and_no_identifier_is_written(tmp_path: Path) -> None:
    """ONNX Runtime would do both; where it takes itself for a test it does not, so it must not know of one."""
    environment = {name: text for name, text in os.environ.items() if name in {"PATH", "LANG", "PYTHONPATH"}}
    picture = Path(__file__).parents[3] / "docs" / "before-after.jpg"
    command = [sys.executable, "-P", "-m", "cli", "photo", str(picture), "-o", str(tmp_path / "out.jpg"), "--force"]
    subprocess.run(command, env={**environment, "HOME": str(tmp_path)}, cwd=picture.parents[1], check=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["out.jpg"]
