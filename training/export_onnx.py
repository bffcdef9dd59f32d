"""Write a checkpoint as the ONNX file that is shipped, and its card: `python -m training.export_onnx --help`."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np
import torch
from pydantic_settings import BaseSettings, CliApp, CliPositionalArg, SettingsConfigDict
from torch import Tensor, nn

from functions.colorise.models.card import ModelCard, ModelFile
from functions.colorise.session import NetworkSession
from functions.whole_file import write_whole
from training import checkpoint as checkpoints
from training.losses import Decoding
from training.network import AB_SCALE, GREY_MEAN, GREY_SCALE, uneven_padding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.color.color_space import Lightness
    from training.checkpoint import Checkpoint
    from training.network import Colouriser

OPSET: Final = 17
"""The newest that the tracing exporter writes; every runtime since 2022 reads it."""

AGREEMENT: Final = 0.05
"""ab; torch and ONNX Runtime may differ by this much anywhere in a picture."""

FIGURES: Final = ("psnr_db", "auc", "rebalanced_auc", "colourfulness_share", "stray_share", "blotch_share")
FIGURES_OF_GREY: Final = ("psnr_db", "auc", "rebalanced_auc")
"""Of a table, what goes onto the card."""

SIZES: Final = ((256, 256), (192, 352), (416, 224))
"""Height and width of what the two are compared on: a square, a film's frame, a portrait."""


class Export(BaseSettings):
    """Export a checkpoint; refused where torch and ONNX Runtime disagree."""

    model_config = SettingsConfigDict(
        frozen=True, use_attribute_docstrings=True, cli_kebab_case=True, cli_prog_name="python -m training.export_onnx"
    )

    checkpoint: CliPositionalArg[Path]
    out: CliPositionalArg[Path]
    """The .onnx file; its card is written beside it, with the ending .json."""
    head: Literal["direct", "mixture"] = "direct"
    """The direct head, or bins and regression mixed: slower, and its decoding can still be chosen."""
    decoding: Decoding = Decoding()
    """Of the mixture."""
    gain: float = 1.0
    """All chroma is multiplied by this."""
    text: Path | None = None
    """A TOML file with what only people can say: summary, licence, source, notes, intended use, attribution."""
    metrics: list[str] = []
    """NAME=FILE:ROW, such as `unseen=unseen/metrics.json:small`: a row of what training.evaluate found, and where."""

    def cli_cmd(self) -> None:
        """Export."""
        start = checkpoints.load(self.checkpoint)
        network = start.network().eval()
        if self.head == "direct" and not any(name.startswith("direct.") for name in start.weights):
            sys.exit(f"{self.checkpoint}: it has no trained direct head: export --head mixture, or train one first")
        shipped = Shipped(network, start, self.head, self.decoding, self.gain).eval()
        data = onnx_bytes(shipped)
        agreement = compared(shipped, data)
        made_at = commit()  # before the files that are about to change
        worst = max(agreement.values())
        if worst > AGREEMENT:
            sys.exit(f"torch and ONNX Runtime differ by {worst:.3f} ab, more than {AGREEMENT}: nothing was written")
        write_whole(self.out, data)
        card = self._card(start, data, made_at) | {"agreement_ab": agreement}
        write_whole(self.out.with_suffix(".json"), json.dumps(card, indent=2, ensure_ascii=False).encode() + b"\n")
        sys.stdout.write(f"{self.out}: {len(data):,} bytes, at most {worst:.4f} ab from torch\n")

    def _card(self, start: Checkpoint, data: bytes, made_at: str) -> dict[str, Any]:
        text = tomllib.loads(self.text.read_text()) if self.text else {}
        card = ModelCard(
            name=self.out.stem,
            summary=text.pop("summary", "exported without a text"),
            weights=ModelFile(self.out.name, len(data), hashlib.sha256(data).hexdigest()),
            licence=text.pop("licence", "not stated"),
            source=text.pop("source", "not stated"),
            side=text.pop("side", 256),
            metrics=dict(figure for words in self.metrics for figure in figures_of(words)),
            notes=tuple(text.pop("notes", ())),
        )
        made = {
            "head": self.head,
            "decoding": self.decoding.model_dump() if self.head == "mixture" else None,
            "gain": self.gain,
            "commit": made_at,
            "runs": list(start.history),
        }
        return dataclasses.asdict(card) | text | {"made": made}


def figures_of(words: str) -> Iterator[tuple[str, float]]:
    """The figures of NAME=FILE:ROW as a card names them: `unseen_auc`, and `unseen_grey_auc` to compare it with."""
    name, _, rest = words.partition("=")
    file, _, row = rest.rpartition(":")
    rows = {found["name"]: found for found in json.loads(Path(file).read_text())["rows"]}
    for figure in FIGURES:
        yield f"{name}_{figure}", rows[row][figure]
    for figure in FIGURES_OF_GREY:
        yield f"{name}_grey_{figure}", rows["grey"][figure]


