"""The door to Little CMS, through Pillow: profiles made of tables, CMYK and back to sRGB, 8 bits at a time."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms


def to_srgb_8bit(pixels: npt.NDArray[np.uint8], profile: bytes, mode: str) -> npt.NDArray[np.uint8] | None:
    """Pixels of a profile → sRGB.

    Args:
        pixels: (h, w, 3) red, green, blue for mode `RGB`, (h, w, 4) for mode `CMYK`; a stripe of a picture.
        profile: an ICC profile.
        mode: Pillow's name for what the pixels are.

    Returns:
        (h, w, 3), red, green, blue; None where Little CMS cannot use the profile.
    """
    transform = _transform(profile, mode)
    if transform is None:
        return None
    image = Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), np.ascontiguousarray(pixels).tobytes())
    return np.asarray(transform.apply(image))


def sampled_cube(profile: bytes, step: int) -> npt.NDArray[np.float32] | None:
    """What a profile makes of every `step`-th code value of each channel.

    Args:
        profile: an ICC profile of RGB pixels.
        step: code values of 8 bits from node to node; divides 255.

    Returns:
        (N, N, N, 3), by red, green, blue; 0 to 65535. None where Little CMS cannot use the profile.
    """
    nodes = np.arange(0, 256, step, dtype=np.uint8)
    grid = np.stack(np.meshgrid(nodes, nodes, nodes, indexing="ij"), axis=-1)
    flat = to_srgb_8bit(grid.reshape(len(nodes) ** 2, len(nodes), 3), profile, "RGB")
    return None if flat is None else flat.reshape(grid.shape).astype(np.float32) * 257


@functools.lru_cache(maxsize=4)
def _transform(profile: bytes, mode: str) -> Any:
    """Pillow's transform object, or None."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.PERCEPTUAL)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
