import numpy as np
import pytest

from functions.color.color_space import lab_of as lab_of_pixels

pytest.importorskip("torch", reason="training needs torch: pip install torch")

import torch

from training.lab import bgr_of_lab, lab_of, lightness_of_light


def test_lab_is_the_one_that_inference_uses() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (24, 31, 3), dtype=np.uint8)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255

    ours = lab_of(tensor)[0].permute(1, 2, 0).numpy()

    assert np.abs(ours - lab_of_pixels(pixels)).max() < 0.01


def test_lab_and_back_is_the_same_colour() -> None:
    colours = torch.rand(2, 3, 9, 7, generator=torch.Generator().manual_seed(2))

    assert (bgr_of_lab(lab_of(colours)) - colours).abs().max() < 1e-3


def test_lightness_of_white_is_100_and_of_middle_grey_is_50() -> None:
    found = lightness_of_light(torch.tensor([0.0, 0.18418651, 1.0]))

    assert found.tolist() == pytest.approx([0, 50, 100], abs=0.01)
