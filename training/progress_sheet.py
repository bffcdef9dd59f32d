"""A contact sheet while training: what the network makes of a few photographs, beside the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import torch
from torch.nn import functional as F  # noqa: N812 - the name everybody knows it by

from training.lab import bgr_of_lab

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor


def write_sheet(path: Path, lightness: Tensor, shown: Sequence[Tensor]) -> None:
    """Write one row a photograph: grey, then each of several colourings.

    Args:
        path: of the PNG.
        lightness: (N, 1, S, S), L*.
        shown: of a*, b*, each (N, 2, s, s).
    """
    side = lightness.shape[-1]
    columns = [torch.zeros_like(lightness).expand(-1, 2, -1, -1)]
    columns += [F.interpolate(ab, size=(side, side), mode="bilinear") for ab in shown]
    pictures = [bgr_of_lab(torch.cat([lightness, ab], 1)) for ab in columns]
    rows = torch.cat(pictures, 3)  # (N, 3, S, S x columns)
    sheet = torch.cat(list(rows), 1).permute(1, 2, 0)
    cv2.imwrite(str(path), (sheet * 255).round().byte().cpu().numpy())
