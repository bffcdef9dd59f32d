"""What must be known of a network before its file is opened: data, no code."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when a card file is parsed
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that belongs to a model, pinned by size and hash."""

    name: str
    bytes: int
    sha256: str
    mirrors: tuple[str, ...] = ()
    """https addresses that offered the file when the card was written, best first."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A network that turns lightness into chroma.

    Its input is one float32 tensor (N, 1, H, W): `(L* - lightness_offset) * lightness_scale`. Its output is one
    tensor (N, C, H / stride, W / stride): a* and b* where `output` is "ab", else one score a bin.
    """

    name: str
    summary: str
    weights: ModelFile
    licence: str
    source: str
    """Who made it, from what, and what to read about it."""
    built_from: tuple[ModelFile, ...] = ()
    """Files the weights are converted from where the ONNX file itself is not offered anywhere."""
    side: int = 256
    """Pixels; the network sees about side x side of them, in the picture's own shape."""
    multiple: int = 32
    """Height and width must be multiples of this many pixels."""
    square: bool = False
    """The file accepts nothing but side x side."""
    lightness_offset: float = 0.0
    lightness_scale: float = 1.0
    output: Literal["ab", "bins"] = "ab"
    output_scale: float = 1.0
    """What a* and b* are multiplied by where `output` is "ab": 100 or so for networks that answer from -1 to 1."""
    bins: tuple[tuple[float, float], ...] = ()
    """a* and b* of each bin's centre where `output` is "bins"."""
    temperature: float = 0.38
    """Of the annealed mean over bins (Zhang, Isola, Efros 2016, section 2.3)."""
    stride: int = 4
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What training measured, by name; `doctor` and the documentation show them."""
    notes: tuple[str, ...] = ()
    """Known failures, for whoever chooses a model."""
