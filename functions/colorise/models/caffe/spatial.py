"""Caffe layers that slide a window over height and width: Convolution, Deconvolution, Pooling.

The arithmetic of sizes is that of BVLC Caffe's src/caffe/layers/{base_conv,conv,deconv,pooling}_layer.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from functions.colorise.models.caffe.graph import Blob, LayerType
from functions.colorise.models.caffe.net import shape_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from functions.colorise.models.caffe.graph import Conversion
    from functions.colorise.models.caffe.net import Layer, Shape
    from functions.colorise.models.caffe.weights import Weights

_IMAGE_AXES: Final = 4
"""(N, C, H, W)."""

_POOL_MAX, _POOL_AVERAGE = 0, 1
_FLOOR: Final = 1

_POINTS_LAYER: Final = "class8_ab"
"""The layer of Zhang's networks whose weights are the bins' centres: the demo sets them after loading."""

Pair: TypeAlias = tuple[int, int]
"""Height and width, in pixels."""


@dataclass(frozen=True)
class _Window:
    kernel: Pair
    stride: Pair
    pad: Pair
    dilation: Pair = (1, 1)

    def extent(self, axis: int) -> int:
        """Return how many pixels the dilated kernel spans."""
        return self.dilation[axis] * (self.kernel[axis] - 1) + 1

    def attributes(self) -> dict[str, tuple[int, ...]]:
        """Return what ONNX calls these numbers; its pads are those before each axis, then those after."""
        return {"kernel_shape": self.kernel, "strides": self.stride, "pads": self.pad * 2}


def _convolution(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    parameters = layer.parameters.convolution_param
    count, channels, *size = _image(layer, bottoms[0])
    if parameters.axis not in (1, 1 - _IMAGE_AXES):
        layer.reject(f"convolves along axis {parameters.axis}, where only 1 can be converted")
    window = _Window(
        kernel=_pair(layer, parameters, "kernel"),
        stride=_pair(layer, parameters, "stride", default=1),
        pad=_pair(layer, parameters, "pad", default=0),
        dilation=_pair(layer, parameters, "dilation", default=1),
    )
    outputs, group = parameters.num_output, parameters.group
    if not outputs or not group or channels % group or outputs % group:
        layer.reject(f"num_output {outputs} of {channels} channels in {group} groups")
    transposed = layer.kind == "Deconvolution"
    # The layout of Deconvolution's weights is that of the convolution whose gradient it is, as in ONNX.
    filters = (channels, outputs // group) if transposed else (outputs, channels // group)
    shapes: list[Shape] = [(*filters, *window.kernel)]
    if parameters.bias_term:
        shapes.append((outputs,))
    weights = _points(conversion, layer, shapes) or conversion.caffemodel.take(layer, shapes)
    names = [conversion.weights(layer, role, array) for role, array in zip(("weight", "bias"), weights, strict=False)]
    conversion.emit(
        layer,
        "ConvTranspose" if transposed else "Conv",
        [bottoms[0], *names],
        **window.attributes(),
        dilations=window.dilation,
        group=group,
    )
    extents = [window.extent(0), window.extent(1)]
    if transposed:
        size = [
            stride * (pixels - 1) + extent - 2 * pad
            for pixels, extent, stride, pad in zip(size, extents, window.stride, window.pad, strict=True)
        ]
    else:
        size = [
            (pixels + 2 * pad - extent) // stride + 1
            for pixels, extent, stride, pad in zip(size, extents, window.stride, window.pad, strict=True)
        ]
    return [Blob(layer.tops[0], (count, outputs, *size), bottoms[0].free)]


def _points(conversion: Conversion, layer: Layer, shapes: Sequence[Shape]) -> list[Weights] | None:
    """Return the bins' centres as weights, (2, bins, 1, 1), for the layer they belong to; None for any other.

    They stand in for weights that are absent or were never set; weights that the file has are kept.
    """
    outputs, bins, *kernel = shapes[0]
    named = layer.name == _POINTS_LAYER
    if kernel != [1, 1] or outputs != len(("a", "b")) or not (named or conversion.points is not None):
        return None
    if not conversion.caffemodel.is_unset(layer, even_if_zero=named):
        return None
    if conversion.points is None:
        layer.reject("has no weights: they are the points of pts_in_hull.npy", file="caffemodel")
    if conversion.points.shape != (bins, outputs):
        reason = f"reads {bins} bins, the points given are {shape_text(conversion.points.shape)}"
        layer.reject(reason)
    weights = np.ascontiguousarray(conversion.points.T, dtype=np.float32).reshape(shapes[0])
    if not np.isfinite(weights).all():
        layer.reject("some of the points given are no numbers")
    return [weights]


def _pooling(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    """Pool with Caffe's rounding: up, but no window starts in the padding after the image.

    ONNX's `ceil_mode` clips in the same way, and in both an average counts the padding, no further. One case
    differs: a window that a stride beyond the kernel leaves empty is -FLT_MAX in Caffe, and left out by us.
    """
    parameters = layer.parameters.pooling_param
    if parameters.pool not in (_POOL_MAX, _POOL_AVERAGE):
        layer.reject("stochastic pooling is for training alone")
    op = "MaxPool" if parameters.pool == _POOL_MAX else "AveragePool"
    count, channels, *size = _image(layer, bottoms[0])
    if parameters.global_pooling:
        window_fields = ("kernel_size", "kernel_h", "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w")
        if any(map(parameters.HasField, window_fields)) or parameters.pad or parameters.stride != 1:
            layer.reject("global pooling takes no kernel, stride or padding")
        conversion.emit(layer, f"Global{op}", bottoms)
        return [Blob(layer.tops[0], (count, channels, 1, 1), bottoms[0].free - {2, 3})]
    window = _Window(
        kernel=_pair(layer, parameters, "kernel"),
        stride=_pair(layer, parameters, "stride", default=1),
        pad=_pair(layer, parameters, "pad", default=0),
    )
    if any(pad >= kernel for pad, kernel in zip(window.pad, window.kernel, strict=True)):
        layer.reject(f"pads by {shape_text(window.pad)} around a kernel of {shape_text(window.kernel)}")
    if any(size[axis] + 2 * window.pad[axis] < window.kernel[axis] for axis in (0, 1)):
        layer.reject(f"a kernel of {shape_text(window.kernel)} does not fit in {shape_text(size)}")
    rounds_up = parameters.round_mode != _FLOOR and parameters.ceil_mode
    attributes: dict[str, int] = {"ceil_mode": int(rounds_up)}
    if op == "AveragePool":
        attributes["count_include_pad"] = 1
    conversion.emit(layer, op, bottoms, **window.attributes(), **attributes)
    pooled = (_pooled(size[axis], window, axis, rounds_up=rounds_up) for axis in (0, 1))
    return [Blob(layer.tops[0], (count, channels, *pooled), bottoms[0].free)]


def _pooled(pixels: int, window: _Window, axis: int, *, rounds_up: bool) -> int:
    stride, pad = window.stride[axis], window.pad[axis]
    room = pixels + 2 * pad - window.kernel[axis]
    starts = (-(-room // stride) if rounds_up else room // stride) + 1
    return starts - 1 if (starts - 1) * stride >= pixels + pad else starts


def _image(layer: Layer, blob: Blob) -> Shape:
    if len(blob.shape) != _IMAGE_AXES:
        layer.reject(f"reads a blob of {shape_text(blob.shape)}, where (N, C, H, W) is needed")
    return blob.shape


def _pair(layer: Layer, parameters: Any, name: str, *, default: int | None = None) -> Pair:
    """Return (height, width) from a field given once or twice, or from its `_h` and `_w` forms.

    A `_h` without its `_w` leaves the other unset, which is 0, as in Caffe. Only what is 0 by default may be.
    """
    field = "kernel_size" if name == "kernel" else name
    apart = [f"{name}_{side}" for side in "hw" if f"{name}_{side}" in parameters.DESCRIPTOR.fields_by_name]
    value = getattr(parameters, field)
    if isinstance(value, int):  # a pooling layer has each field once
        value = [value] if parameters.HasField(field) else []
    given = list(value)
    if any(map(parameters.HasField, apart)):
        if given:
            layer.reject(f"{name} is given both once and as {' and '.join(apart)}")
        given = [getattr(parameters, side) for side in apart]
    if not given and default is not None:
        given = [default]
    if len(given) not in (1, 2):
        layer.reject(f"{name} is given for {len(given)} axes, where height and width have one each")
    height, width = given[0], given[-1]
    if default != 0 and 0 in (height, width):
        layer.reject(f"{name} of {height}x{width}")
    return height, width


SPATIAL: Final[Mapping[str, LayerType]] = {
    "Convolution": LayerType(_convolution),
    "Deconvolution": LayerType(_convolution),
    "Pooling": LayerType(_pooling),
}
"""These types by the name that a prototxt gives them."""
