"""CIE Lab for tensors on any device, with the constants of `functions.color`: training and inference share one Lab.

Pictures are (N, 3, H, W) in blue, green, red, from 0 to 1.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from functions.color.color_space import BGR_TO_XYZ, SRGB_LINE, XYZ_TO_BGR

LINE: Final = (6 / 29) ** 3
"""Light up to which CIE's cube root is a straight line."""


def light_of(bgr: Tensor) -> Tensor:
    """Linear light of sRGB, both 0 to 1."""
    return torch.where(bgr <= SRGB_LINE * 12.92, bgr / 12.92, ((bgr.clamp_min(0) + 0.055) / 1.055) ** 2.4)


def lightness_of_light(luminance: Tensor) -> Tensor:
    """L*, 0 to 100, of luminance from 0 to 1, of any shape."""
    return 116 * _cube_root(luminance) - 16


def lab_of(bgr: Tensor) -> Tensor:
    """(N, 3, H, W) of L*, a*, b*."""
    x, y, z = _cube_root(_mixed(light_of(bgr), torch.from_numpy(BGR_TO_XYZ))).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def bgr_of_lab(lab: Tensor) -> Tensor:
    """(N, 3, H, W), 0 to 1; what sRGB cannot show is clipped."""
    lightness, a, b = lab.unbind(1)
    y = (lightness + 16) / 116
    root = torch.stack([y + a / 500, y, y - b / 200], 1)
    xyz = torch.where(root > 6 / 29, root**3, (root - 4 / 29) * (108 / 841))
    light = _mixed(xyz, torch.from_numpy(XYZ_TO_BGR)).clamp(0, 1)
    return torch.where(light <= SRGB_LINE, light * 12.92, 1.055 * light.clamp_min(SRGB_LINE) ** (1 / 2.4) - 0.055)


def _mixed(channels: Tensor, matrix: Tensor) -> Tensor:
    """(N, 3, H, W) times a matrix (3, 3)."""
    return torch.einsum("ij,njhw->nihw", matrix.to(channels), channels)


def _cube_root(light: Tensor) -> Tensor:
    """CIE's f."""
    return torch.where(light > LINE, light.clamp_min(LINE) ** (1 / 3), light * (841 / 108) + 4 / 29)
