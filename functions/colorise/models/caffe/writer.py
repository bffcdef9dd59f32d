"""Caffe networks from numbers, for benchmarks and tests: prototxts from a line a layer, caffemodels from arrays.

Caffemodels are written with the converter's own message classes; what OpenCV's importer makes of them shows that the
classes have Caffe's numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from functions.colorise.models.caffe.proto import caffe_messages
from functions.colorise.models.proto_schema import message_classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Array: TypeAlias = npt.NDArray[np.float32]
Shape: TypeAlias = tuple[int, ...]
Blobs: TypeAlias = "Mapping[str, Sequence[Array]]"

# Values as Caffe once wrote them; and packed ones, which on the wire are their bytes, without the detour by Python.
_UNPACKED = message_classes("unpacked", {"BlobProto": {"data": (5, "float[]")}})["BlobProto"]
_PACKED = message_classes("packed", {"BlobProto": {"data": (5, "bytes")}})["BlobProto"]


def layer(kind: str, bottoms: str, tops: str, settings: str = "", *, name: str | None = None) -> str:
    """Spell a layer; bottoms and tops are names with spaces between, and the first top is the layer's name too."""
    made = tops.split()
    ends = [f'bottom: "{bottom}"' for bottom in bottoms.split()] + [f'top: "{top}"' for top in made]
    return f'layer {{ name: "{name or made[0]}" type: "{kind}" {" ".join(ends)} {settings} }}\n'


def data(*shape: int, name: str = "data") -> str:
    """Spell an Input layer."""
    return layer("Input", "", name, f"input_param {{ shape {{ {' '.join(f'dim: {size}' for size in shape)} }} }}")


def he(generator: np.random.Generator, shape: Shape) -> Array:
    """Draw weights that keep the variance of what passes through; a vector is a bias, and small."""
    spread = 0.1 if len(shape) <= 1 else math.sqrt(2 / math.prod(shape[1:]))
    return (generator.standard_normal(shape) * spread).astype(np.float32)


def statistics(generator: np.random.Generator, channels: int, *, count: float) -> list[Array]:
    """Draw a BatchNorm layer's three blobs; the first two are sums over `count`."""
    mean = generator.standard_normal(channels) * 0.2 * count
    variance = generator.uniform(0.3, 2, channels) * count
    return [mean.astype(np.float32), variance.astype(np.float32), np.array([count], dtype=np.float32)]


def caffemodel(
    blobs: Blobs,
    *,
    values: Literal["packed", "unpacked", "double"] = "packed",
    legacy_shape: bool = False,
    version_1: bool = False,
) -> bytes:
    """Write a caffemodel in one of the forms that Caffe has had."""
    messages = caffe_messages()
    net = messages["NetWeights"]()
    for name, arrays in blobs.items():
        kind = "V1LayerWeights" if version_1 else "LayerWeights"
        written = [_blob(array, values=values, legacy_shape=legacy_shape) for array in arrays]
        saved = messages[kind](name=name.encode(), blobs=written).SerializeToString()
        (net.layers if version_1 else net.layer).append(saved)
    data: bytes = net.SerializeToString()
    return data


def _blob(array: Array, *, values: str, legacy_shape: bool) -> bytes:
    blob = caffe_messages()["BlobProto"]()
    if legacy_shape:
        blob.num, blob.channels, blob.height, blob.width = (1,) * (4 - array.ndim) + array.shape
    else:
        blob.shape.dim.extend(array.shape)
    if values == "double":
        blob.double_data.extend(array.ravel())
        rest = b""
    elif values == "packed":
        rest = _PACKED(data=array.astype("<f4").tobytes()).SerializeToString()
    else:
        rest = _UNPACKED(data=array.ravel()).SerializeToString()
    data: bytes = blob.SerializeToString() + rest
    return data
