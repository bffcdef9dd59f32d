"""A sample photograph as a grey PNG on standard output; `--check-colour FILE` fails unless FILE is in colour.

The photographs come with scikit-image: `camera` (CC0), `astronaut` and `rocket` (NASA and SpaceX, public domain).
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import cv2

from functions.color.color_space import luma_of
from functions.color.measures import colourfulness

SAMPLES = {"camera": "camera.png", "astronaut": "astronaut.png", "rocket": "rocket.jpg"}


def sample(name: str) -> bytes:
    """Read a sample, take its colour away, and give it as a PNG's bytes."""
    package = find_spec("skimage")
    if package is None or package.origin is None:
        sys.exit("scikit-image is not installed: pip install colorisebot[demo]")
    picture = cv2.imread(str(Path(package.origin).parent / "data" / SAMPLES[name]))
    if picture is None:
        sys.exit(f"scikit-image no longer ships {SAMPLES[name]}")
    return cv2.imencode(".png", luma_of(picture))[1].tobytes()


def main() -> None:
    """Print a sample, or check one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SAMPLES, nargs="?")
    parser.add_argument("--check-colour", type=Path)
    arguments = parser.parse_args()
    if arguments.check_colour:
        picture = cv2.imread(str(arguments.check_colour))
        found = 0.0 if picture is None else colourfulness(picture)
        if found < 5:  # noqa: PLR2004 - a grey picture has 0, a pale one 15
            sys.exit(f"{arguments.check_colour} is not in colour (colourfulness {found:.1f})")
        print(f"{arguments.check_colour}: colourfulness {found:.1f}")
        return
    sys.stdout.buffer.write(sample(arguments.name or "camera"))


if __name__ == "__main__":
    main()
