"""Run the whole pipeline on this machine, colour sample photographs in it, and put before and after side by side.

Usage: python tools/demo.py FOLDER
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cli.main import main as colorise
from tools.sample import SAMPLES, sample

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def pipeline() -> Iterator[None]:
    """Queue, store and workers, in a folder that goes with them; `--via up` finds them while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="colorise-demo-") as data:
        os.environ["COLORISE_DATA"] = data
        command = [sys.executable, "-m", "cli", "up", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:  # noqa: S603 - our own words
            try:
                assert up.stdout is not None  # noqa: S101 - it is a pipe
                for line in up.stdout:
                    event = json.loads(line)
                    if event.get("event") == "ready":
                        print(f"queue, store and workers are ready after {event['seconds']:.1f} s")
                        break
                yield
            finally:
                up.send_signal(signal.SIGINT)
                up.communicate()


def main() -> int:
    """Write `<name>.png` (grey) and `<name>.before-after.png` for every sample."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with pipeline():
        for name in SAMPLES:
            grey = folder / f"{name}.png"
            grey.write_bytes(sample(name))
            result = folder / f"{name}.before-after.png"
            code = colorise(["photo", str(grey), "--compare", "-y", "-o", str(result), "--via", "up"])
            if code:
                return code
            print(f"{result}  (before | after)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