class Shipped(nn.Module):
    """What is left of the network for inference: L* (N, 1, H, W) → a*, b* (N, 2, H/4, W/4)."""

    def __init__(self, network: Colouriser, start: Checkpoint, head: str, decoding: Decoding, gain: float) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            network.encoder.stem.weight *= GREY_SCALE
        self.head = network.direct if head == "direct" else Mixture(network, start, decoding)
        self.gain = gain

    def forward(self, lightness: Tensor) -> Tensor:
        """Chroma."""
        encoder = self.network.encoder
        x = nn.functional.relu6(encoder.stem(nn.functional.pad(lightness - GREY_MEAN, (0, 1, 0, 1))))
        features = []
        for number, block in enumerate(encoder.blocks):
            x = block(x)
            if number in encoder.taps:
                features.append(x)
        ab: Tensor = self.head(self.network.decoder(features))
        return ab * self.gain if self.gain != 1.0 else ab


class Mixture(nn.Module):
    """Bins' annealed mean and regression, with temperature, prior correction and shares folded into the weights.

    A softmax over channels is slow in ONNX Runtime; an exponential, one convolution and a division are equal to it and
    halved the whole network's time.
    """

    def __init__(self, network: Colouriser, start: Checkpoint, decoding: Decoding) -> None:
        super().__init__()
        from training.soft_bins import SoftBins  # noqa: PLC0415 - only this head needs it

        bins = SoftBins(start.prior)
        share = decoding.bins_share
        count, width = network.bins.out_channels, network.bins.in_channels
        self.scores = nn.Conv2d(width, count, 1)
        self.sums = nn.Conv2d(count, 3, 1, bias=False)
        self.regression = nn.Conv2d(width, 2, 1)
        with torch.no_grad():
            self.scores.load_state_dict(network.bins.state_dict())
            self.scores.get_parameter("bias").sub_(decoding.correction * bins.log_prior)
            sums = torch.cat([bins.centres.T * share, torch.ones(1, count)])
            self.sums.weight.copy_(sums[..., None, None])
            self.regression.load_state_dict(network.regression.state_dict())
            for weights, scale in ((self.scores, 1 / decoding.temperature), (self.regression, AB_SCALE * (1 - share))):
                for weight in weights.parameters():
                    weight.mul_(scale)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) → (N, 2, h, w)."""
        scores = self.scores(features)
        sums = self.sums(torch.exp(scores - scores.amax(1, keepdim=True)))
        ab: Tensor = sums[:, :2] / sums[:, 2:] + self.regression(features)
        return ab


def onnx_bytes(shipped: nn.Module) -> bytes:
    """The network as an ONNX file: input `l`, output `ab`, any number and size of pictures."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated; the new one does not keep free sizes
        path = Path(folder) / "network.onnx"
        torch.onnx.export(
            shipped,
            (torch.rand(1, 1, 256, 256) * 100,),
            path,
            input_names=["l"],
            output_names=["ab"],
            opset_version=OPSET,
            dynamo=False,
            dynamic_axes={"l": {0: "n", 2: "h", 3: "w"}, "ab": {0: "n", 2: "h4", 3: "w4"}},
        )
        return with_padded_convolutions(path.read_bytes())


def with_padded_convolutions(data: bytes) -> bytes:
    """Give halving convolutions the paddings before them as their own.

    ONNX Runtime changes memory's layout before and after each Pad, which cost a sixth of the network's time. PyTorch's
    convolutions cannot pad their sides differently, ONNX's can.
    """
    import onnx  # noqa: PLC0415 - the exporter needs it as well, but nothing else here

    model = onnx.load_from_string(data)
    pads = {node.output[0]: node for node in model.graph.node if node.op_type == "Pad"}
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[0] in pads:
            attributes = {attribute.name: attribute for attribute in node.attribute}
            low, high = uneven_padding(attributes["kernel_shape"].ints[0], attributes["strides"].ints[0])
            attributes["pads"].ints[:] = [low, low, high, high]
            node.input[0] = pads[node.input[0]].input[0]
    needed = {name for node in model.graph.node if node.op_type != "Pad" for name in node.input}
    for output, pad in pads.items():
        if output not in needed:
            model.graph.node.remove(pad)
    return bytes(model.SerializeToString())


def compared(shipped: nn.Module, data: bytes) -> dict[str, float]:
    """Size → largest difference in ab between torch and ONNX Runtime on one picture."""
    card = ModelCard("export", "", ModelFile("network.onnx", len(data), ""), "", "")
    session = NetworkSession(data, card, threads=1, gpus=())
    found = {}
    for height, width in SIZES:
        lightness = picture(height, width)
        with torch.no_grad():
            expected = shipped(torch.from_numpy(lightness)[None, None])[0].permute(1, 2, 0).numpy()
        found[f"{width}x{height}"] = float(np.abs(session.predict(lightness) - expected).max())
    return found


def picture(height: int, width: int) -> Lightness:
    """A picture made from numbers: clouds of all sizes over a horizon, (height, width), L*."""
    generator = np.random.default_rng(11)
    clouds = np.zeros((height, width), np.float32)
    for side in (2, 4, 8, 16, 32, 64):
        noise = generator.normal(size=(side, side)).astype(np.float32)
        clouds += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32((2 / side) ** 0.7)
    clouds[height // 2 :] -= 1
    low, high = clouds.min(), clouds.max()
    levels: Lightness = ((clouds - low) * np.float32(100 / (high - low))).astype(np.float32)
    return levels


def commit() -> str:
    """The commit of the working tree; with `+changes` where it has any that are not committed."""
    asked = ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+changes"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - a constant


if __name__ == "__main__":
    CliApp.run(Export)
