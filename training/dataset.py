"""Photographs in memory, and crops of them as batches: the same code on a CPU and on a GPU."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name everybody knows it by

from training.ageing import aged, sharpened
from training.lab import lab_of
from training.network import STRIDE
from training.photos import photos_in

if TYPE_CHECKING:
    from pathlib import Path

    from functions.color.color_space import Pixels
    from training.photos import Split

LARGEST_SIDE: Final = 512
"""Photographs whose short side is longer are shrunk to this when they are decoded: no crop is larger."""


class Batch(NamedTuple):
    """What the network learns from: N crops of S x S pixels."""

    lightness: Tensor
    """(N, 1, S, S), L* as an old photograph of the scene would show it."""
    ab: Tensor
    """(N, 2, S/4, S/4), the true colours."""
    true_lightness: Tensor
    """(N, 1, S/4, S/4), L* before ageing, for edges that are really there."""


class Cropping(BaseModel):
    """How crops are drawn."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    side: int = 192
    """Pixels that the network sees, a multiple of 32."""
    smallest: float = 0.65
    """Of the photograph's short side: crops are squares of this to 1 of it."""
    aged_share: float = 0.5
    sharpened_share: float = 0.5
    """The photographs are small, and enlarged they are softer than what is seen of a real one."""


class PhotoMemory:
    """All photographs of a split, decoded, in one flat array: shared by processes, or on the GPU.

    Attributes:
        pixels: (bytes,) uint8, the photographs one after the other, each (H, W, 3) in blue, green, red.
        places: (photographs, 3), each one's offset, height and width.
    """

    def __init__(self, pixels: Tensor, places: list[tuple[int, int, int]]) -> None:
        self.pixels, self.places = pixels, places

    def __len__(self) -> int:
        """Count the photographs."""
        return len(self.places)

    def photo(self, number: int) -> Tensor:
        """(3, H, W) uint8, a view."""
        offset, height, width = self.places[number]
        return self.pixels[offset : offset + height * width * 3].view(height, width, 3).permute(2, 0, 1)

    def to(self, device: torch.device) -> PhotoMemory:
        """The same, in a device's memory."""
        return PhotoMemory(self.pixels.to(device), self.places)


def remembered(folder: Path, split: Split, cache: Path) -> PhotoMemory:
    """Decode a split once into a file beside the run, and map it into memory: later starts cost nothing.

    Args:
        folder: of photographs, or of tar files of them.
        split: which of them.
        cache: a folder for the decoded bytes, about 110 KB a photograph of 176 x 208 pixels.
    """
    flat, index = cache / f"{split}.pixels", cache / f"{split}.json"
    if not index.exists():
        cache.mkdir(parents=True, exist_ok=True)
        places, offset = [], 0
        partial = flat.with_suffix(".partial")
        with partial.open("wb") as file:
            for photo in photos_in(folder, split):
                pixels = _bounded(photo.pixels())
                file.write(pixels.tobytes())
                places.append((offset, pixels.shape[0], pixels.shape[1]))
                offset += pixels.size
        os.replace(partial, flat)  # noqa: PTH105 - atomic also where the target exists
        index.write_text(json.dumps(places))
    places = [(int(offset), int(height), int(width)) for offset, height, width in json.loads(index.read_text())]
    return PhotoMemory(torch.from_file(str(flat), shared=False, size=flat.stat().st_size, dtype=torch.uint8), places)


def numbers_of(turn: int, *, batch: int, photos: int, seed: int) -> list[int]:
    """Which photographs make up a batch: every epoch is one pass over all of them, in an order of its own.

    It follows from the batch's number alone, so a run that was interrupted goes on with what it would have seen.

    Args:
        turn: the batch's number in the run: step times processes plus the process's own number.
        batch: photographs in it.
        photos: that there are.
        seed: of the orders.
    """
    first = turn * batch
    numbers = []
    for position in range(first, first + batch):
        epoch, place = divmod(position, photos)
        numbers.append(int(_order(photos, seed, epoch)[place]))
    return numbers


_ORDERS: dict[tuple[int, int, int], np.ndarray[tuple[int], np.dtype[np.int64]]] = {}


def _order(photos: int, seed: int, epoch: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    key = (photos, seed, epoch)
    if key not in _ORDERS:
        _ORDERS.clear()
        _ORDERS[key] = np.random.default_rng((seed, epoch)).permutation(photos)
    return _ORDERS[key]


def batch_of(memory: PhotoMemory, numbers: list[int], cropping: Cropping, generator: torch.Generator) -> Batch:
    """Crop, mirror and age photographs on the device that holds them.

    Args:
        memory: where they are.
        numbers: which.
        cropping: how.
        generator: of the random draws, on the same device.
    """
    device = memory.pixels.device
    draws = torch.rand((len(numbers), 4), generator=generator, device=device).tolist()
    crops, scales = [], []
    for number, (size, top, left, mirror) in zip(numbers, draws, strict=True):
        photo = memory.photo(number)
        short = min(photo.shape[1:])
        side = int(short * (cropping.smallest + (1 - cropping.smallest) * size))
        y, x = (int(share * (extent - side + 1)) for share, extent in zip((top, left), photo.shape[1:], strict=True))
        crop = photo[:, y : y + side, x : x + side].float()[None] / 255
        crops.append(resized(crop.flip(-1) if mirror < 0.5 else crop, cropping.side))  # noqa: PLR2004 - half
        scales.append(cropping.side / side)
    bgr = torch.cat(crops).clamp(0, 1)
    lab = lab_of(bgr)
    small = F.avg_pool2d(lab, STRIDE)
    enlarged = torch.tensor(scales, device=device)
    grey = sharpened(lab[:, :1] / 100, enlarged, cropping.sharpened_share, generator)
    grey = aged(grey, bgr, cropping.aged_share, generator)
    return Batch(grey * 100, small[:, 1:].contiguous(), small[:, :1].contiguous())


def resized(pictures: Tensor, side: int) -> Tensor:
    """(N, C, H, W) → (N, C, side, side), without aliasing where it shrinks."""
    return F.interpolate(pictures, size=(side, side), mode="bicubic", align_corners=False, antialias=True)


def _bounded(pixels: Pixels) -> Pixels:
    """Shrink a photograph whose short side is longer than any crop."""
    import cv2  # noqa: PLC0415 - only while decoding

    scale = LARGEST_SIDE / min(pixels.shape[:2])
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    height, width = (round(extent * scale) for extent in pixels.shape[:2])
    shrunk: Pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return shrunk
