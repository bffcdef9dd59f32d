"""Which codecs this machine's FFmpeg libraries can write."""

from __future__ import annotations

from typing import Final

import av

ENCODERS: Final = {
    "h264": "libx264",
    "hevc": "libx265",
    "av1": "libsvtav1",
    "ffv1": "ffv1",
    "prores": "prores_ks",
}
"""Codec name for people → the encoder that writes it."""


def encoders_present() -> dict[str, bool]:
    """Codec name → whether its encoder is in the libraries that PyAV brings."""
    return {name: encoder in av.codecs_available for name, encoder in ENCODERS.items()}


def library_versions() -> dict[str, str]:
    """FFmpeg library name → version, as PyAV was built with."""
    return {name: ".".join(map(str, version)) for name, version in av.library_versions.items()}
