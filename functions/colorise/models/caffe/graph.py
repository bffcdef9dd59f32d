"""What every layer's conversion has to hand: the graph so far, the weights, and the shape of each blob."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from functions.colorise.models.caffe.net import Layer, Shape, shape_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from functions.colorise.models.caffe.weights import Caffemodel, Weights
    from functions.colorise.models.onnx_graph import Attribute, OnnxGraph


@dataclass(frozen=True)
class Blob:
    """A value of the graph.

    `shape` is its shape at the input size that the prototxt declares; `free` are the axes whose size follows
    the input's batch, height or width, whatever that is when the network runs.
    """

    name: str
    shape: Shape
    free: frozenset[int]

    def named(self, name: str) -> Blob:
        """Return a blob of the same shape under another name."""
        return replace(self, name=name)


@dataclass
class Conversion:
    """A network half-way from Caffe to ONNX.

    `points` are the centres of the ab bins, (313, 2), for the one layer that has no weights of its own.
    `pinned` gathers the free axes whose size some layer depends on: they cannot stay free.
    """

    graph: OnnxGraph
    caffemodel: Caffemodel
    points: npt.NDArray[np.float32] | None
    pinned: set[int] = field(default_factory=set)

    def emit(self, layer: Layer, op: str, inputs: Sequence[Blob | str], **attributes: Attribute) -> None:
        """Add the node that writes the layer's tops."""
        self.graph.node(op, [_name(value) for value in inputs], layer.tops, **attributes)

    def between(self, layer: Layer, op: str, inputs: Sequence[Blob | str], **attributes: Attribute) -> str:
        """Add a node whose value only this layer reads, and return the value's name."""
        name = self.graph.new_name(f"{layer.name or layer.kind}/{op}")
        self.graph.node(op, [_name(value) for value in inputs], [name], **attributes)
        return name

    def weights(self, layer: Layer, role: str, array: Weights) -> str:
        """Store a layer's weights, and return the name that nodes read them by."""
        return self.graph.constant(f"{layer.name or layer.kind}.{role}", array)

    def indices(self, layer: Layer, role: str, values: Sequence[int]) -> str:
        """Store axes, sizes or offsets, (len(values),) of int64."""
        return self.graph.constant(f"{layer.name or layer.kind}.{role}", np.array(values, dtype=np.int64))

    def pin(self, blob: Blob, axes: Iterable[int]) -> None:
        """Note that the network works at the declared size of these axes only."""
        self.pinned |= blob.free.intersection(axes)

    def joined(self, layer: Layer, blobs: Sequence[Blob], *, but_axis: int | None = None) -> frozenset[int]:
        """Check that blobs agree in shape on all axes but one, and return the axes that stay free."""
        first = blobs[0].shape
        for blob in blobs[1:]:
            pairs = enumerate(zip(first, blob.shape, strict=False))
            differ = {axis for axis, (one, other) in pairs if one != other}
            if len(blob.shape) != len(first) or differ - {but_axis}:
                layer.reject(f"its bottoms are {shape_text(first)} and {shape_text(blob.shape)}")
        some = frozenset[int]().union(*(blob.free for blob in blobs))
        every = some.intersection(*(blob.free for blob in blobs))
        # Where one follows the input and another does not, they agree at the declared size alone.
        self.pinned |= some - every - {but_axis}
        return some


Convert: TypeAlias = Callable[[Conversion, Layer, Sequence[Blob]], list[Blob]]
"""Adds the nodes of one layer, given its bottoms, and returns its tops."""


@dataclass(frozen=True)
class LayerType:
    """How layers of one type are converted, and how many bottoms and tops they may have (least, most)."""

    convert: Convert
    bottoms: tuple[int, int] = (1, 1)
    tops: tuple[int, int] = (1, 1)


def axis_of(layer: Layer, axis: int, blob: Blob) -> int:
    """Count an axis from the front: Caffe's CanonicalAxisIndex, where -1 is the last.

    Raises:
        CaffeError: the blob has no such axis.
    """
    rank = len(blob.shape)
    if not -rank <= axis < rank:
        layer.reject(f"axis {axis} of a blob of {shape_text(blob.shape)}")
    return axis % rank


def _name(value: Blob | str) -> str:
    return value if isinstance(value, str) else value.name
