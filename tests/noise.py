"""Bytes for tests of whatever moves bytes."""

from __future__ import annotations

from typing import Final

NOISE: Final = bytes(value * value % 251 for value in range(65_521)) * 32
"""2 MB, in which a block of a power of two bytes is like no other."""
