"""A network of Caffe, prototxt and caffemodel, as one ONNX file.

OpenCV dropped its importer in version 5, and Caffe itself is gone; the weights of 2016 are still good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.colorise.models.caffe.graph import Blob, Conversion
from functions.colorise.models.caffe.layers import LAYER_TYPES
from functions.colorise.models.caffe.net import check_shape, read_net
from functions.colorise.models.caffe.proto import CaffeError
from functions.colorise.models.caffe.weights import Caffemodel
from functions.colorise.models.onnx_graph import OnnxGraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import numpy.typing as npt

    from functions.colorise.models.caffe.net import Layer, Shape

__all__ = ["CaffeError", "convert"]

_IMAGE_NAMES: Final[Mapping[int, str]] = {0: "n", 2: "h", 3: "w"}
"""The axes of (N, C, H, W) that a network of convolutions leaves free."""


def convert(
    prototxt: bytes,
    caffemodel: bytes,
    *,
    points: npt.NDArray[np.float32] | None = None,
    output: str | None = None,
) -> bytes:
    """Convert a network to ONNX: opset 17, float32, the TEST phase.

    Input and output keep the names that the prototxt gives their blobs. The input's shape is (n, C, h, w), all
    but the channels free, unless a layer depends on the declared size: then those axes are fixed at it.

    Args:
        prototxt: the network's description, text.
        caffemodel: its weights, from which every layer that has any must find its own.
        points: (313, 2), a* and b* of each bin's centre (pts_in_hull.npy): the weights of `class8_ab`, which
            the caffemodels of Zhang's networks leave unset.
        output: the blob that is wanted; by default the last that no layer but Silence reads.

    Returns:
        A serialised ModelProto. The price is the copying of weights: about a second for 130 MB, and memory for
        three and a half times the caffemodel, itself included.

    Raises:
        CaffeError: one of the files is damaged or hostile, they do not belong together, or the network has a
            layer that cannot be converted. The message names the file and the layer.
    """
    net = read_net(prototxt, output=output, kinds=LAYER_TYPES.keys())
    graph = OnnxGraph("caffe", [*net.inputs, *(top for layer in net.layers for top in layer.tops)])
    conversion = Conversion(graph, Caffemodel(caffemodel), points)
    blobs = {name: Blob(name, shape, _free_axes(shape)) for name, shape in net.inputs.items()}
    for layer in net.layers:
        blobs.update((blob.name, blob) for blob in _converted(conversion, layer, blobs))
    inputs = dict(_declared(net.inputs, conversion.pinned))
    for name, shape in inputs.items():
        graph.add_input(name, shape)
    output_shape: list[int | str] = list(blobs[net.output].shape)
    for axis in blobs[net.output].free - conversion.pinned:
        # The batch passes through; heights and widths change on the way.
        batch = axis == 0 and all(shape[0] == "n" for shape in inputs.values())
        output_shape[axis] = "n" if batch else f"output_{_IMAGE_NAMES[axis]}"
    graph.add_output(net.output, output_shape)
    return graph.serialise()


def _converted(conversion: Conversion, layer: Layer, blobs: Mapping[str, Blob]) -> Iterator[Blob]:
    layer_type = LAYER_TYPES[layer.kind]
    for names, (least, most), what in (
        (layer.bottoms, layer_type.bottoms, "bottoms"),
        (layer.tops, layer_type.tops, "tops"),
    ):
        if not least <= len(names) <= most:
            layer.reject(f"has {len(names)} {what}")
    for blob in layer_type.convert(conversion, layer, [blobs[bottom] for bottom in layer.bottoms]):
        fault = check_shape(blob.shape)
        if fault:
            layer.reject(f"makes {fault}")
        yield blob


def _free_axes(shape: Shape) -> frozenset[int]:
    """Return the axes that an input leaves free: the batch, and of pictures height and width."""
    if len(shape) == len("NCHW"):
        return frozenset(_IMAGE_NAMES)
    return frozenset([0] if len(shape) > 1 else [])


def _declared(inputs: Mapping[str, Shape], pinned: set[int]) -> Iterator[tuple[str, list[int | str]]]:
    """Yield each input with its shape as ONNX declares it.

    A second input shares a free axis's name where their declared sizes agree, and else has a name of its own.
    """
    sizes: dict[int, int] = {}
    if pinned & {2, 3}:
        pinned = pinned | {2, 3}
    for name, shape in inputs.items():
        declared: list[int | str] = list(shape)
        for axis in _free_axes(shape) - pinned:
            axis_name = _IMAGE_NAMES[axis]
            same = sizes.setdefault(axis, shape[axis]) == shape[axis]
            declared[axis] = axis_name if same else f"{axis_name}_{name}"
        yield name, declared
