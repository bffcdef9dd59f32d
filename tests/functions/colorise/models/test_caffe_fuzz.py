from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.colorise.models.caffe.convert import CaffeError, convert
from functions.colorise.models.caffe.layers import LAYER_TYPES
from functions.colorise.models.caffe.proto import caffe_messages
from functions.colorise.models.caffe.writer import caffemodel, data, he, layer, statistics
from tests.functions.colorise.models.onnx_run import check, open_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.colorise.models.caffe.writer import Array

GENERATOR = np.random.default_rng(5)

PROTOTXT = (
    data(1, 2, 6, 6)
    + layer("Convolution", "data", "a", "convolution_param { num_output: 2 kernel_size: 3 pad: 1 stride: 2 }")
    + layer("BatchNorm", "a", "a", "batch_norm_param { eps: 0.001 }", name="norm")
    + layer("Scale", "a", "a", "scale_param { bias_term: true filler { value: 2 } }", name="scale")
    + layer("Pooling", "a", "b", "pooling_param { pool: AVE kernel_size: 2 stride: 1 pad: 1 }")
    + layer("Deconvolution", "b", "c", "convolution_param { num_output: 2 kernel_size: 2 group: 2 stride: 1 }")
    + layer("Crop", "c a", "d", "crop_param { axis: 2 offset: 1 }")
    + layer("Slice", "d", "e f", "slice_param { slice_point: 1 }")
    + layer("Eltwise", "e f", "g", "eltwise_param { operation: SUM coeff: 1 coeff: 0.5 }")
    + layer("Concat", "e g", "h", "concat_param { axis: 1 }")
    + layer("InnerProduct", "h", "out", "inner_product_param { num_output: 2 }", name="fc")
)
BLOBS: dict[str, Sequence[Array]] = {
    "a": [he(GENERATOR, (2, 2, 3, 3)), he(GENERATOR, (2,))],
    "norm": statistics(GENERATOR, 2, count=3),
    "scale": [he(GENERATOR, (2,)), he(GENERATOR, (2,))],
    "c": [he(GENERATOR, (2, 1, 2, 2)), he(GENERATOR, (2,))],
    "fc": [he(GENERATOR, (2, 18)), he(GENERATOR, (2,))],
}
NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "7",
    "64",
    "65536",
    "2147483648",
    "4294967295",
    "18446744073709551616",
    "0x7F",
    "017",
    "0.5",
    "1e30",
    "1e-50",
    "nan",
    "-inf",
]
TOKENS = [
    "{",
    "}",
    "<",
    ">",
    ":",
    ",",
    ";",
    "-",
    "[",
    "]",
    "[a.b]",
    "[a/b] {",
    "'",
    "'\\377'",
    "'\\u00e9'",
    "true",
    "#",
]

SAVED = caffemodel(BLOBS)
OLD = caffemodel(BLOBS, legacy_shape=True, values="unpacked", version_1=True)


def _convert_or_refuse(prototxt: bytes, saved: bytes) -> None:
    """Convert: what comes back is valid, or the files are refused in one line."""
    with contextlib.suppress(CaffeError):
        model = convert(prototxt, saved)
        check(model)
        open_model(model)


def _damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Flip bits, cut out, repeat or put in bytes, a few times over."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        to = min(len(content), at + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["flip", "cut", "end", "repeat", "insert"]))
        if kind == "flip" and at < len(content):
            flipped = content[at] ^ (1 << draw(st.integers(0, 7)))
            content = content[:at] + bytes([flipped]) + content[at + 1 :]
        elif kind == "cut":
            content = content[:at] + content[to:]
        elif kind == "end":
            content = content[:at]
        elif kind == "repeat":
            content = content[:to] + content[at:]
        else:
            content = content[:at] + draw(st.binary(max_size=12)) + content[at:]
    return content


@st.composite
def damaged_caffemodels(draw: st.DrawFn) -> bytes:
    return _damaged(draw, draw(st.sampled_from([SAVED, OLD])))


@st.composite
def damaged_prototxts(draw: st.DrawFn) -> bytes:
    return _damaged(draw, PROTOTXT.encode())


@st.composite
def reworded_prototxts(draw: st.DrawFn) -> str:
    """Draw the prototxt with some of its words replaced by others it could have."""
    words = PROTOTXT.split()
    others = [*NUMBERS, *TOKENS, *(f'"{kind}"' for kind in LAYER_TYPES), *sorted(set(words))]
    for _ in range(draw(st.integers(1, 4))):
        words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(others))
    return " ".join(words)


@st.composite
def strange_caffemodels(draw: st.DrawFn) -> bytes:
    """Draw a caffemodel of the right layers, whose blobs have any shape and any values."""
    messages = caffe_messages()
    sizes = st.one_of(st.integers(0, 20), st.sampled_from([-1, 2**31, 2**62]))
    numbers = st.lists(st.floats(width=32), max_size=12)
    net = messages["NetWeights"]()
    for name in BLOBS:
        blobs = []
        for _ in range(draw(st.integers(0, 3))):
            blob = messages["BlobProto"](data=draw(numbers), double_data=draw(st.one_of(st.just([]), numbers)))
            if draw(st.booleans()):
                blob.shape.dim.extend(draw(st.lists(sizes, max_size=5)))
            else:
                blob.channels = draw(st.integers(-1, 20))
            blobs.append(blob.SerializeToString())
        net.layer.append(messages["LayerWeights"](name=name.encode(), blobs=blobs).SerializeToString())
    saved: bytes = net.SerializeToString()
    return saved


def test_both_files_are_good_before_they_are_damaged() -> None:
    assert convert(PROTOTXT.encode(), SAVED) == convert(PROTOTXT.encode(), OLD)


@given(damaged_caffemodels())
@settings(max_examples=250)
def test_a_damaged_caffemodel_is_converted_or_refused(saved: bytes) -> None:
    _convert_or_refuse(PROTOTXT.encode(), saved)


@given(strange_caffemodels())
@settings(max_examples=100)
def test_a_strange_caffemodel_is_converted_or_refused(saved: bytes) -> None:
    _convert_or_refuse(PROTOTXT.encode(), saved)


@given(st.binary(max_size=300), st.binary(max_size=300))
@settings(max_examples=100)
def test_any_bytes_are_converted_or_refused(prototxt: bytes, saved: bytes) -> None:
    _convert_or_refuse(prototxt, SAVED)
    _convert_or_refuse(PROTOTXT.encode(), saved)


@given(damaged_prototxts())
@settings(max_examples=200)
def test_a_damaged_prototxt_is_converted_or_refused(prototxt: bytes) -> None:
    _convert_or_refuse(prototxt, SAVED)


@given(reworded_prototxts())
@settings(max_examples=300)
def test_a_reworded_prototxt_is_converted_or_refused(prototxt: str) -> None:
    _convert_or_refuse(prototxt.encode(), SAVED)
