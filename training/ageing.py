"""Age a picture: what time, lenses, film and copying do to a scene's lightness.

Everything works on whole batches of greys (N, 1, H, W) from 0 to 1, on the device they are on; each picture draws its
own faults. The colours to be learnt stay those of the scene.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name everybody knows it by

from training.lab import light_of, lightness_of_light

RESPONSES: Final = (
    ((0.15, 0.50), (0.40, 0.80), (0.00, 0.15), 0.50),
    ((0.60, 1.00), (0.05, 0.40), (0.00, 0.05), 0.20),
    ((0.00, 0.15), (0.20, 0.50), (0.40, 0.80), 0.15),
    ((0.05, 0.80), (0.05, 0.80), (0.05, 0.80), 0.15),
)
"""Sensitivity to blue, green and red light (ranges, before they are scaled to sum to 1), and how often: orthochromatic
film, which hardly saw red; early plates, which saw blue; a red or orange filter before panchromatic film; any other."""

RESPONSE_SHARE: Final = 0.4
"""Of the aged pictures; the others keep CIE's luminance, as a modern conversion to grey does."""

QUANTISATION: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Of luma in JPEG: ITU-T T.81, table K.1."""

BLOCK: Final = 8

SCRATCHED: Final = 0.02
"""Of the columns of a picture that has scratches."""


class Draws:
    """Random numbers for a batch: each call gives every picture its own, (N, 1, 1, 1)."""

    def __init__(self, pictures: int, generator: torch.Generator) -> None:
        self.pictures, self.generator = pictures, generator

    def between(self, low: float, high: float) -> Tensor:
        """Uniform."""
        draws = torch.rand(self.pictures, 1, 1, 1, generator=self.generator, device=self.generator.device)
        return low + (high - low) * draws

    def happens(self, share: float) -> Tensor:
        """True for about this share of the pictures."""
        return self.between(0, 1) < share

    def noise(self, height: int, width: int) -> Tensor:
        """Normal, (N, 1, height, width)."""
        return torch.randn(self.pictures, 1, height, width, generator=self.generator, device=self.generator.device)


def sharpened(grey: Tensor, enlarged: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Give back the detail that enlarging lost, to a share of the pictures: an unsharp mask as wide as the enlargement.

    Args:
        grey: (N, 1, H, W).
        enlarged: (N,), by how much each was.
        share: of the pictures.
        generator: of the draws.
    """
    draws = Draws(len(grey), generator)
    sigma = enlarged.clamp_min(1).view(-1, 1, 1, 1) * draws.between(0.5, 0.9)
    sharp = grey + draws.between(0.3, 1.2) * (grey - blurred(grey, sigma, widest=2.0))
    return torch.where(draws.happens(share), sharp.clamp(0, 1), grey)


