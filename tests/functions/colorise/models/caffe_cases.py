"""One tiny network for each layer type and variant, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from functions.colorise.models.caffe.writer import Array, Shape, data, he, layer, statistics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Case:
    """A network whose output is the blob `out`, and the shapes of its inputs and weights.

    `fixed` gives the blobs that are not drawn. `last` is the layer that makes the output, by which OpenCV knows it.
    """

    prototxt: str
    weights: Mapping[str, Sequence[Shape]] = field(default_factory=dict)
    fixed: Mapping[str, Sequence[Array]] = field(default_factory=dict)
    inputs: Mapping[str, Shape] = field(default_factory=lambda: {"data": IMAGE})
    last: str = "out"

    def blobs(self) -> dict[str, Sequence[Array]]:
        """Draw the weights; the same each time."""
        generator = np.random.default_rng(7)
        drawn = {name: [he(generator, shape) for shape in shapes] for name, shapes in self.weights.items()}
        return {**drawn, **self.fixed} or {"unrelated": [np.ones(1, dtype=np.float32)]}

    def values(self, batch: int | None = None) -> dict[str, Array]:
        """Draw what goes in, for the declared batch or another."""
        generator = np.random.default_rng(8)
        shapes = {name: (batch or shape[0], *shape[1:]) for name, shape in self.inputs.items()}
        return {name: generator.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


IMAGE: Shape = (1, 4, 9, 11)
DATA = data(*IMAGE)
_RNG = np.random.default_rng(9)
_TWO: Mapping[str, Shape] = {"data": IMAGE, "other": IMAGE}
_TWO_DATA = DATA + data(*IMAGE, name="other")


def _one(kind: str, settings: str = "", *, bottoms: str = "data", tops: str = "out") -> str:
    return DATA + layer(kind, bottoms, tops, settings)


def _convolution(settings: str, *shapes: Shape, kind: str = "Convolution") -> Case:
    return Case(_one(kind, f"convolution_param {{ {settings} }}"), {"out": shapes})


def _pooling(settings: str) -> Case:
    return Case(_one("Pooling", f"pooling_param {{ {settings} }}"))


def _elementwise(settings: str) -> Case:
    return Case(_TWO_DATA + layer("Eltwise", "data other", "out", f"eltwise_param {{ {settings} }}"), inputs=_TWO)


CASES: Mapping[str, Case] = {
    "convolution": _convolution("num_output: 6 kernel_size: 3 pad: 1", (6, 4, 3, 3), (6,)),
    "convolution-without-bias": _convolution("num_output: 6 kernel_size: 3 bias_term: false", (6, 4, 3, 3)),
    "convolution-stride": _convolution("num_output: 6 kernel_size: 3 stride: 2 pad: 1", (6, 4, 3, 3), (6,)),
    "convolution-dilation": _convolution("num_output: 6 kernel_size: 3 pad: 2 dilation: 2", (6, 4, 3, 3), (6,)),
    "convolution-group": _convolution("num_output: 6 kernel_size: 3 group: 2", (6, 2, 3, 3), (6,)),
    "convolution-depthwise": _convolution("num_output: 4 kernel_size: 3 group: 4", (4, 1, 3, 3), (4,)),
    "convolution-h-and-w": _convolution(
        "num_output: 5 kernel_h: 1 kernel_w: 3 stride_h: 2 stride_w: 1 pad_h: 0 pad_w: 1", (5, 4, 1, 3), (5,)
    ),
    "convolution-repeated": _convolution(
        "num_output: 5 kernel_size: 3 kernel_size: 1 stride: 1 stride: 2 pad: 1 pad: 0", (5, 4, 3, 1), (5,)
    ),
    "deconvolution": _convolution(
        "num_output: 3 kernel_size: 4 stride: 2 pad: 1", (4, 3, 4, 4), (3,), kind="Deconvolution"
    ),
    "deconvolution-group": _convolution(
        "num_output: 6 kernel_size: 3 stride: 2 group: 2 bias_term: false", (4, 3, 3, 3), kind="Deconvolution"
    ),
    "batch-norm": Case(_one("BatchNorm"), fixed={"out": statistics(_RNG, 4, count=999.0)}),
    "batch-norm-eps": Case(
        _one("BatchNorm", "batch_norm_param { use_global_stats: true eps: 0.1 }"),
        fixed={"out": statistics(_RNG, 4, count=1.0)},
    ),
    "batch-norm-scale": Case(
        _one("BatchNorm", tops="norm") + layer("Scale", "norm", "out", "scale_param { bias_term: true }"),
        {"out": [(4,), (4,)]},
        {"norm": statistics(_RNG, 4, count=50.0)},
    ),
    "batch-norm-scale-in-place": Case(
        DATA
        + layer("Convolution", "data", "out", "convolution_param { num_output: 5 kernel_size: 1 }", name="conv")
        + layer("BatchNorm", "out", "out", name="norm")
        + layer("Scale", "out", "out", "scale_param { bias_term: true }", name="scale")
        + layer("ReLU", "out", "out", name="relu"),
        {"conv": [(5, 4, 1, 1), (5,)], "scale": [(5,), (5,)]},
        {"norm": statistics(_RNG, 5, count=50.0)},
        last="relu",
    ),
    "scale": Case(_one("Scale"), {"out": [(4,)]}),
    "scale-by-a-filler": Case(
        _one("Scale", "scale_param { bias_term: false filler { type: 'constant' value: 2.606 } }"),
        fixed={"out": [np.full(4, 2.606, dtype=np.float32)]},
    ),
    "scale-two-axes": Case(_one("Scale", "scale_param { axis: 1 num_axes: 2 }"), {"out": [(4, 9)]}),
    "scale-by-a-bottom": Case(_TWO_DATA + layer("Scale", "data other", "out", "scale_param { axis: 0 }"), inputs=_TWO),
    "relu": Case(_one("ReLU")),
    "relu-negative-slope": Case(_one("ReLU", "relu_param { negative_slope: 0.25 }")),
    "sigmoid": Case(_one("Sigmoid")),
    "tanh": Case(_one("TanH")),
    "softmax": Case(_one("Softmax")),
    "softmax-last-axis": Case(_one("Softmax", "softmax_param { axis: -1 }")),
    "dropout": Case(
        _one("Dropout", "dropout_param { dropout_ratio: 0.9 }", tops="kept") + layer("TanH", "kept", "out")
    ),
    "eltwise-sum": _elementwise("operation: SUM"),
    "eltwise-coefficients": _elementwise("operation: SUM coeff: 1 coeff: -0.5"),
    "eltwise-product": _elementwise("operation: PROD"),
    "eltwise-maximum": _elementwise("operation: MAX"),
    "concat": Case(_TWO_DATA + layer("Concat", "data other", "out"), inputs=_TWO),
    "concat-height": Case(_TWO_DATA + layer("Concat", "data other", "out", "concat_param { axis: 2 }"), inputs=_TWO),
    "concat-dim": Case(_TWO_DATA + layer("Concat", "data other", "out", "concat_param { concat_dim: 1 }"), inputs=_TWO),
    "pooling-maximum": _pooling("pool: MAX kernel_size: 2 stride: 2"),
    "pooling-rounds-up": _pooling("pool: MAX kernel_size: 3 stride: 3"),
    "pooling-clips": _pooling("pool: MAX kernel_size: 2 stride: 2 pad: 1"),
    "pooling-average": _pooling("pool: AVE kernel_size: 3 stride: 2"),
    "pooling-average-padded": _pooling("pool: AVE kernel_size: 3 stride: 2 pad: 1"),
    "pooling-h-and-w": _pooling("pool: MAX kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 2 pad_h: 1 pad_w: 0"),
    "pooling-global-average": _pooling("pool: AVE global_pooling: true"),
    "pooling-global-maximum": _pooling("pool: MAX global_pooling: true"),
    "pooling-rounds-down": _pooling("pool: MAX kernel_size: 2 stride: 2 ceil_mode: false"),
    "inner-product": Case(_one("InnerProduct", "inner_product_param { num_output: 7 }"), {"out": [(7, 396), (7,)]}),
    "inner-product-axis": Case(
        _one("InnerProduct", "inner_product_param { num_output: 7 axis: 3 bias_term: false }"),
        {"out": [(7, 11)]},
    ),
    "slice": Case(_one("Slice", tops="first second") + layer("Eltwise", "second first", "out")),
    "slice-points": Case(
        _one("Slice", "slice_param { axis: 1 slice_point: 1 slice_point: 3 }", tops="first second third")
        + layer("Concat", "third second", "out")
    ),
    "crop": Case(
        _TWO_DATA.replace("dim: 11", "dim: 7", 1).replace("dim: 11", "dim: 6")
        + layer("Crop", "data other", "out", "crop_param { axis: 3 offset: 1 }"),
        inputs={"data": (1, 4, 9, 7), "other": (1, 4, 9, 6)},
    ),
    "crop-offsets": Case(
        DATA
        + data(1, 2, 5, 6, name="other")
        + layer("Crop", "data other", "out", "crop_param { axis: 1 offset: 2 offset: 3 offset: 4 }"),
        inputs={"data": IMAGE, "other": (1, 2, 5, 6)},
    ),
    "silence": Case(_one("Sigmoid") + 'layer { name: "hush" type: "Silence" bottom: "out" }'),
}
