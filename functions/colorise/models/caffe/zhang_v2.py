"""The network of Colorful Image Colorization, release v2, written anew from a table, with random weights.

Architecture: Zhang, Isola, Efros (2016), https://richzhang.github.io/colorization/, table 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from functions.colorise.models.caffe.convert import convert
from functions.colorise.models.caffe.writer import Array, Shape, caffemodel, data, he, layer, statistics

Stage: TypeAlias = tuple[str, int, int, int, int]
"""Name, convolutions in it, channels, stride of its last convolution, dilation."""

STAGES: tuple[Stage, ...] = (
    ("conv1", 2, 64, 2, 1),
    ("conv2", 2, 128, 2, 1),
    ("conv3", 3, 256, 2, 1),
    ("conv4", 3, 512, 1, 1),
    ("conv5", 3, 512, 1, 2),
    ("conv6", 3, 512, 1, 2),
    ("conv7", 3, 512, 1, 1),
)
BINS = 313
TEMPERATURE_SCALE = 2.606
"""1 / 0.38, the annealing of the paper's section 2.3."""


@dataclass(frozen=True, slots=True)
class Files:
    """The network as files."""

    prototxt: bytes
    caffemodel: bytes
    onnx: bytes


def random_zhang_v2() -> Files:
    """Write the network with random weights: as slow as the real one, and blind."""
    text, saved = prototxt().encode(), caffemodel(complete(weights()))
    return Files(text, saved, convert(text, saved))


def complete(blobs: dict[str, list[Array]]) -> dict[str, list[Array]]:
    """Add what the caffemodel lacks and the paper's program fills in: importers that read no fillers want it."""
    return {
        **blobs,
        "conv8_313_rh": [np.full(BINS, TEMPERATURE_SCALE, dtype=np.float32)],
        "class8_ab": [points().T.reshape(2, BINS, 1, 1), np.zeros(2, dtype=np.float32)],
    }


def prototxt(side: int = 224) -> str:
    """Describe the network for a square input of so many pixels."""
    text = data(1, 1, side, side, name="data_l")
    bottom = "data_l"
    for name, convolutions, channels, stride, dilation in STAGES:
        for number in range(1, convolutions + 1):
            top = f"{name}_{number}"
            last = number == convolutions
            settings = f"num_output: {channels} kernel_size: 3 pad: {dilation} dilation: {dilation}"
            settings += f" stride: {stride}" if last else ""
            text += _convolution(bottom, top, settings, name="bw_conv1_1" if top == "conv1_1" else top)
            text += layer("ReLU", top, top, name=f"relu_{top}")
            bottom = top
        norm = f"{bottom}norm"
        text += layer("BatchNorm", bottom, norm, "batch_norm_param { }")
        bottom = norm
    text += _convolution(bottom, "conv8_1", "num_output: 256 kernel_size: 4 pad: 1 stride: 2", kind="Deconvolution")
    text += layer("ReLU", "conv8_1", "conv8_1", name="relu_conv8_1")
    for before, top in (("conv8_1", "conv8_2"), ("conv8_2", "conv8_3")):
        text += _convolution(before, top, "num_output: 256 kernel_size: 3 pad: 1")
        text += layer("ReLU", top, top, name=f"relu_{top}")
    text += _convolution("conv8_3", "conv8_313", f"num_output: {BINS} kernel_size: 1")
    filler = f"filler {{ type: 'constant' value: {TEMPERATURE_SCALE} }}"
    text += layer("Scale", "conv8_313", "conv8_313_rh", f"scale_param {{ bias_term: false {filler} }}")
    text += layer("Softmax", "conv8_313_rh", "class8_313_rh")
    text += _convolution("class8_313_rh", "class8_ab", "num_output: 2 kernel_size: 1")
    return text + 'layer { name: "Silence" type: "Silence" bottom: "class8_ab" }\n'


def weights() -> dict[str, list[Array]]:
    """Draw the blobs of every layer but class8_ab, 32 million values."""
    generator = np.random.default_rng(2016)
    blobs: dict[str, list[Array]] = {}
    channels = 1
    for name, convolutions, outputs, _, _ in STAGES:
        for number in range(1, convolutions + 1):
            key = "bw_conv1_1" if (name, number) == ("conv1", 1) else f"{name}_{number}"
            blobs[key] = _filters(generator, (outputs, channels, 3, 3), outputs)
            channels = outputs
        blobs[f"{name}_{convolutions}norm"] = statistics(generator, outputs, count=999.9)
    blobs["conv8_1"] = _filters(generator, (channels, 256, 4, 4), 256)
    blobs["conv8_2"] = _filters(generator, (256, 256, 3, 3), 256)
    blobs["conv8_3"] = _filters(generator, (256, 256, 3, 3), 256)
    # Scores of full strength would leave the softmax one bin each, and small differences nowhere to show.
    blobs["conv8_313"] = [blob * np.float32(0.03) for blob in _filters(generator, (BINS, 256, 1, 1), BINS)]
    return blobs


def points() -> Array:
    """Return centres for 313 bins, (313, 2): a disc of Lab's a* and b*, in the range of the real ones."""
    spiral = np.arange(BINS)
    angle, radius = spiral * 2.39996, 100 * np.sqrt((spiral + 0.5) / BINS)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)


def _filters(generator: np.random.Generator, shape: Shape, outputs: int) -> list[Array]:
    return [he(generator, shape), he(generator, (outputs,))]


def _convolution(bottom: str, top: str, settings: str, *, kind: str = "Convolution", name: str = "") -> str:
    return layer(kind, bottom, top, f"convolution_param {{ {settings} }}", name=name or top)