def aged(grey: Tensor, bgr: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Age a share of the pictures.

    Args:
        grey: (N, 1, H, W), L* over 100.
        bgr: (N, 3, H, W), the colours, for film that sees them otherwise than the eye.
        share: of the pictures.
        generator: of the draws.
    """
    draws = Draws(len(grey), generator)
    old = torch.where(draws.happens(RESPONSE_SHARE), other_response(bgr, draws), grey)
    old = torch.where(draws.happens(0.45), blurred(old, draws.between(0.4, 1.8), widest=1.8), old)
    old = torch.where(draws.happens(0.5), old * draws.between(0.55, 1) + draws.between(0, 0.25), old)  # faded
    old = torch.where(draws.happens(0.5), old.clamp(1e-4, 1) ** torch.exp(draws.between(-0.45, 0.45)), old)
    old = torch.where(draws.happens(0.2), 0.5 + (old - 0.5) * draws.between(1.1, 1.6), old)  # hard paper
    old = torch.where(draws.happens(0.3), vignetted(old, draws), old)
    old = torch.where(draws.happens(0.6), grainy(old, draws), old)
    old = torch.where(draws.happens(0.1), on_paper(old, draws), old)
    old = torch.where(draws.happens(0.12), scratched(old, draws), old)
    old = torch.where(draws.happens(0.12), dusty(old, draws), old)
    old = torch.where(draws.happens(0.35), through_jpeg(old.clamp(0, 1), draws.between(25, 85)), old)
    return torch.where(draws.happens(share), old.clamp(0, 1), grey)


def other_response(bgr: Tensor, draws: Draws) -> Tensor:
    """Lightness over 100 as film with another spectral sensitivity records it, (N, 1, H, W)."""
    kind = draws.between(0, 1)
    weights, edge = torch.zeros(draws.pictures, 3, 1, 1, device=bgr.device), 0.0
    for blue, green, red, share in RESPONSES:
        drawn = torch.cat([draws.between(*blue), draws.between(*green), draws.between(*red)], 1)
        weights = torch.where((kind >= edge) & (kind < edge + share), drawn, weights)
        edge += share
    weights = weights / weights.sum(1, keepdim=True).clamp_min(1e-6)
    return lightness_of_light((light_of(bgr) * weights).sum(1, keepdim=True)) / 100


def blurred(grey: Tensor, sigma: Tensor, *, widest: float) -> Tensor:
    """Gaussian blur with a sigma, (N, 1, 1, 1) in pixels, for each picture; kernels reach three times `widest`."""
    reach = math.ceil(3 * widest)
    steps = torch.arange(-reach, reach + 1, device=grey.device, dtype=grey.dtype)
    kernel = torch.exp(-(steps**2) / (2 * sigma.clamp_min(1e-3).view(-1, 1) ** 2))
    kernel = kernel / kernel.sum(1, keepdim=True)
    # One group a picture: each is filtered with its own kernel.
    flat = F.pad(grey.transpose(0, 1), (reach, reach, reach, reach), mode="replicate")
    flat = F.conv2d(flat, kernel[:, None, None, :], groups=len(grey))
    return F.conv2d(flat, kernel[:, None, :, None], groups=len(grey)).transpose(0, 1)


def vignetted(grey: Tensor, draws: Draws) -> Tensor:
    """Darken or bleach towards the corners, around a centre that is somewhat off."""
    y, x = _places(grey)
    distance = (y - draws.between(0.35, 0.65)) ** 2 + (x - draws.between(0.35, 0.65)) ** 2
    darker = grey * (1 - draws.between(0.4, 1.4) * distance)
    return torch.where(draws.happens(0.8), darker, grey + draws.between(0.1, 0.4) * distance)


def grainy(grey: Tensor, draws: Draws) -> Tensor:
    """Add grain of one pixel or of clumps, strongest where film is half exposed."""
    noise = draws.noise(*grey.shape[2:])
    sigma = draws.between(0.5, 1.3)
    clumped = blurred(noise, sigma, widest=1.3) * (2.6 * sigma)  # about as strong again as before
    grain = torch.where(draws.happens(0.6), clumped, noise)
    exposure = 0.5 + 2 * (grey * (1 - grey)).clamp_min(0)
    return grey + draws.between(0.008, 0.05) * grain * exposure


def on_paper(grey: Tensor, draws: Draws) -> Tensor:
    """Add the relief of textured or stained paper: noise of several sizes, and a slope."""
    height, width = grey.shape[2:]
    relief = sum(
        F.interpolate(draws.noise(height // size, width // size), size=(height, width), mode="bilinear")
        for size in (2, 4, 16)
    )
    return grey + draws.between(0.01, 0.04) * relief


def scratched(grey: Tensor, draws: Draws) -> Tensor:
    """Draw a few bright or dark lines along the film, or across."""
    height, width = grey.shape[2:]
    along = torch.rand(draws.pictures, 1, 1, width, generator=draws.generator, device=grey.device)
    strength = (along < SCRATCHED).to(grey) * draws.between(-0.5, 0.7)
    wear = F.interpolate(draws.noise(max(1, height // 16), 1), size=(height, 1), mode="bilinear").clamp(0, 1)
    lines = strength * wear
    across = lines.transpose(2, 3) if height == width else lines
    return grey + torch.where(draws.happens(0.7), lines, across)


def dusty(grey: Tensor, draws: Draws) -> Tensor:
    """Strew specks, white as dust on a negative leaves them, or dark as dirt on a print."""
    specks = blurred(draws.noise(*grey.shape[2:]), draws.between(0.7, 1.6), widest=1.6)
    level = specks.std((2, 3), keepdim=True) * draws.between(2.6, 3.4)
    white = draws.happens(0.7)
    return torch.where(specks > level, torch.where(white, grey * 0.2 + 0.8, grey * 0.3), grey)


def through_jpeg(grey: Tensor, quality: Tensor) -> Tensor:
    """Save and open again: quantise the cosine transform of blocks of 8 x 8 (ITU-T T.81) as libjpeg scales its table.

    Args:
        grey: (N, 1, H, W), 0 to 1; H and W multiples of 8.
        quality: (N, 1, 1, 1), 1 to 100.
    """
    count, _, height, width = grey.shape
    index = torch.arange(BLOCK, device=grey.device, dtype=grey.dtype)
    cosine = torch.cos((2 * index[None] + 1) * index[:, None] * math.pi / (2 * BLOCK)) * 0.5
    cosine[0] *= math.sqrt(0.5)
    blocks = (grey * 255 - 128).view(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(2, 3)
    spectrum = cosine @ blocks @ cosine.T
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)[..., None] / 100  # noqa: PLR2004 - libjpeg's
    table = (torch.tensor(QUANTISATION, device=grey.device, dtype=grey.dtype) * scale).clamp_min(1).round()
    rounded = cosine.T @ ((spectrum / table).round() * table) @ cosine
    return ((rounded.transpose(2, 3).reshape(count, 1, height, width) + 128) / 255).clamp(0, 1)


def _places(grey: Tensor) -> tuple[Tensor, Tensor]:
    """Heights (1, 1, H, 1) and widths (1, 1, 1, W), 0 to 1."""
    height, width = grey.shape[2:]
    y = torch.linspace(0, 1, height, device=grey.device).view(1, 1, -1, 1)
    return y, torch.linspace(0, 1, width, device=grey.device).view(1, 1, 1, -1)
