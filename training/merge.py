"""Average checkpoints of one line into one network: `python -m training.merge --help`.

Weights of networks that share their beginning can be averaged where their answers could not be (Wortsman et al. 2022,
Model soups): as fast as one of them, and often better than each.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from pydantic_settings import BaseSettings, CliApp, CliPositionalArg, SettingsConfigDict

from training import checkpoint as checkpoints
from training.checkpoint import Checkpoint
from training.dataset import Cropping, remembered
from training.statistics import measure_statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.checkpoint import Weights


class Merge(BaseSettings):
    """Average checkpoints and measure the normalisation's statistics anew."""

    model_config = SettingsConfigDict(
        frozen=True, use_attribute_docstrings=True, cli_kebab_case=True, cli_prog_name="python -m training.merge"
    )

    checkpoints: CliPositionalArg[list[str]]
    """SHARE:FILE of each, such as `0.6:runs/a/average.pt`; the shares are scaled to sum to 1."""
    out: Path
    photos: Path
    cache: Path = Path("training/runs/photos")
    statistics_batches: int = 30
    """Of 16 crops."""

    def cli_cmd(self) -> None:
        """Merge."""
        shares, found = [], []
        for entry in self.checkpoints:
            share, _, path = entry.partition(":")
            shares.append(float(share))
            found.append(checkpoints.load(Path(path)))
        merged = averaged(found, shares)
        network = merged.network()
        memory = remembered(self.photos, "training", self.cache)
        measure_statistics(network, memory, Cropping(), batches=self.statistics_batches)
        done = {"run": self.out.stem, "merged": list(self.checkpoints), "of": [one.history for one in found]}
        whole = Checkpoint(merged.shape, network.state_dict(), merged.prior, (*found[-1].history, done))
        checkpoints.save(self.out, whole, half=True)
        sys.stdout.write(f"{self.out}: {self.out.stat().st_size:,} bytes\n")


def averaged(found: Sequence[Checkpoint], shares: Sequence[float]) -> Checkpoint:
    """The weighted mean; weights that only some have are averaged among those.

    Raises:
        ValueError: they are not of one shape.
    """
    first = found[0]
    if any(one.shape != first.shape for one in found):
        msg = "only checkpoints of one shape can be merged"
        raise ValueError(msg)
    names = {name for one in found for name in one.weights}
    weights: Weights = {}
    for name in names:
        having = [(one.weights[name], share) for one, share in zip(found, shares, strict=True) if name in one.weights]
        total = sum(share for _, share in having)
        if having[0][0].is_floating_point():
            weights[name] = torch.stack([weight.float() * (share / total) for weight, share in having]).sum(0)
        else:
            weights[name] = having[0][0]
    return Checkpoint(first.shape, weights, first.prior, first.history)


if __name__ == "__main__":
    CliApp.run(Merge)
