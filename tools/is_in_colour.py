"""Fails unless a picture is in colour.

Usage: python tools/is_in_colour.py FILE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import cv2

from functions.color.measures import colourfulness

LEAST: Final = 5.0
"""A grey picture has 0, a pale one 15."""


def main() -> None:
    """Say how colourful it is."""
    path = Path(sys.argv[1])
    picture = cv2.imread(str(path))
    found = 0.0 if picture is None else colourfulness(picture)
    if found < LEAST:
        sys.exit(f"{path} is not in colour (colourfulness {found:.1f})")
    print(f"{path}: colourfulness {found:.1f}")


if __name__ == "__main__":
    main()
