import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch: pip install torch")

import torch

from training.ageing import Draws, aged, blurred, dusty, other_response, scratched, sharpened, through_jpeg
from training.lab import lightness_of_light


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def greys(pictures: int = 3) -> torch.Tensor:
    generator = np.random.default_rng(4)
    planes = [cv2.resize(generator.random((6, 6)).astype(np.float32), (64, 48)) for _ in range(pictures)]
    return torch.from_numpy(np.stack(planes)[:, None])


def test_each_picture_is_blurred_by_its_own_sigma_as_opencv_does() -> None:
    grey = greys(2)
    sigmas = (0.7, 1.6)

    found = blurred(grey, torch.tensor(sigmas).view(-1, 1, 1, 1), widest=1.6)

    for ours, before, sigma in zip(found, grey, sigmas, strict=True):
        theirs = cv2.GaussianBlur(before[0].numpy(), (11, 11), sigma, borderType=cv2.BORDER_REPLICATE)
        assert np.abs(ours[0].numpy() - theirs).max() < 2e-3


def test_jpeg_loses_as_much_as_opencvs_own() -> None:
    grey = greys(1)
    bytes_ = (grey[0, 0].numpy() * 255).round().astype(np.uint8)
    for quality in (30, 60, 90):
        _, data = cv2.imencode(".jpg", bytes_, [cv2.IMWRITE_JPEG_QUALITY, quality])
        theirs = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)) / np.float32(255)

        ours = through_jpeg(torch.from_numpy(bytes_ / np.float32(255))[None, None], torch.full((1, 1, 1, 1), quality))

        assert np.abs(ours[0, 0].numpy() - theirs).mean() < 0.003


def test_orthochromatic_film_shows_red_darker_and_blue_lighter_than_the_eye_sees_them() -> None:
    red, blue = torch.zeros(64, 3, 1, 1), torch.zeros(64, 3, 1, 1)
    red[:, 2] = blue[:, 0] = 1
    seen_red, seen_blue = (lightness_of_light(torch.tensor(share)) / 100 for share in (0.2126, 0.0722))

    reds = other_response(red, Draws(64, seeded(3))).flatten()
    blues = other_response(blue, Draws(64, seeded(3))).flatten()

    assert (reds < seen_red).float().mean() > 0.6  # filters make the rest
    assert (blues > seen_blue).float().mean() > 0.6


def test_white_stays_white_on_any_film() -> None:
    assert torch.allclose(other_response(torch.ones(32, 3, 2, 2), Draws(32, seeded())), torch.ones(()), atol=1e-4)


def test_pictures_that_are_not_to_age_stay_as_they_are() -> None:
    grey = greys()

    assert torch.equal(aged(grey, grey.expand(-1, 3, -1, -1), 0.0, seeded()), grey)
    assert torch.equal(sharpened(grey, torch.full((3,), 1.4), 0.0, seeded()), grey)


def test_aged_pictures_are_pictures_and_no_two_seeds_age_alike() -> None:
    grey = greys().repeat(8, 1, 1, 1)
    first, again, other = (aged(grey, grey.expand(-1, 3, -1, -1), 1.0, seeded(seed)) for seed in (1, 1, 2))

    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert (first - other).abs().mean() > 0.01
    assert (first - grey).abs().flatten(1).mean(1).min() < (first - grey).abs().flatten(1).mean(1).max()


def test_scratches_and_dust_touch_a_small_part_only() -> None:
    grey = torch.full((16, 1, 64, 64), 0.5)
    for fault in (scratched, dusty):
        touched = (fault(grey, Draws(16, seeded())) != grey).float().mean()

        assert 0 < touched < 0.15
