"""What the network is asked for, term by term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name everybody knows it by

from training.network import quarter_of

if TYPE_CHECKING:
    from training.dataset import Batch
    from training.network import Answers
    from training.soft_bins import SoftBins

LAGS: Final = (1, 4, 10)
"""Cells between two places whose difference in colour is compared: leaks, spots and blotches."""

NEAR_WEIGHT: Final = 3.0
"""Of neighbours among the lags: a leak over an edge is the fault that one sees first."""

EDGE: Final = 4.0
"""L* between neighbouring cells from which on there is an edge, and colour may change."""


class Weights(BaseModel):
    """Of the terms in the sum; 0 leaves a term out."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    bins: float = 1.0
    rebalanced: float = 0.2
    regression: float = 0.5
    mixture: float = 1.5
    flat: float = 0.75
    direct: float = 0.0
    direct_flat: float = 0.0
    spread: float = 0.0


class Decoding(BaseModel):
    """How bins and regression become one colour: what is shipped, or what the direct head learns to say."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    temperature: float = 0.3
    correction: float = 0.3
    """Of the prior's logarithm that is taken off the scores."""
    bins_share: float = 0.7
    """The rest is the regression's."""


def mixture(answers: Answers, bins: SoftBins, decoding: Decoding) -> Tensor:
    """(N, 2, h, w): bins' annealed mean and regression, mixed."""
    mean = bins.annealed_mean(answers.bins, temperature=decoding.temperature, correction=decoding.correction)
    return decoding.bins_share * mean + (1 - decoding.bins_share) * answers.regression


def terms(  # noqa: PLR0913 - what is compared, and how
    answers: Answers, batch: Batch, bins: SoftBins, decoding: Decoding, *, vivid: float, quarter: int | None = None
) -> dict[str, Tensor]:
    """Every term of the objective, before weights.

    Args:
        answers: of the network.
        batch: what it saw, and the truth.
        bins: the bins of ab.
        decoding: of the mixture that `mixture`, `flat` and `direct` are about.
        vivid: ab; a colour this strong weighs twice as much as grey in the regressions.
        quarter: of the places that the rebalanced head answered for; None is all.
    """
    ab = batch.ab
    mixed = mixture(answers, bins, decoding)
    weight = 1 + ab.norm(dim=1, keepdim=True).clamp(max=80) / vivid
    weight = weight / weight.mean()
    flatness = flat_weights(batch.true_lightness)
    return {
        "bins": bins.cross_entropy(answers.bins, ab),
        "rebalanced": bins.cross_entropy(
            answers.rebalanced, ab if quarter is None else quarter_of(ab, quarter), rebalanced=True
        ),
        "regression": _distance(answers.regression, ab, weight),
        "mixture": _distance(mixed, ab, weight),
        "flat": flat_difference(mixed, ab, flatness),
        # The direct head is told both what the bins say, which is colourful, and what is true.
        "direct": _distance(answers.direct, mixed.detach(), torch.ones_like(weight))
        + 0.25 * _distance(answers.direct, ab, weight),
        "direct_flat": flat_difference(answers.direct, ab, flatness),
        "spread": spread_ratio(mixed, ab),
    }


def total(found: dict[str, Tensor], weights: Weights) -> Tensor:
    """The weighted sum."""
    return torch.stack([weight * found[name] for name, weight in weights.model_dump().items() if weight]).sum()


def flat_weights(lightness: Tensor) -> dict[tuple[int, int], Tensor]:
    """(lag, axis) → weights near 1 where no edge in L* (N, 1, h, w) lies between two cells that far apart."""
    found = {}
    for axis in (2, 3):
        length = lightness.shape[axis]
        steps = lightness.diff(dim=axis).abs()
        for lag in LAGS:
            kernel = (lag, 1) if axis == 2 else (1, lag)  # noqa: PLR2004 - N, C, h, w
            crossed = F.max_pool2d(steps, kernel, 1)
            apart = (lightness.narrow(axis, lag, length - lag) - lightness.narrow(axis, 0, length - lag)).abs()
            edge = torch.maximum(crossed / EDGE, apart / (2 * EDGE))
            found[lag, axis] = torch.exp(-(edge**2))
    return found


def flat_difference(ab: Tensor, truth: Tensor, flatness: dict[tuple[int, int], Tensor]) -> Tensor:
    """How far colours change otherwise than the truth's where lightness is flat."""
    loss = ab.new_zeros(())
    for (lag, axis), weight in flatness.items():
        length = ab.shape[axis] - lag
        ours, theirs = (plane.narrow(axis, lag, length) - plane.narrow(axis, 0, length) for plane in (ab, truth))
        difference = F.smooth_l1_loss(ours / 5, theirs / 5, reduction="none") * weight
        loss = loss + difference.sum() / (2 * weight.sum() + 1) * (NEAR_WEIGHT if lag == 1 else 1.0)
    return loss / len(flatness)


def spread_ratio(ab: Tensor, truth: Tensor) -> Tensor:
    """|log| of the ratio of each picture's spread of ab to the truth's: 0 where it is as varied."""
    ours, theirs = (plane.var((2, 3)).sum(1).add(1).sqrt() + 3 for plane in (ab, truth))
    return (ours / theirs).log().abs().mean()


def _distance(ab: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Smooth L1 of ab over 10."""
    return (F.smooth_l1_loss(ab / 10, truth / 10, reduction="none") * weight).mean()
