"""A prototxt as the network it describes at inference: inputs, layers in order, one output.

The rules are those of BVLC Caffe's src/caffe/net.cpp (phases, in-place layers, blobs made twice) and
src/caffe/util/upgrade_proto.cpp (V1 layers).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from google.protobuf import text_format

from functions.colorise.models.caffe.proto import TEST, V1_TYPES, CaffeError, caffe_messages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

PROTOTXT_BYTES: Final = 1_000_000
"""A thousand layers stay under half of it, and the text parser takes seconds for a megabyte."""

LINE_CHARACTERS: Final = 10_000
"""The text parser copies the line for each value it skips: a megabyte in one line would take minutes."""

LAYERS: Final = 4096
"""More than any published network has (ResNet-1001 about 3,000 with its BatchNorm, Scale and ReLU layers)."""

AXES: Final = 32
"""Caffe's kMaxBlobAxes, include/caffe/blob.hpp."""

VALUES: Final = 2**31 - 1
"""What one blob may hold: Caffe's Blob::Reshape counts with an int."""

Shape: TypeAlias = tuple[int, ...]
"""(N, C, H, W) mostly, at the input size that the prototxt declares."""

_V1_KINDS: Final[Mapping[str, str]] = {
    "CONCAT": "Concat",
    "CONVOLUTION": "Convolution",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "ELTWISE": "Eltwise",
    "INNER_PRODUCT": "InnerProduct",
    "POOLING": "Pooling",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "TANH": "TanH",
}


@dataclass(frozen=True)
class Layer:
    """One step of the network; what it reads and writes are values, each written once.

    An in-place layer reads one version of a blob and writes the next: the last has the blob's own name, those
    before it `blob@layer`. `parameters` is the LayerParameter message, or the V1LayerParameter.
    """

    name: str
    kind: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    parameters: Any

    def reject(self, reason: str, *, file: str = "prototxt") -> NoReturn:
        """Raise the error that says what is wrong with this layer in that file."""
        reject_layer(self.name, self.kind, reason, file=file)


@dataclass(frozen=True)
class Net:
    """A network in the order that it runs; every layer of it is needed for the output."""

    inputs: Mapping[str, Shape]
    layers: Sequence[Layer]
    output: str


def reject_layer(name: str, kind: str, reason: str, *, file: str = "prototxt") -> NoReturn:
    """Raise the error that names a file, a layer with its type, and the fault."""
    msg = f"{file}: layer {name[:60]!r} ({kind[:40] or 'no type'}): {reason}"
    raise CaffeError(msg)


def read_net(prototxt: bytes, *, output: str | None, kinds: Collection[str]) -> Net:
    """Read a prototxt and keep what its TEST phase computes.

    `output` names the blob that is wanted, by default the last that no layer but Silence reads. `kinds` are
    the layer types that can be converted: any other is an error, unless a named output does without it.

    Raises:
        CaffeError: the text cannot be read, is too large, or describes no network that can run.
    """
    message = _parse(prototxt)
    layers = list(_included(message))
    inputs = dict(_inputs(message, layers))
    steps, blobs = _connected([layer for layer in layers if layer[1] != "Input"], inputs)
    value = _last_unread(steps) if output is None else blobs.get(output)
    if value is None or value in inputs:
        msg = f"prototxt: no layer makes a blob named {(output or '')[:60]!r}"
        raise CaffeError(msg)
    needed = _needed(steps, value)
    for step in steps if output is None else needed:
        if step.kind not in kinds:
            step.reject("layers of this type cannot be converted")
    read = {bottom for step in needed for bottom in step.bottoms}
    return Net({name: shape for name, shape in inputs.items() if name in read}, needed, value)


def check_shape(shape: Shape) -> str | None:
    """Return what is wrong with a blob's shape, or None."""
    if len(shape) > AXES:
        return f"{len(shape)} axes, where Caffe knows {AXES}"
    if any(size < 1 for size in shape):
        return f"a blob of {shape_text(shape)}"
    if math.prod(shape) > VALUES:
        return f"a blob of {shape_text(shape)}, more than Caffe can count"
    return None


def shape_text(shape: Sequence[int]) -> str:
    """Spell a shape for an error, as 1x64x56x56."""
    return "x".join(map(str, shape)) or "one value"


def _parse(prototxt: bytes) -> Any:
    if len(prototxt) > PROTOTXT_BYTES:
        msg = f"prototxt: {len(prototxt)} bytes, where {PROTOTXT_BYTES} are allowed"
        raise CaffeError(msg)
    if b"\0" in prototxt:
        msg = "prototxt: is binary, not text (are prototxt and caffemodel swapped?)"
        raise CaffeError(msg)
    # Comments come in any encoding; a name that suffers is replaced alike where the caffemodel is read.
    text = prototxt.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    longest = max(map(len, text.split("\n")))
    if longest > LINE_CHARACTERS:
        msg = f"prototxt: a line of {longest} characters, where {LINE_CHARACTERS} are allowed"
        raise CaffeError(msg)
    try:
        return text_format.Parse(text, caffe_messages()["NetParameter"](), allow_unknown_field=True)
    except RecursionError:
        # Not chained: the cause is a thousand lines of the same call.
        msg = "prototxt: messages are nested too deep"
        raise CaffeError(msg) from None
    except text_format.ParseError as error:
        # The library quotes the whole line before it says what is wrong with it.
        fault = str(error).removeprefix(f"{error.GetLine()}:{error.GetColumn()} : ")
        fault = fault.rpartition("': ")[2] if fault.startswith("'") else fault
        msg = f"prototxt: line {error.GetLine()}: {fault}"
        raise CaffeError(msg) from error


