from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.colorise.models.caffe import zhang_v2
from functions.colorise.models.caffe.convert import convert
from functions.colorise.models.caffe.writer import caffemodel
from tests.functions.colorise.models import opencv4
from tests.functions.colorise.models.onnx_run import Array, assert_close, check, open_model, run

if TYPE_CHECKING:
    import onnxruntime as ort

SIDE = 64
"""Pixels; a twelfth of the work that the 224 of the prototxt make."""


@pytest.fixture(scope="module")
def weights() -> dict[str, list[Array]]:
    return zhang_v2.weights()


@pytest.fixture(scope="module")
def saved(weights: dict[str, list[Array]]) -> bytes:
    return caffemodel(weights)


@pytest.fixture(scope="module")
def model(saved: bytes) -> bytes:
    return convert(zhang_v2.prototxt().encode(), saved, points=zhang_v2.points())


@pytest.fixture(scope="module")
def session(model: bytes) -> ort.InferenceSession:
    return open_model(model)


@pytest.fixture(scope="module")
def lightness() -> Array:
    """Two pictures, less 50 as the network wants: (2, 1, SIDE, SIDE)."""
    return np.random.default_rng(3).uniform(-50, 50, (2, 1, SIDE, SIDE)).astype(np.float32)


@pytest.fixture(scope="module")
def reference(weights: dict[str, list[Array]], lightness: Array, tmp_path_factory: pytest.TempPathFactory) -> Array:
    """Return what OpenCV 4 makes of the first picture, (1, 2, SIDE / 4, SIDE / 4).

    Its importer reads neither points nor fillers, so both are written into its caffemodel, as Zhang's demo does.
    """
    complete = caffemodel(zhang_v2.complete(weights))
    question = opencv4.Question(zhang_v2.prototxt(SIDE), complete, {"data_l": lightness[:1]}, "class8_ab")
    return opencv4.answers({"zhang": question}, tmp_path_factory.mktemp("zhang"))["zhang"]


def test_the_network_of_zhang_computes_what_opencv_4_computes(
    session: ort.InferenceSession, lightness: Array, reference: Array
) -> None:
    answer = run(session, {"data_l": lightness[:1]})
    assert np.ptp(reference) > 10  # of a* and b*: not all grey
    assert_close(answer, reference)


def test_the_original_prototxt_computes_the_same(saved: bytes, lightness: Array, reference: Array) -> None:
    original = opencv4.ROOT.parent / "shared/zhang/colorization_deploy_v2.prototxt"
    if not original.is_file():
        pytest.skip(f"the authors' prototxt is not ours to keep, and {original} is missing")
    model = convert(original.read_bytes(), saved, points=zhang_v2.points())
    assert_close(run(model, {"data_l": lightness[:1]}), reference)


def test_the_input_has_a_free_batch_height_and_width(session: ort.InferenceSession, lightness: Array) -> None:
    assert [(value.name, value.shape) for value in session.get_inputs()] == [("data_l", ["n", 1, "h", "w"])]
    assert [value.name for value in session.get_outputs()] == ["class8_ab"]
    both = run(session, {"data_l": lightness[:, :, :32, :48]})
    assert both.shape == (2, 2, 8, 12)
    first = run(session, {"data_l": lightness[:1, :, :32, :48]})
    assert_close(both[:1], first, within=1e-4)


def test_the_model_is_valid_onnx(model: bytes) -> None:
    check(model)
