"""Colours as distributions over bins of ab, and back (Zhang, Isola, Efros 2016, sections 2.1 to 2.3)."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name everybody knows it by

from training.bins import gamut_bins

NEIGHBOURS: Final = 5
SIGMA: Final = 5.0
"""A colour is shared among its five nearest bins by a Gaussian of this many units of ab (section 2.2)."""

CELL: Final = 2.0
REACH: Final = 120.0
"""Neighbours are looked up in a table with a cell every 2 units from -120 to 120: finding them took half a step."""

UNIFORM: Final = 0.5
"""Share of the uniform distribution in the prior that rare colours are weighted against: the paper's lambda."""


class SoftBins(nn.Module):
    """The bins, their prior, and what follows from both; a module so that it moves to a device.

    Args:
        prior: (bins,), how often each bin is met in photographs, smoothed, summing to 1.
    """

    centres: Tensor
    prior: Tensor
    weights: Tensor
    _index: Tensor
    _share: Tensor

    def __init__(self, prior: Tensor) -> None:
        super().__init__()
        centres = torch.from_numpy(gamut_bins())
        count = len(centres)
        axis = torch.arange(-REACH, REACH + 1, CELL)
        self.cells = len(axis)
        grid = torch.cartesian_prod(axis, axis)
        near, index = torch.cdist(grid, centres).topk(NEIGHBOURS, largest=False)
        share = torch.softmax(-(near**2) / (2 * SIGMA**2), 1)
        weights = 1 / ((1 - UNIFORM) * prior + UNIFORM / count)
        self.register_buffer("centres", centres, persistent=False)
        self.register_buffer("prior", prior.float(), persistent=False)
        self.register_buffer("weights", (weights / (prior * weights).sum()).float(), persistent=False)
        self.register_buffer("_index", index, persistent=False)
        self.register_buffer("_share", share, persistent=False)

    def encode(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Bins and shares, both (N, 5, h, w) with the nearest first, of colours (N, 2, h, w)."""
        cell = ((ab + REACH) / CELL).round().long().clamp(0, self.cells - 1)
        flat = cell[:, 0] * self.cells + cell[:, 1]
        return self._index[flat].permute(0, 3, 1, 2), self._share[flat].permute(0, 3, 1, 2)

    def cross_entropy(self, scores: Tensor, ab: Tensor, *, rebalanced: bool = False) -> Tensor:
        """Mean cross-entropy of scores (N, bins, h, w) to soft-encoded colours (N, 2, h, w)."""
        index, share = self.encode(ab)
        loss = -(F.log_softmax(scores, 1).gather(1, index) * share).sum(1)
        if not rebalanced:
            return loss.mean()
        weight = self.weights[index[:, 0]]
        return (loss * weight).sum() / weight.sum()

    def annealed_mean(self, scores: Tensor, *, temperature: float, correction: float) -> Tensor:
        """Colours (N, 2, h, w) of scores (N, bins, h, w).

        Args:
            scores: logits.
            temperature: of the paper's section 2.3: 1 is the mean, towards 0 the mode.
            correction: how much of the prior's logarithm is taken off first: common colours are browns.
        """
        corrected = scores - correction * self.log_prior[:, None, None]
        share = torch.softmax(corrected / temperature, 1)
        return torch.einsum("nkhw,kc->nchw", share, self.centres.to(share))

    @property
    def log_prior(self) -> Tensor:
        """(bins,), with a floor below which a bin is as good as never seen."""
        return torch.log(self.prior + 1e-4)
