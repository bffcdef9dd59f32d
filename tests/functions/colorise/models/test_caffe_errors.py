from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.colorise.models.caffe.convert import CaffeError, convert
from functions.colorise.models.caffe.proto import caffe_messages
from functions.colorise.models.caffe.writer import caffemodel, data, he, layer, statistics
from tests.functions.colorise.models.caffe_cases import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from functions.colorise.models.caffe.writer import Array

GENERATOR = np.random.default_rng(4)
FILTERS = [he(GENERATOR, (5, 4, 3, 3)), he(GENERATOR, (5,))]
SETTINGS = "num_output: 5 kernel_size: 3"


def _one(kind: str, settings: str = "", bottoms: str = "data") -> str:
    return DATA + layer(kind, bottoms, "out", settings)


def _convolution(settings: str, kind: str = "Convolution") -> str:
    return _one(kind, f"convolution_param {{ {settings} }}")


PROTOTXTS: Mapping[str, tuple[str, str]] = {
    "unknown type": (_one("Warp"), r"prototxt: layer 'out' \(Warp\): layers of this type cannot be converted"),
    "unknown V1 type": (
        'input: "data" input_shape { dim: 1 } layers { name: "n" type: LRN bottom: "data" top: "out" }',
        r"prototxt: layer 'n' \(LRN\): layers of this type cannot be converted",
    ),
    "no type": (DATA + 'layer { name: "out" bottom: "data" top: "out" }', r"layer 'out' \(no type\)"),
    "empty": ("", "prototxt: no layer computes anything"),
    "inputs alone": (DATA, "prototxt: no layer computes anything"),
    "both layer and layers": (_one("TanH") + "layers { type: TANH }", "both `layer` and `layers`"),
    "unknown bottom": (_one("TanH", bottoms="later"), "no layer before it makes its bottom 'later'"),
    "top made twice": (_one("TanH") + layer("ReLU", "data", "out"), "blob 'out' is made twice"),
    "input made twice": (DATA + DATA, r"layer 'data' \(Input\): blob 'data' is made twice"),
    "input without a shape": ('input: "data"', "1 inputs are named, and shapes are given for 0"),
    "input of no size": (data(1, 0, 5, 5), "a blob of 1x0x5x5"),
    "input beyond counting": (data(1, 1, 2**31, 2**31), "more than Caffe can count"),
    "input dims left over": ('input: "data" input_dim: 1 input_dim: 2', "1 inputs are named"),
    "no bottom": (DATA + 'layer { name: "n" type: "TanH" top: "out" }', r"layer 'n' \(TanH\): has 0 bottoms"),
    "two tops": (DATA + layer("Pooling", "data", "out mask"), "has 2 tops"),
    "no text": ("layer {", "prototxt: "),
    "number too large": (_convolution("num_output: 99999999999"), "prototxt: "),
    "not a field's value": (_convolution("num_output: MAX"), "prototxt: "),
    "num_output missing": (_convolution("kernel_size: 3"), "num_output 0 of 4 channels"),
    "kernel missing": (_convolution("num_output: 5"), "kernel is given for 0 axes"),
    "kernel of 0": (_convolution("num_output: 5 kernel_size: 0"), "kernel of 0x0"),
    "kernel_w missing": (_convolution("num_output: 5 kernel_h: 3"), "kernel of 3x0"),
    "kernel given twice over": (_convolution(f"{SETTINGS} kernel_h: 3 kernel_w: 3"), "both once and as"),
    "three kernels": (_convolution(f"{SETTINGS} kernel_size: 3 kernel_size: 3"), "kernel is given for 3 axes"),
    "stride of 0": (_convolution(f"{SETTINGS} stride: 0"), "stride of 0x0"),
    "dilation of 0": (_convolution(f"{SETTINGS} dilation: 0"), "dilation of 0x0"),
    "group of 0": (_convolution(f"{SETTINGS} group: 0"), "in 0 groups"),
    "uneven groups": (_convolution(f"{SETTINGS} group: 3"), "in 3 groups"),
    "other channel axis": (_convolution(f"{SETTINGS} axis: 2"), "convolves along axis 2"),
    "too small for the kernel": (
        data(1, 4, 2, 2) + layer("Convolution", "data", "out", f"convolution_param {{ {SETTINGS} }}"),
        "makes a blob of 1x5x0x0",
    ),
    "padding beyond counting": (_convolution(f"{SETTINGS} pad: 4000000000"), "more than Caffe can count"),
    "stride beyond counting": (
        DATA + layer("Deconvolution", "data", "out", f"convolution_param {{ {SETTINGS} stride: 900000 }}"),
        "caffemodel: layer 'out' .Deconvolution.: blob 0 is 5x4x3x3, the prototxt asks for 4x5x3x3",
    ),
    "no picture": (
        data(1, 4) + layer("Convolution", "data", "out", f"convolution_param {{ {SETTINGS} }}"),
        r"reads a blob of 1x4, where \(N, C, H, W\) is needed",
    ),
    "stochastic pooling": (_one("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"), "stochastic"),
    "padding as wide as the kernel": (
        _one("Pooling", "pooling_param { kernel_size: 2 pad: 2 }"),
        "pads by 2x2 around a kernel of 2x2",
    ),
    "pooling beyond the picture": (_one("Pooling", "pooling_param { kernel_size: 12 }"), "does not fit in 9x11"),
    "global pooling with a kernel": (
        _one("Pooling", "pooling_param { global_pooling: true kernel_size: 2 }"),
        "global pooling takes no kernel",
    ),
    "silence that makes something": (_one("Silence"), r"layer 'out' \(Silence\): has 1 tops"),
    "a slope that is no number": (_one("ReLU", "relu_param { negative_slope: nan }"), "negative_slope is no number"),
    "an infinite eps": (_one("BatchNorm", "batch_norm_param { eps: inf }"), "an eps of inf"),
    "V1 type by a number": ("layers { type: 99 }", "prototxt: line 1: "),
    "axis beyond the blob": (_one("Softmax", "softmax_param { axis: 4 }"), "axis 4 of a blob of 1x4x9x11"),
    "negative axis beyond the blob": (_one("Concat", "concat_param { axis: -5 }"), "axis -5 of a blob"),
    "concat of unequal blobs": (
        DATA + data(1, 4, 9, 12, name="other") + layer("Concat", "data other", "out"),
        "its bottoms are 1x4x9x11 and 1x4x9x12",
    ),
    "eltwise of unequal blobs": (
        DATA + data(1, 4, 9, name="other") + layer("Eltwise", "data other", "out"),
        "its bottoms are 1x4x9x11 and 1x4x9",
    ),
    "too few coefficients": (
        _one("Eltwise", "eltwise_param { coeff: 1 }", "data data"),
        "1 coefficients for 2 bottoms",
    ),
    "coefficients of a product": (
        _one("Eltwise", "eltwise_param { operation: PROD coeff: 1 coeff: 1 }", "data data"),
        "sums alone take any",
    ),
    "uneven slices": (DATA + layer("Slice", "data", "a b c"), "4 cannot be sliced into 3"),
    "slice points out of order": (
        DATA + layer("Slice", "data", "a b c", "slice_param { slice_point: 3 slice_point: 1 }"),
        "2 slice points for 3 tops",
    ),
    "crop outside": (
        DATA + data(1, 4, 9, 11, name="other") + layer("Crop", "data other", "out", "crop_param { offset: 1 }"),
        "is not inside 1x4x9x11",
    ),
    "crop with too many offsets": (
        DATA
        + data(1, 4, 5, 5, name="other")
        + layer("Crop", "data other", "out", "crop_param { offset: 1 offset: 1 offset: 1 }"),
        "3 offsets for 1x4x9x11",
    ),
    "scale past the end": (_one("Scale", "scale_param { axis: 2 num_axes: 3 }"), "covers 3 axes from axis 2"),
    "scale by a blob of another shape": (
        DATA + data(5, name="other") + layer("Scale", "data other", "out"),
        "its bottoms are 1x4x9x11 and 5",
    ),
    "inner product of nothing": (_one("InnerProduct", "inner_product_param { }"), "num_output is missing"),
}


