"""How long a visitor of the stand waits: from the shutter to the colours on the screen, in a real browser.

Usage: python -m tools.webcam_wait [SHOTS]   (chromium, whose camera is not one; `colorise demo` with two workers)
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect

from tests.end_to_end.stand_process import StandProcess, chromium_running, opened, visiting
from tests.end_to_end.test_stand_booth import SHUTTER


def main() -> None:
    """Print milliseconds of each shot, and their median."""
    shots = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    waits: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        StandProcess(Path(folder) / "data") as stand,
        chromium_running() as browser,
        visiting(browser, stand) as browsing,
    ):
        for _ in range(shots):
            page = opened(browsing, "/")
            page.get_by_role("button", name="Take a picture").click()
            shoot = page.get_by_role("button", name="Three, two, one")
            expect(shoot).to_be_enabled()
            page.evaluate(SHUTTER)
            shoot.click()
            waits.append(page.evaluate("window.shutter"))
            page.context.close()
    print(" ".join(f"{wait:.0f}" for wait in waits))
    load = os.getloadavg()[0]
    print(f"median of {shots}: {statistics.median(waits):.0f} ms, slowest {max(waits):.0f} ms; load {load:.1f}")


if __name__ == "__main__":
    main()
