"""Converted networks, checked and run."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort

if TYPE_CHECKING:
    from collections.abc import Mapping

Array: TypeAlias = npt.NDArray[np.float32]


def check(model: bytes) -> None:
    """Check a model by ONNX's rules, with the shapes that follow from them."""
    onnx.checker.check_model(onnx.load_model_from_string(model), full_check=True)


def open_model(model: bytes) -> ort.InferenceSession:
    """Open a model on one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(model: bytes | ort.InferenceSession, inputs: Mapping[str, Array]) -> Array:
    """Run a model that has one output."""
    session = open_model(model) if isinstance(model, bytes) else model
    (answer,) = session.run(None, dict(inputs))
    assert isinstance(answer, np.ndarray)
    return answer


def assert_close(answer: Array, wanted: Array, *, within: float = 1e-3) -> None:
    """Compare by the largest difference, as a part of the range of what is wanted; that range has to be one."""
    span = float(np.ptp(wanted))
    assert answer.shape == wanted.shape
    assert span > 0.05
    assert np.isfinite(answer).all()
    assert float(np.abs(answer - wanted).max()) < within * span