def _included(message: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield name, type and parameters of the layers that the TEST phase runs."""
    if message.layer and message.layers:
        msg = "prototxt: holds both `layer` and `layers` (V1); Caffe takes one of them"
        raise CaffeError(msg)
    if len(message.layer) + len(message.layers) > LAYERS:
        msg = f"prototxt: {len(message.layer) + len(message.layers)} layers, where {LAYERS} are allowed"
        raise CaffeError(msg)
    for layer in message.layer:
        if _runs(layer, message.state):
            yield layer.name, layer.type, layer
    for layer in message.layers:
        if _runs(layer, message.state):
            old = V1_TYPES[layer.type]
            yield layer.name, _V1_KINDS.get(old, old), layer


def _runs(layer: Any, state: Any) -> bool:
    if layer.include:
        return any(_meets(rule, state) for rule in layer.include)
    return not any(_meets(rule, state) for rule in layer.exclude)


def _meets(rule: Any, state: Any) -> bool:
    # The state's own phase does not matter: we never train.
    return not (
        (rule.HasField("phase") and rule.phase != TEST)
        or (rule.HasField("min_level") and state.level < rule.min_level)
        or (rule.HasField("max_level") and state.level > rule.max_level)
        or set(rule.stage) - set(state.stage)
        or set(rule.not_stage) & set(state.stage)
    )


def _inputs(message: Any, layers: Sequence[tuple[str, str, Any]]) -> Iterator[tuple[str, Shape]]:
    """Yield the network's inputs: the top-level ones of old files, then those of Input layers."""
    shapes = [tuple(shape.dim) for shape in message.input_shape]
    if message.input_dim:
        dims = tuple(message.input_dim)
        shapes = [dims[start : start + 4] for start in range(0, len(dims), 4)]
    names = list(message.input)
    if len(shapes) != len(names) or (message.input_dim and len(message.input_dim) % 4):
        msg = f"prototxt: {len(names)} inputs are named, and shapes are given for {len(shapes)}"
        raise CaffeError(msg)
    pairs = [(name, shape, "input", "Input") for name, shape in zip(names, shapes, strict=True)]
    for name, kind, layer in layers:
        if kind != "Input":
            continue
        shapes = [tuple(shape.dim) for shape in layer.input_param.shape]
        if len(shapes) == 1:
            shapes *= len(layer.top)
        if len(shapes) != len(layer.top):
            reject_layer(name, kind, f"{len(layer.top)} tops, and shapes for {len(shapes)}")
        pairs += [(top, shape, name, kind) for top, shape in zip(layer.top, shapes, strict=True)]
    seen: set[str] = set()
    for top, shape, name, kind in pairs:
        fault = check_shape(shape) or ("no shape" if not shape else None)
        if not top or top in seen:
            fault = f"blob {top[:60]!r} is made twice" if top else "an input without a name"
        if fault:
            reject_layer(name, kind, fault)
        seen.add(top)
        yield top, shape


def _connected(
    layers: Sequence[tuple[str, str, Any]], inputs: Collection[str]
) -> tuple[list[Layer], Mapping[str, str]]:
    """Name the value that each layer reads and writes, so that each is written once.

    The mapping gives the last version of each blob.
    """
    last = {top: index for index, (_, _, layer) in enumerate(layers) for top in layer.top}
    taken = {*inputs, *last}
    current = {name: name for name in inputs}
    steps: list[Layer] = []
    for index, (name, kind, layer) in enumerate(layers):
        for bottom in layer.bottom:
            if bottom not in current:
                reject_layer(name, kind, f"no layer before it makes its bottom {bottom[:60]!r}")
        bottoms = tuple(current[bottom] for bottom in layer.bottom)
        tops: list[str] = []
        for position, top in enumerate(layer.top):
            in_place = top in layer.bottom[position : position + 1]
            if not top or (top in current and not in_place):
                fault = f"blob {top[:60]!r} is made twice" if top else "a top without a name"
                reject_layer(name, kind, fault)
            value = top
            if last[top] != index or top in inputs:
                value = f"{top}@{name}"
                while value in taken:
                    value += f".{index}"
                taken.add(value)
            current[top] = value
            tops.append(value)
        steps.append(Layer(name, kind, bottoms, tuple(tops), layer))
    return steps, current


def _last_unread(layers: Sequence[Layer]) -> str:
    read = {bottom for layer in layers if layer.kind != "Silence" for bottom in layer.bottoms}
    for layer in reversed(layers):
        for top in reversed(layer.tops):
            if top not in read:
                return top
    msg = "prototxt: no layer computes anything in the TEST phase"
    raise CaffeError(msg)


def _needed(layers: Sequence[Layer], value: str) -> list[Layer]:
    """Return the layers that a value depends on."""
    wanted = {value}
    kept: list[Layer] = []
    for layer in reversed(layers):
        if wanted.intersection(layer.tops):
            wanted.update(layer.bottoms)
            kept.append(layer)
    return kept[::-1]
