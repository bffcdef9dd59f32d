"""Protobuf message classes made from a table: no generated code to keep, no compiler to run.

The wire format, its limits and the text format stay the protobuf library's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

if TYPE_CHECKING:
    from collections.abc import Mapping

_FieldProto: Final = descriptor_pb2.FieldDescriptorProto

_SCALARS: Final[Mapping[str, descriptor_pb2.FieldDescriptorProto.Type.ValueType]] = {
    "bool": _FieldProto.TYPE_BOOL,
    "bytes": _FieldProto.TYPE_BYTES,
    "double": _FieldProto.TYPE_DOUBLE,
    "float": _FieldProto.TYPE_FLOAT,
    "int32": _FieldProto.TYPE_INT32,
    "int64": _FieldProto.TYPE_INT64,
    "string": _FieldProto.TYPE_STRING,
    "uint32": _FieldProto.TYPE_UINT32,
}

Field: TypeAlias = tuple[int, str] | tuple[int, str, str]
"""Number, type and, where it is not the type's own, default, each as a .proto file spells it.

`[]` after the type makes the field repeated, `[packed]` repeated and packed.
"""

Messages: TypeAlias = "Mapping[str, Mapping[str, Field]]"
"""The fields of each message, by name."""

Enums: TypeAlias = "Mapping[str, Mapping[str, int]]"
"""The values of each enum, by name; `Message.Enum` is nested, which keeps equal value names apart."""


def message_classes(package: str, messages: Messages, enums: Enums | None = None) -> Mapping[str, Any]:
    """Build the classes of a table's messages, by name, in a pool of their own.

    A private pool lets another library in the process register the same package, as `onnx` does. The classes
    are typed `Any`: their attributes exist at run time only.
    """
    enums = enums or {}
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto2")
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field_name, field in fields.items():
            _add_field(message, field_name, field, package=package, enums=enums)
    for name, values in enums.items():
        outer, _, inner = name.rpartition(".")
        home = next((message for message in file.message_type if message.name == outer), file)
        enum = home.enum_type.add(name=inner)
        for value, number in values.items():
            enum.value.add(name=value, number=number)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in messages}


def _add_field(message: descriptor_pb2.DescriptorProto, name: str, field: Field, *, package: str, enums: Enums) -> None:
    number, spelt = field[0], field[1]
    kind, bracket, rest = spelt.partition("[")
    proto = message.field.add(
        name=name, number=number, label=_FieldProto.LABEL_REPEATED if bracket else _FieldProto.LABEL_OPTIONAL
    )
    if rest == "packed]":
        proto.options.packed = True
    if kind in _SCALARS:
        proto.type = _SCALARS[kind]
    else:
        proto.type = _FieldProto.TYPE_ENUM if kind in enums else _FieldProto.TYPE_MESSAGE
        proto.type_name = f".{package}.{kind}"
    if len(field) > len(("number", "type")):
        proto.default_value = field[-1]
