import pytest

pytest.importorskip("torch", reason="training needs torch: pip install torch")

import torch

from training.bins import smoothed_prior
from training.soft_bins import SoftBins

UNIFORM = torch.full((261,), 1 / 261)


def colours(seed: int) -> torch.Tensor:
    return (torch.rand(2, 2, 5, 6, generator=torch.Generator().manual_seed(seed)) - 0.5) * 120


def test_a_colour_is_shared_among_its_nearest_bins_and_the_shares_sum_to_one() -> None:
    bins = SoftBins(UNIFORM)
    ab = colours(1)
    index, share = bins.encode(ab)

    nearest = torch.cdist(ab.permute(0, 2, 3, 1).reshape(-1, 2), bins.centres).min(1).values
    first = (bins.centres[index[:, 0]] - ab.permute(0, 2, 3, 1)).norm(dim=-1).reshape(-1)
    assert torch.allclose(share.sum(1), torch.ones(()), atol=1e-5)
    assert (first - nearest).max() <= 2**0.5  # the look-up table's cell is two units wide


def test_scores_that_are_sure_of_a_bin_mean_its_colour() -> None:
    bins = SoftBins(UNIFORM)
    scores = torch.zeros(1, 261, 1, 1)
    scores[0, 77] = 50

    found = bins.annealed_mean(scores, temperature=1.0, correction=0.0)

    assert torch.allclose(found[0, :, 0, 0], bins.centres[77], atol=1e-3)


def test_the_lower_the_temperature_the_nearer_to_the_likeliest_bin() -> None:
    bins = SoftBins(UNIFORM)
    scores = torch.zeros(1, 261, 1, 1)
    scores[0, 77], scores[0, 130] = 6, 5

    apart = [
        (bins.annealed_mean(scores, temperature=t, correction=0.0)[0, :, 0, 0] - bins.centres[77]).norm().item()
        for t in (1.0, 0.5, 0.1)
    ]

    assert apart[0] > apart[1] > apart[2]


def test_correcting_for_the_prior_favours_rare_colours() -> None:
    counts = torch.ones(261)
    counts[130] = 10_000
    bins = SoftBins(torch.from_numpy(smoothed_prior(counts.long().numpy())))
    scores = torch.zeros(1, 261, 1, 1)
    scores[0, 10], scores[0, 130] = 3, 3.5

    plain, corrected = (bins.annealed_mean(scores, temperature=0.3, correction=c)[0, :, 0, 0] for c in (0.0, 0.5))

    assert (corrected - bins.centres[10]).norm() < (plain - bins.centres[10]).norm()


def test_the_right_scores_cost_less_than_any_others() -> None:
    bins = SoftBins(UNIFORM)
    ab = colours(3)
    index, share = bins.encode(ab)
    right = torch.full((2, 261, 5, 6), -20.0).scatter(1, index, share.clamp_min(1e-9).log())

    best = bins.cross_entropy(right, ab)

    assert best < bins.cross_entropy(right.roll(1, 1), ab)
    assert best < bins.cross_entropy(torch.zeros_like(right), ab)


def test_rebalancing_makes_a_rare_colour_count_more() -> None:
    counts = torch.ones(261)
    counts[130] = 10_000
    bins = SoftBins(torch.from_numpy(smoothed_prior(counts.long().numpy())))
    rare, common = bins.centres[10], bins.centres[130]
    ab = torch.stack([rare, common], 1).reshape(1, 2, 1, 2)
    wrong_about_rare, wrong_about_common = torch.zeros(1, 261, 1, 2), torch.zeros(1, 261, 1, 2)
    wrong_about_rare[0, 200, 0, 0] = wrong_about_common[0, 200, 0, 1] = 8

    assert bins.cross_entropy(wrong_about_rare, ab, rebalanced=True) > bins.cross_entropy(
        wrong_about_common, ab, rebalanced=True
    )
