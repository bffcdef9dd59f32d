"""An ONNX graph, written node by node: https://onnx.ai/onnx/repo-docs/IR.html.

The messages are the needed part of onnx.proto, so that the product does not carry the `onnx` package.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from functions.colorise.models.proto_schema import message_classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from functions.colorise.models.proto_schema import Messages

OPSET: Final = 17
"""The operators' version; the one our own networks are exported with."""

IR_VERSION: Final = 8
"""The file format's version that came with opset 17 in ONNX 1.12; newer runtimes read older formats."""

Attribute: TypeAlias = "int | float | Sequence[int]"

_GRAPH: Final = 7
_GRAPH_TAG: Final = _GRAPH << 3 | 2
"""How the graph is announced in a serialised model: field 7, of which the length follows."""

_MESSAGES: Final[Messages] = {
    "ModelProto": {
        "ir_version": (1, "int64"),
        "producer_name": (2, "string"),
        "graph": (_GRAPH, "GraphProto"),
        "opset_import": (8, "OperatorSetIdProto[]"),
    },
    "OperatorSetIdProto": {"domain": (1, "string"), "version": (2, "int64")},
    "GraphProto": {
        "node": (1, "NodeProto[]"),
        "name": (2, "string"),
        "initializer": (5, "TensorProto[]"),
        "input": (11, "ValueInfoProto[]"),
        "output": (12, "ValueInfoProto[]"),
    },
    "NodeProto": {
        "input": (1, "string[]"),
        "output": (2, "string[]"),
        "name": (3, "string"),
        "op_type": (4, "string"),
        "attribute": (5, "AttributeProto[]"),
    },
    "AttributeProto": {
        "name": (1, "string"),
        "f": (2, "float"),
        "i": (3, "int64"),
        "ints": (8, "int64[]"),
        "type": (20, "int32"),
    },
    "TensorProto": {
        "dims": (1, "int64[]"),
        "data_type": (2, "int32"),
        "name": (8, "string"),
        "raw_data": (9, "bytes"),
    },
    "ValueInfoProto": {"name": (1, "string"), "type": (2, "TypeProto")},
    "TypeProto": {"tensor_type": (1, "TensorTypeProto")},
    "TensorTypeProto": {"elem_type": (1, "int32"), "shape": (2, "TensorShapeProto")},
    "TensorShapeProto": {"dim": (1, "DimensionProto[]")},
    "DimensionProto": {"dim_value": (1, "int64"), "dim_param": (2, "string")},
}

_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7
_TENSOR_FLOAT, _TENSOR_INT64 = 1, 7


@functools.cache
def _messages() -> Mapping[str, Any]:
    return message_classes("onnx", _MESSAGES)


class OnnxGraph:
    """A model that grows: values are known by name, and each is written once.

    Args:
        name: the graph's name, for people.
        values: the names that later nodes will write; no other value gets one of them.
    """

    def __init__(self, name: str, values: Iterable[str]) -> None:
        self._graph = _messages()["GraphProto"](name=name)
        self._names = set(values)
        # Each a GraphProto with one initializer, serialised: messages set end to end read as one, so the weights
        # are copied once more, not three times as one large message would while it is serialised.
        self._weights: list[bytes] = []

    def new_name(self, wanted: str) -> str:
        """Return a name that no value has: the wanted one, or with a number after it."""
        name, tries = wanted, 1
        while not name or name in self._names:
            tries += 1
            name = f"{wanted}.{tries}"
        self._names.add(name)
        return name

    def constant(self, name: str, array: npt.NDArray[np.float32] | npt.NDArray[np.int64]) -> str:
        """Store weights or indices of any shape, and return the name that nodes read them by."""
        name = self.new_name(name)
        is_float = array.dtype == np.float32
        part = _messages()["GraphProto"]()
        part.initializer.add(
            name=name,
            dims=array.shape,
            data_type=_TENSOR_FLOAT if is_float else _TENSOR_INT64,
            # ONNX stores little-endian, whatever machine writes it.
            raw_data=array.astype("<f4" if is_float else "<i8", copy=False).tobytes(),
        )
        self._weights.append(part.SerializeToString())
        return name

    def node(self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Attribute) -> None:
        """Add an operator; it reads values that are written already, and writes `outputs`."""
        node = self._graph.node.add(op_type=op, name=outputs[0], input=inputs, output=outputs)
        for name, value in attributes.items():
            if isinstance(value, int):
                node.attribute.add(name=name, type=_ATTRIBUTE_INT, i=value)
            elif isinstance(value, float):
                node.attribute.add(name=name, type=_ATTRIBUTE_FLOAT, f=value)
            else:
                node.attribute.add(name=name, type=_ATTRIBUTE_INTS, ints=value)

    def add_input(self, name: str, shape: Sequence[int | str]) -> None:
        """Declare an input of float32; a name in the shape stands for a size that is free."""
        _describe(self._graph.input.add(name=name), shape)

    def add_output(self, name: str, shape: Sequence[int | str]) -> None:
        """Declare an output of float32, as `add_input` does."""
        _describe(self._graph.output.add(name=name), shape)

    def serialise(self) -> bytes:
        """Return the model as the bytes of an .onnx file."""
        model = _messages()["ModelProto"](ir_version=IR_VERSION, producer_name="colorisebot")
        model.opset_import.add(domain="", version=OPSET)
        parts = [self._graph.SerializeToString(), *self._weights]
        head = [model.SerializeToString(), bytes([_GRAPH_TAG]), _varint(sum(map(len, parts)))]
        return b"".join([*head, *parts])


def _describe(value_info: Any, shape: Sequence[int | str]) -> None:
    tensor = value_info.type.tensor_type
    tensor.elem_type = _TENSOR_FLOAT
    tensor.shape.SetInParent()  # an empty shape is a scalar's, no shape at all is unknown
    for size in shape:
        if isinstance(size, int):
            tensor.shape.dim.add(dim_value=size)
        else:
            tensor.shape.dim.add(dim_param=size)


def _varint(number: int) -> bytes:
    """Encode a length, seven bits a byte: https://protobuf.dev/programming-guides/encoding/."""
    groups = []
    while number >> 7:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])
