"""Caffe layers that work value by value or along an axis, as ONNX nodes.

What each computes is defined by BVLC Caffe's src/caffe/layers/*_layer.cpp.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from functions.colorise.models.caffe.graph import Blob, LayerType, axis_of
from functions.colorise.models.caffe.net import shape_text
from functions.colorise.models.caffe.spatial import SPATIAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from functions.colorise.models.caffe.graph import Conversion, Convert
    from functions.colorise.models.caffe.net import Layer, Shape
    from functions.colorise.models.caffe.weights import Weights

_PRODUCT, _SUM = 0, 1


def _value_by_value(op: str) -> Convert:
    def convert(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
        conversion.emit(layer, op, bottoms)
        return [bottoms[0].named(layer.tops[0])]

    return convert


def _relu(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    slope = layer.parameters.relu_param.negative_slope
    if not math.isfinite(slope):
        layer.reject("its negative_slope is no number")
    if slope:
        conversion.emit(layer, "LeakyRelu", bottoms, alpha=slope)
    else:
        conversion.emit(layer, "Relu", bottoms)
    return [bottoms[0].named(layer.tops[0])]


def _silence(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:  # noqa: ARG001 - nothing to do
    """Make nothing: the layer is there to read what no other does."""
    return []


def _softmax(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    axis = axis_of(layer, layer.parameters.softmax_param.axis, bottoms[0])
    conversion.emit(layer, "Softmax", bottoms, axis=axis)
    return [bottoms[0].named(layer.tops[0])]


def _batch_norm(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    """Normalise each channel by stored statistics; a learned scale is a layer of its own in Caffe."""
    parameters = layer.parameters.batch_norm_param
    (data,) = bottoms
    top = data.named(layer.tops[0])
    if len(data.shape) <= 1:
        layer.reject(f"reads a blob of {shape_text(data.shape)}, which has no channels")
    if not 0 <= parameters.eps < math.inf:
        layer.reject(f"an eps of {parameters.eps}")
    if parameters.HasField("use_global_stats") and not parameters.use_global_stats:
        _normalise_by_batch(conversion, layer, data)
        return [top]
    channels = data.shape[1]
    mean, variance, count = conversion.caffemodel.take(layer, [(channels,), (channels,), (1,)])
    # The first two are sums that decay as they grow; the third is how much was summed (0: nothing yet).
    factor = 1 / np.float64(count[0]) if count[0] else np.float64(0)
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, which the next check finds
        mean, variance = (mean * factor).astype(np.float32), (variance * factor).astype(np.float32)
    if not (np.isfinite(mean).all() and np.isfinite(variance).all() and (variance + parameters.eps > 0).all()):
        layer.reject("its statistics are no mean and variance", file="caffemodel")
    ones, zeros = np.ones(channels, dtype=np.float32), np.zeros(channels, dtype=np.float32)
    roles = {"scale": ones, "bias": zeros, "mean": mean, "variance": variance}
    names = [conversion.weights(layer, role, array) for role, array in roles.items()]
    conversion.emit(layer, "BatchNormalization", [data, *names], epsilon=parameters.eps)
    return [top]


def _normalise_by_batch(conversion: Conversion, layer: Layer, data: Blob) -> None:
    axes = [axis for axis in range(len(data.shape)) if axis != 1]
    eps = conversion.weights(layer, "eps", np.array(layer.parameters.batch_norm_param.eps, dtype=np.float32))
    mean = conversion.between(layer, "ReduceMean", [data], axes=axes)
    centred = conversion.between(layer, "Sub", [data, mean])
    square = conversion.between(layer, "Mul", [centred, centred])
    variance = conversion.between(layer, "ReduceMean", [square], axes=axes)
    padded = conversion.between(layer, "Add", [variance, eps])
    deviation = conversion.between(layer, "Sqrt", [padded])
    conversion.emit(layer, "Div", [centred, deviation])


def _scale(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    """Multiply by a blob of weights or by the second bottom, then add a bias if there is one."""
    parameters = layer.parameters.scale_param
    data = bottoms[0]
    fillers = {"scale": "filler", "bias": "bias_filler"}
    num_axes = parameters.num_axes
    if len(bottoms) > 1:
        del fillers["scale"]
        num_axes = len(bottoms[1].shape)
    if not parameters.bias_term:
        fillers.pop("bias")
    operands: dict[str, Blob | str] = {}
    operands.update(_operands(conversion, layer, data, (parameters.axis, num_axes), fillers))
    if len(bottoms) > 1:
        operands["scale"] = _second_bottom(conversion, layer, bottoms, parameters.axis)
    if "bias" in operands:
        product = conversion.between(layer, "Mul", [data, operands["scale"]])
        conversion.emit(layer, "Add", [product, operands["bias"]])
    else:
        conversion.emit(layer, "Mul", [data, operands["scale"]])
    return [data.named(layer.tops[0])]


def _bias(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    parameters = layer.parameters.bias_param
    if len(bottoms) > 1:
        addend = _second_bottom(conversion, layer, bottoms, parameters.axis)
    else:
        axes = (parameters.axis, parameters.num_axes)
        addend = _operands(conversion, layer, bottoms[0], axes, {"bias": "filler"})["bias"]
    conversion.emit(layer, "Add", [bottoms[0], addend])
    return [bottoms[0].named(layer.tops[0])]


def _operands(
    conversion: Conversion, layer: Layer, data: Blob, axes: tuple[int, int], fillers: Mapping[str, str]
) -> dict[str, str]:
    """Store what a Scale or Bias layer applies, ready to broadcast over `data`; return the names by role.

    `axes` are the first axis covered and how many (-1: to the end). `fillers` name the field that fills each
    role's blob where training starts: a constant one stands in for blobs that the caffemodel does not have.
    """
    if not fillers:
        return {}
    first, num_axes = axes
    rank = len(data.shape)
    first = axis_of(layer, first, data) if num_axes else 0
    last = rank if num_axes == -1 else first + num_axes
    if num_axes < -1 or last > rank:
        layer.reject(f"covers {num_axes} axes from axis {first} of a blob of {shape_text(data.shape)}")
    shape = data.shape[first:last]
    if conversion.caffemodel.is_unset(layer):
        arrays = [_filled(layer, field) for field in fillers.values()]
    else:
        taken = conversion.caffemodel.take(layer, [shape] * len(fillers))
        arrays = [array.reshape(*shape, *[1] * (rank - last)) for array in taken]
        conversion.pin(data, range(first, last))
    return {role: conversion.weights(layer, role, array) for role, array in zip(fillers, arrays, strict=True)}


def _filled(layer: Layer, field: str) -> Weights:
    parameters: Any = layer.parameters.scale_param if layer.kind == "Scale" else layer.parameters.bias_param
    if not parameters.HasField(field) or getattr(parameters, field).type != "constant":
        layer.reject(f"has no weights, and the prototxt no constant {field}", file="caffemodel")
    value = np.array(getattr(parameters, field).value, dtype=np.float32)
    if not np.isfinite(value):
        layer.reject(f"its {field} is no number")
    return value


def _second_bottom(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob], axis: int) -> Blob | str:
    """Line the second bottom up with the first, from `axis` on."""
    data, other = bottoms
    first = axis_of(layer, axis, data) if other.shape else 0
    last = first + len(other.shape)
    if data.shape[first:last] != other.shape:
        layer.reject(f"its bottoms are {shape_text(data.shape)} and {shape_text(other.shape)}")
    # Axes that line up may stay free where both follow the same axis of the input.
    agreed = frozenset[int]() if first else data.free & other.free
    conversion.pinned |= (data.free.intersection(range(first, last)) | other.free) - agreed
    trailing = range(len(other.shape), len(data.shape) - first)
    if not trailing:
        return other
    return conversion.between(layer, "Unsqueeze", [other, conversion.indices(layer, "axes", trailing)])


def _eltwise(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    parameters = layer.parameters.eltwise_param
    free = conversion.joined(layer, bottoms)
    terms: list[Blob | str] = list(bottoms)
    if parameters.coeff:
        if parameters.operation != _SUM or len(parameters.coeff) != len(bottoms):
            layer.reject(f"{len(parameters.coeff)} coefficients for {len(bottoms)} bottoms (sums alone take any)")
        for index, coefficient in enumerate(parameters.coeff):
            if not math.isfinite(coefficient):
                layer.reject("one of its coefficients is no number")
            if coefficient != 1:
                factor = conversion.weights(layer, "coeff", np.array(coefficient, dtype=np.float32))
                terms[index] = conversion.between(layer, "Mul", [bottoms[index], factor])
    if parameters.operation == _PRODUCT:
        product = terms[0]
        for term in terms[1:-1]:
            product = conversion.between(layer, "Mul", [product, term])
        conversion.emit(layer, "Mul", [product, terms[-1]])
    else:
        conversion.emit(layer, "Sum" if parameters.operation == _SUM else "Max", terms)
    return [Blob(layer.tops[0], bottoms[0].shape, free)]


def _concat(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    parameters = layer.parameters.concat_param
    given = parameters.concat_dim if parameters.HasField("concat_dim") else parameters.axis
    axis = axis_of(layer, given, bottoms[0])
    free = conversion.joined(layer, bottoms, but_axis=axis)
    if axis == 0:  # what comes out is no batch of the size that went in
        conversion.pinned |= free & {0}
    conversion.emit(layer, "Concat", bottoms, axis=axis)
    shape = list(bottoms[0].shape)
    shape[axis] = sum(blob.shape[axis] for blob in bottoms)
    return [Blob(layer.tops[0], tuple(shape), free)]


def _slice(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    parameters = layer.parameters.slice_param
    (data,) = bottoms
    given = parameters.slice_dim if parameters.HasField("slice_dim") else parameters.axis
    axis = axis_of(layer, given, data)
    length, parts = data.shape[axis], len(layer.tops)
    points = list(parameters.slice_point)
    if not points:
        if length % parts:
            layer.reject(f"{length} cannot be sliced into {parts} equal parts")
        points = list(range(length // parts, length, length // parts))
    bounds = [0, *points, length]
    sizes = [after - before for before, after in itertools.pairwise(bounds)]
    if len(sizes) != parts or min(sizes) < 1:
        layer.reject(f"{len(points)} slice points for {parts} tops of a blob of {shape_text(data.shape)}")
    conversion.pin(data, [axis])
    conversion.emit(layer, "Split", [data, conversion.indices(layer, "split", sizes)], axis=axis)
    return [
        Blob(top, (*data.shape[:axis], size, *data.shape[axis + 1 :]), data.free)
        for top, size in zip(layer.tops, sizes, strict=True)
    ]


def _crop(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    """Cut the first bottom to the second's size, from `axis` on."""
    parameters = layer.parameters.crop_param
    data, reference = bottoms
    first = axis_of(layer, parameters.axis, data)
    rank = len(data.shape)
    axes = range(first, rank)
    offsets = list(parameters.offset) or [0]
    if len(offsets) == 1:
        offsets *= len(axes)
    if len(reference.shape) != rank or len(offsets) != len(axes):
        reason = f"{len(offsets)} offsets for {shape_text(data.shape)} cropped to {shape_text(reference.shape)}"
        layer.reject(f"{reason} from axis {first} on")
    if any(data.shape[axis] < offset + reference.shape[axis] for axis, offset in zip(axes, offsets, strict=True)):
        layer.reject(f"{shape_text(reference.shape)} at {offsets} is not inside {shape_text(data.shape)}")
    starts = conversion.indices(layer, "offset", offsets)
    size = conversion.between(layer, "Shape", [reference], start=first)
    ends = conversion.between(layer, "Add", [starts, size])
    conversion.emit(layer, "Slice", [data, starts, ends, conversion.indices(layer, "axes", axes)])
    shape: Shape = (*data.shape[:first], *reference.shape[first:])
    free = {axis for axis in data.free if axis < first} | {axis for axis in reference.free if axis >= first}
    return [Blob(layer.tops[0], shape, frozenset(free))]


