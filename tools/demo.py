"""Colour sample photographs with the real command and put before and after side by side.

Usage: python tools/demo.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from cli.main import main as colorise
from tools.sample import SAMPLES, sample


def main() -> int:
    """Write `<name>.png` (grey) and `<name>.before-after.png` for every sample."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out")
    folder.mkdir(parents=True, exist_ok=True)
    for name in SAMPLES:
        grey = folder / f"{name}.png"
        grey.write_bytes(sample(name))
        result = folder / f"{name}.before-after.png"
        code = colorise(["photo", str(grey), "--compare", "-y", "-o", str(result)])
        if code:
            return code
        print(f"{result}  (before | after)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
