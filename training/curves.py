"""The curves behind AuC as a picture."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from functions.errors import Rejected
from functions.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from training.measures import Figures


def check_matplotlib() -> None:
    """See that curves can be drawn, before anything long is begun.

    Raises:
        Rejected: matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        msg = "the curves need matplotlib: install colorisebot's extra `train`, or give --no-curves"
        raise Rejected(msg, code="no-matplotlib")


def draw_curves(figures: Mapping[str, Figures], target: Path) -> None:
    """Draw the share of pixels within each error, plain and rebalanced, a line a network, as a PNG.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra's, and slow to import

    page = Figure(figsize=(12, 5), layout="constrained")
    for axes, title, rebalanced in zip(
        page.subplots(1, 2), ("all pixels alike", "rebalanced"), (False, True), strict=True
    ):
        for name, each in figures.items():
            curve = each.rebalanced_curve if rebalanced else each.curve
            area = each.rebalanced_auc if rebalanced else each.auc
            axes.plot(np.arange(len(curve)), 100 * curve, label=f"{name} ({area:.2f})", linewidth=1)
        axes.set(title=title, xlabel="error in ab", ylabel="pixels within it, %", xlim=(0, 100), ylim=(0, 101))
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right", fontsize="small")
    stream = io.BytesIO()
    page.savefig(stream, format="png", dpi=110)
    write_whole(target, stream.getvalue())
