"""Networks of a few kilobytes, made from numbers, in the formats a person may bring."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from functions.colorise.models.caffe.proto import caffe_messages
from functions.colorise.models.card import ModelCard
from functions.colorise.models.pinned import pin
from functions.colorise.session import NetworkSession

if TYPE_CHECKING:
    import numpy.typing as npt

    from functions.colorise.models.card import ModelFile

POINTS: npt.NDArray[np.float32] = np.array([[40, 40], [-40, 40], [0, -60]], np.float32)
"""(3, 2), a* and b* of three bins' centres."""

PROTOTXT = b"""
name: 'tiny'  # as the real one, it ends in a layer whose weights are the points
layer { name: 'data_l' type: 'Input' top: 'data_l' input_param { shape { dim: 1 dim: 1 dim: 32 dim: 32 } } }
layer { name: 'conv' type: 'Convolution' bottom: 'data_l' top: 'conv'
        convolution_param { num_output: 3 kernel_size: 4 stride: 4 } }
layer { name: 'prob' type: 'Softmax' bottom: 'conv' top: 'prob' }
layer { name: 'class8_ab' type: 'Convolution' bottom: 'prob' top: 'class8_ab'
        convolution_param { num_output: 2 kernel_size: 1 bias_term: false } }
layer { name: 'silence' type: 'Silence' bottom: 'class8_ab' }
"""


def load(weights: bytes, card: ModelCard) -> NetworkSession:
    return NetworkSession(weights, card, gpus=())


def onnx_net(  # noqa: PLR0913 - all that a test may want odd
    *,
    height: int | str = "h",
    width: int | str = "w",
    channels: int = 2,
    halved: int = 4,
    stride: int = 4,
    gain: float = 0.1,
) -> bytes:
    """Write a network: L* averaged over halved x halved pixels, times `gain` up to `channels`, at 1 / stride."""
    grown = halved // stride
    weights = (np.arange(1, channels + 1, dtype=np.float32) * gain).reshape(1, channels, 1, 1)
    nodes = [
        helper.make_node("AveragePool", ["l"], ["small"], kernel_shape=[halved] * 2, strides=[halved] * 2),
        helper.make_node("ConvTranspose", ["small", "k"], ["ab"], kernel_shape=[grown] * 2, strides=[grown] * 2),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("l", TensorProto.FLOAT, ["n", 1, height, width])],
        [helper.make_tensor_value_info("ab", TensorProto.FLOAT, ["n", channels, "h_out", "w_out"])],
        [numpy_helper.from_array(np.tile(weights, (1, 1, grown, grown)), "k")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def onnx_card(name: str, weights: bytes) -> ModelCard:
    return ModelCard(
        name=name,
        summary="a tiny one",
        weights=pin(f"{name}.onnx", weights),
        licence="MIT",
        source="tests",
        multiple=4,
    )


def caffemodel() -> bytes:
    """Weights for PROTOTXT; those of class8_ab are missing, as in the real file."""
    messages = caffe_messages()
    generator = np.random.default_rng(7)
    layer = messages["LayerWeights"](name=b"conv")
    for shape in ((3, 1, 4, 4), (3,)):
        values = generator.normal(0, 0.05, shape).astype(np.float32)
        layer.blobs.append(messages["BlobProto"](shape={"dim": shape}, data=values.ravel()).SerializeToString())
    return bytes(messages["NetWeights"](layer=[layer.SerializeToString()]).SerializeToString())


def npy(array: npt.NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def caffe_files() -> dict[str, bytes]:
    return {"tiny.prototxt": PROTOTXT, "tiny.caffemodel": caffemodel(), "points.npy": npy(POINTS)}


def caffe_card(name: str, files: dict[str, bytes], *mirrors: str) -> ModelCard:
    """A card as the shelf has for `zhang16`: no ONNX file yet, and three files to build it from."""

    def pinned(file: str, data: bytes) -> ModelFile:
        plain = pin(file, data)
        return type(plain)(plain.name, plain.bytes, plain.sha256, tuple(f"{base}/{file}" for base in mirrors))

    return ModelCard(
        name=name,
        summary="a tiny one of Caffe's",
        weights=type(pin("", b""))(f"{name}.onnx", 0, ""),
        licence="MIT",
        source="tests",
        built_from=tuple(pinned(file, data) for file, data in files.items()),
        side=32,
        lightness_offset=50.0,
    )