def _inner_product(conversion: Conversion, layer: Layer, bottoms: Sequence[Blob]) -> list[Blob]:
    """Multiply all axes from `axis` on, as one, by a matrix."""
    parameters = layer.parameters.inner_product_param
    (data,) = bottoms
    first = axis_of(layer, parameters.axis, data)
    outputs, inputs = parameters.num_output, math.prod(data.shape[first:])
    if not outputs:
        layer.reject("num_output is missing")
    conversion.pin(data, range(first, len(data.shape)))
    shapes: list[Shape] = [(inputs, outputs) if parameters.transpose else (outputs, inputs)]
    if parameters.bias_term:
        shapes.append((outputs,))
    matrix, *bias = conversion.caffemodel.take(layer, shapes)
    if not parameters.transpose:
        matrix = matrix.T  # ONNX's MatMul reads (inputs, outputs)
    # 0 keeps the size of an axis, so that the batch stays free.
    flat = conversion.indices(layer, "flat", [*[0] * first, inputs])
    operands: list[Blob | str] = [
        conversion.between(layer, "Reshape", [data, flat]),
        conversion.weights(layer, "weight", np.ascontiguousarray(matrix)),
    ]
    if bias:
        product = conversion.between(layer, "MatMul", operands)
        conversion.emit(layer, "Add", [product, conversion.weights(layer, "bias", bias[0])])
    else:
        conversion.emit(layer, "MatMul", operands)
    return [Blob(layer.tops[0], (*data.shape[:first], outputs), data.free.intersection(range(first)))]


_ANY: Final = 1_000_000
"""As many as the prototxt has room for."""

LAYER_TYPES: Final[Mapping[str, LayerType]] = {
    **SPATIAL,
    "BatchNorm": LayerType(_batch_norm),
    "Bias": LayerType(_bias, bottoms=(1, 2)),
    "Concat": LayerType(_concat, bottoms=(1, _ANY)),
    "Crop": LayerType(_crop, bottoms=(2, 2)),
    "Dropout": LayerType(_value_by_value("Identity")),
    "Eltwise": LayerType(_eltwise, bottoms=(2, _ANY)),
    "InnerProduct": LayerType(_inner_product),
    "ReLU": LayerType(_relu),
    "Scale": LayerType(_scale, bottoms=(1, 2)),
    "Sigmoid": LayerType(_value_by_value("Sigmoid")),
    "Silence": LayerType(_silence, bottoms=(1, _ANY), tops=(0, 0)),
    "Slice": LayerType(_slice, tops=(1, _ANY)),
    "Softmax": LayerType(_softmax),
    "TanH": LayerType(_value_by_value("Tanh")),
}
"""Every type that can be converted, by the name that a prototxt gives it."""
