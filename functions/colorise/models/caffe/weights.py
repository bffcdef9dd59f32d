"""The weights of a caffemodel: found by layer, compared with what the prototxt asks, handed out once.

It is a NetParameter whose layers carry blobs: https://caffe.berkeleyvision.org/tutorial/net_layer_blob.html.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from functions.colorise.models.caffe.net import AXES, LAYERS, Shape, shape_text
from functions.colorise.models.caffe.proto import CaffeError, caffe_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.colorise.models.caffe.net import Layer

CAFFEMODEL_BYTES: Final = 1_000_000_000
"""The largest known networks weigh half of it (VGG-19: 575 MB), and an ONNX file ends at 2 GiB."""

BLOBS: Final = 8
"""No layer that we convert has more than three; a recurrent one has five."""

Weights: TypeAlias = npt.NDArray[np.float32]
"""The values of one blob, of the shape that the layer needs; always finite."""


class Caffemodel:
    """An opened caffemodel.

    Raises:
        CaffeError: the bytes are no caffemodel, or hold too much.
    """

    def __init__(self, caffemodel: bytes) -> None:
        if len(caffemodel) > CAFFEMODEL_BYTES:
            msg = f"caffemodel: {len(caffemodel)} bytes, where {CAFFEMODEL_BYTES} are allowed"
            raise CaffeError(msg)
        # Blobs stay bytes until their layer asks, and leave with it: two copies of all are never held.
        self._blobs: dict[str, list[bytes]] = {}
        self._ambiguous: set[str] = set()
        net = _decode("NetWeights", caffemodel, "caffemodel")
        if len(net.layer) + len(net.layers) > LAYERS:
            msg = f"caffemodel: {len(net.layer) + len(net.layers)} layers, where {LAYERS} are allowed"
            raise CaffeError(msg)
        for kind, layers in (("LayerWeights", net.layer), ("V1LayerWeights", net.layers)):
            for index, layer in enumerate(layers):
                self._index(_decode(kind, layer, f"caffemodel: layer number {index + 1}"))
        if not self._blobs:
            msg = "caffemodel: holds no weights (is it a caffemodel, and all of it?)"
            raise CaffeError(msg)

    def _index(self, layer: Any) -> None:
        name = layer.name.decode(errors="replace")
        if len(layer.blobs) > BLOBS:
            msg = f"caffemodel: layer {name[:60]!r} has {len(layer.blobs)} blobs, where {BLOBS} are allowed"
            raise CaffeError(msg)
        if layer.blobs:
            if name in self._blobs:
                self._ambiguous.add(name)
            self._blobs[name] = list(layer.blobs)

    def is_unset(self, layer: Layer, *, even_if_zero: bool = False) -> bool:
        """Tell whether the file has no values for a layer: no blobs, or empty ones.

        `even_if_zero` counts values that are all zero as none: what Caffe saves for weights nobody ever set.
        """
        for blob in self._blobs.get(layer.name, []):
            values = _values(_decode_blob(layer, blob))
            if values.any() if even_if_zero else values.size:
                return False
        return True

    def take(self, layer: Layer, shapes: Sequence[Shape]) -> list[Weights]:
        """Hand out a layer's blobs; they are gone afterwards.

        `shapes` are what the prototxt asks for; nothing of that size is allocated before the file is known to
        hold as much.

        Raises:
            CaffeError: the layer is missing or there twice, or its blobs are other than the prototxt asks.
        """
        if layer.name in self._ambiguous:
            layer.reject("two layers of this name hold weights", file="caffemodel")
        blobs = self._blobs.pop(layer.name, [])
        if not blobs:
            layer.reject("has no weights", file="caffemodel")
        if len(blobs) != len(shapes):
            layer.reject(f"has {len(blobs)} blobs, the prototxt asks for {len(shapes)}", file="caffemodel")
        return [_weights(layer, index, blob, shapes[index]) for index, blob in enumerate(blobs)]


def _weights(layer: Layer, index: int, blob: bytes, wanted: Shape) -> Weights:
    message = _decode_blob(layer, blob)
    shape = _blob_shape(message)
    if len(shape) > AXES or _without_leading_ones(shape) != _without_leading_ones(wanted):
        fault = f"blob {index} is {shape_text(shape[:AXES])}, the prototxt asks for {shape_text(wanted)}"
        layer.reject(fault, file="caffemodel")
    held = len(message.double_data) or len(message.data)
    if held != math.prod(wanted):
        fault = f"blob {index} should hold {math.prod(wanted)} values and holds {held}"
        layer.reject(fault, file="caffemodel")
    weights = _values(message)
    if not np.isfinite(weights).all():
        layer.reject(f"blob {index} holds values that are no numbers", file="caffemodel")
    return weights.reshape(wanted)


def _values(message: Any) -> Weights:
    with np.errstate(over="ignore"):  # a double beyond float32 becomes infinite, which is an error of its own
        return np.array(message.double_data or message.data, dtype=np.float32)


def _blob_shape(message: Any) -> Shape:
    """Return the shape that a blob declares: that of files before 2014 has always four axes."""
    legacy = ("num", "channels", "height", "width")
    if any(message.HasField(axis) for axis in legacy):
        return tuple(getattr(message, axis) for axis in legacy)
    return tuple(message.shape.dim)


def _without_leading_ones(shape: Shape) -> Shape:
    """Make shapes comparable: old files write a bias of 64 as 1x1x1x64 (Caffe's Blob::ShapeEquals)."""
    first = next((axis for axis, size in enumerate(shape) if size != 1), len(shape))
    return shape[first:]


def _decode_blob(layer: Layer, blob: bytes) -> Any:
    return _decode("BlobProto", blob, f"caffemodel: layer {layer.name[:60]!r} ({layer.kind})")


def _decode(message: str, data: bytes, where: str) -> Any:
    try:
        return caffe_messages()[message].FromString(data)
    except DecodeError as error:
        msg = f"{where}: damaged or cut short ({error})"
        raise CaffeError(msg) from error