@pytest.mark.parametrize("name", PROTOTXTS)
def test_a_prototxt_that_describes_no_network_is_refused(name: str) -> None:
    prototxt, fault = PROTOTXTS[name]
    with pytest.raises(CaffeError, match=fault) as refusal:
        convert(prototxt.encode(), caffemodel({"out": FILTERS}))
    assert str(refusal.value).isprintable()


CONVOLUTION = _convolution(SETTINGS)
WEIGHTS: Mapping[str, tuple[str, Mapping[str, Sequence[Array]], str]] = {
    "no such layer": (CONVOLUTION, {"other": FILTERS}, "has no weights"),
    "no bias": (CONVOLUTION, {"out": FILTERS[:1]}, "has 1 blobs, the prototxt asks for 2"),
    "a bias too many": (_convolution(f"{SETTINGS} bias_term: false"), {"out": FILTERS}, "has 2 blobs"),
    "nine blobs": (CONVOLUTION, {"out": FILTERS * 5}, "caffemodel: layer 'out' has 10 blobs"),
    "another kernel": (
        CONVOLUTION,
        {"out": [he(GENERATOR, (5, 4, 5, 5)), FILTERS[1]]},
        "blob 0 is 5x4x5x5, the prototxt asks for 5x4x3x3",
    ),
    "a huge demand": (
        _convolution("num_output: 2147483648 kernel_size: 3"),
        {"out": FILTERS},
        "blob 0 is 5x4x3x3, the prototxt asks for 2147483648x4x3x3",
    ),
    "infinite weights": (CONVOLUTION, {"out": [FILTERS[0] * np.inf, FILTERS[1]]}, "no numbers"),
    "a scale without weights or filler": (_one("Scale"), {"other": FILTERS}, "no constant filler"),
    "a scale with a random filler": (
        _one("Scale", "scale_param { filler { type: 'gaussian' } }"),
        {"other": FILTERS},
        "no constant filler",
    ),
    "a scale without its bias": (
        _one("Scale", "scale_param { bias_term: true filler { value: 1 } }"),
        {"other": FILTERS},
        "no constant bias_filler",
    ),
    "batch norm of two blobs": (_one("BatchNorm"), {"out": statistics(GENERATOR, 4, count=1)[:2]}, "has 2 blobs"),
    "batch norm of negative variance": (
        _one("BatchNorm"),
        {"out": [*statistics(GENERATOR, 4, count=-1)[:2], np.ones(1, dtype=np.float32)]},
        "no mean and variance",
    ),
    "inner product of another picture": (
        _one("InnerProduct", "inner_product_param { num_output: 2 bias_term: false }"),
        {"out": [he(GENERATOR, (2, 395))]},
        "blob 0 is 2x395, the prototxt asks for 2x396",
    ),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_caffemodel_that_does_not_fit_is_refused(name: str) -> None:
    prototxt, blobs, fault = WEIGHTS[name]
    with pytest.raises(CaffeError, match=fault) as refusal, np.errstate(invalid="ignore"):
        convert(prototxt.encode(), caffemodel(blobs))
    assert str(refusal.value).startswith("caffemodel: layer 'out'")


def _saved(**blob: object) -> bytes:
    """Write a caffemodel whose one blob says what it is told to."""
    messages = caffe_messages()
    written = messages["BlobProto"](**blob).SerializeToString()
    saved = messages["LayerWeights"](name=b"out", blobs=[written, written]).SerializeToString()
    data: bytes = messages["NetWeights"](layer=[saved]).SerializeToString()
    return data


CAFFEMODELS: Mapping[str, tuple[bytes, str]] = {
    "no bytes": (b"", "caffemodel: holds no weights"),
    "no layers with blobs": (caffemodel({"out": []}), "caffemodel: holds no weights"),
    "zero bytes": (b"\0" * 1000, "caffemodel: damaged"),
    "a prototxt": (CONVOLUTION.encode(), "caffemodel: "),
    "cut short": (caffemodel({"out": FILTERS})[:-1], "caffemodel: damaged or cut short"),
    "a layer twice": (caffemodel({"out": FILTERS}) * 2, "two layers of this name hold weights"),
    "groups in groups": (b"\x0b" * 1_000_000, "caffemodel: damaged"),
    "empty layers": (b"\xa2\x06\x00" * 1_000_000, "caffemodel: 1000000 layers, where 4096 are allowed"),
    "no values": (_saved(shape={"dim": [5, 4, 3, 3]}), "blob 0 should hold 180 values and holds 0"),
    "a value too many": (
        _saved(shape={"dim": [5, 4, 3, 3]}, data=[1] * 181),
        "should hold 180 values and holds 181",
    ),
    "a million axes": (_saved(shape={"dim": [1] * 1_000_000}), "blob 0 is 1x1x"),
    "axes beyond counting": (_saved(shape={"dim": [2**62, 2**62, 2**62]}), "blob 0 is 4611686018427387904x"),
    "negative axes": (_saved(shape={"dim": [-5, -4, 3, 3]}, data=[1] * 180), "blob 0 is -5x-4x3x3"),
    "half a legacy shape": (_saved(num=5, data=[1] * 180), "blob 0 is 5x0x0x0"),
    "no shape": (_saved(data=[1]), "blob 0 is one value"),
    "doubles beyond floats": (_saved(shape={"dim": [5, 4, 3, 3]}, double_data=[1e300] * 180), "no numbers"),
}


@pytest.mark.parametrize("name", CAFFEMODELS)
def test_a_damaged_or_hostile_caffemodel_is_refused(name: str) -> None:
    saved, fault = CAFFEMODELS[name]
    with pytest.raises(CaffeError, match=fault):
        convert(CONVOLUTION.encode(), saved)


TEXTS: Mapping[str, tuple[bytes, str]] = {
    "a caffemodel": (caffemodel({"out": FILTERS}), "is binary, not text"),
    "unknown messages nested": (b"a {\n" * 100_000, "nested too deep"),
    "layers nested": (b"layer {\n" * 100_000, "nested too deep"),
    "a line too long": (b"#" * 10_001, "a line of 10001 characters, where 10000 are allowed"),
    "too long": (b"#" * 1_000_001, "1000001 bytes, where 1000000 are allowed"),
    "too many layers": (b"layer{}\n" * 5000, "5000 layers, where 4096 are allowed"),
    "a string without an end": (b"layer {\n name: '" + b"x" * 9000, "prototxt: line 2: "),
    "not closed": (b"layer {\n  name: 'a'\n", "prototxt: line 2: Expected"),
    "a name that is no text": (b"layer { name: '\\377\\376' type: 'TanH' }", "prototxt: "),
    "a name that commands the terminal": (
        DATA.encode() + b"layer { name: '\x1b[2J' type: 'a\\nb' bottom: 'data' top: 'out' }",
        "cannot be converted",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_prototxt_is_refused(name: str) -> None:
    prototxt, fault = TEXTS[name]
    with pytest.raises(CaffeError, match=fault) as refusal:
        convert(prototxt, caffemodel({"out": FILTERS}))
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("output", ["nothing", "data", "", "out@"])
def test_an_output_that_no_layer_makes_is_refused(output: str) -> None:
    with pytest.raises(CaffeError, match="prototxt: no layer makes a blob named"):
        convert(CONVOLUTION.encode(), caffemodel({"out": FILTERS}), output=output)
