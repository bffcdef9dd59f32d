"""The size an ONNX file declares for its input, read without running it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError

from functions.colorise.models.proto_schema import message_classes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.colorise.models.proto_schema import Messages

_MESSAGES: Final[Messages] = {
    "ModelProto": {"graph": (7, "GraphProto")},
    "GraphProto": {"initializer": (5, "TensorProto[]"), "input": (11, "ValueInfoProto[]")},
    "TensorProto": {"name": (8, "string")},
    "ValueInfoProto": {"name": (1, "string"), "type": (2, "TypeProto")},
    "TypeProto": {"tensor_type": (1, "TensorTypeProto")},
    "TensorTypeProto": {"shape": (2, "TensorShapeProto")},
    "TensorShapeProto": {"dim": (1, "DimensionProto[]")},
    "DimensionProto": {"dim_value": (1, "int64")},
}
"""The path to an input's shape in onnx.proto; everything else is skipped."""


def declared_size(weights: bytes) -> tuple[int | None, int | None]:
    """Read height and width of a network's one picture input.

    Args:
        weights: an ONNX file.

    Returns:
        Height and width in pixels, each None where the file leaves it free, or where this is no such file.
    """
    try:
        graph = _messages()["ModelProto"].FromString(weights).graph
    except DecodeError:
        return None, None
    constants = {tensor.name for tensor in graph.initializer}  # files of before IR version 4 list them as inputs too
    for port in graph.input:
        sizes = [axis.dim_value for axis in port.type.tensor_type.shape.dim]
        if port.name not in constants and len(sizes) == len("NCHW"):
            return sizes[2] or None, sizes[3] or None
    return None, None


@functools.cache
def _messages() -> Mapping[str, Any]:
    return message_classes("onnx_shape", _MESSAGES)
