import pytest

pytest.importorskip("torch", reason="training needs torch: pip install torch")

import torch

from training.dataset import Batch
from training.losses import Decoding, Weights, flat_difference, flat_weights, spread_ratio, terms, total
from training.network import Answers, quarter_of
from training.soft_bins import SoftBins

FLAT = torch.full((1, 1, 16, 16), 50.0)


def test_colours_that_change_as_the_truths_do_cost_nothing() -> None:
    truth = torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(1)) * 20

    assert flat_difference(truth + 7, truth, flat_weights(FLAT)) < 1e-6


def test_a_blotch_costs_where_lightness_is_flat_and_nothing_over_an_edge() -> None:
    truth = torch.zeros(1, 2, 16, 16)
    blotch = truth.clone()
    blotch[:, 0, :, 8:] = 30
    edge = FLAT.clone()
    edge[..., 8:] = 90

    on_wall = flat_difference(blotch, truth, flat_weights(FLAT))
    over_edge = flat_difference(blotch, truth, flat_weights(edge))

    assert on_wall > 20 * over_edge


def test_spread_is_judged_by_ratio() -> None:
    truth = torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(1)) * 20

    assert spread_ratio(truth, truth) == 0
    assert spread_ratio(truth * 2, truth) == pytest.approx(spread_ratio(truth / 2, truth).item(), rel=0.2)


def test_terms_are_smallest_for_the_truth_and_weights_leave_terms_out() -> None:
    bins = SoftBins(torch.full((261,), 1 / 261))
    centre = bins.centres[200].view(1, 2, 1, 1).expand(1, 2, 16, 16)
    batch = Batch(torch.full((1, 1, 64, 64), 50.0), centre, FLAT)
    right = torch.zeros(1, 261, 16, 16)
    right[:, 200] = 30
    wrong = right.roll(40, 1)

    def found(scores: torch.Tensor, ab: torch.Tensor) -> dict[str, torch.Tensor]:
        answers = Answers(scores, quarter_of(scores, 3), ab, ab)
        return terms(answers, batch, bins, Decoding(), vivid=40.0, quarter=3)

    best, other = found(right, centre), found(wrong, -centre)

    assert all(best[name] <= other[name] for name in best)
    assert all(best[name] < other[name] for name in ("bins", "rebalanced", "regression", "mixture", "direct"))
    only = total(other, Weights(bins=0, rebalanced=0, regression=2, mixture=0, flat=0))
    assert only == pytest.approx(2 * other["regression"].item())
