"""The workers of `colorise up`: they take orders from the queue, and objects from the store."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from cli.up_ports import LOOPBACK
from cli.up_probes import says_ready
from cli.up_program import Program
from cli.up_settings import without_access

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PYTHON: Final = (sys.executable, "-P")
"""-P: a module in the folder that it works in is never taken for one of ours."""


def crew(workers: int) -> dict[str, Sequence[str]]:
    """Name → command of each: so many that colour, and one that splits and joins films."""
    colour: dict[str, Sequence[str]] = {
        f"colorise-{number}": (*PYTHON, "-m", "functions.colorise", "worker") for number in range(1, workers + 1)
    }
    return colour | {"split": (*PYTHON, "-m", "functions.video_split", "worker")}


def worker(name: str, command: Sequence[str], folder: Path, port: int, environment: Mapping[str, str]) -> Program:
    """A worker that answers on `port` whether it is ready.

    Args:
        name: of its row and its log.
        command: that runs it.
        folder: it works in; paths in the environment must be whole.
        port: free, on loopback.
        environment: how to find queue and store, and further settings.
    """
    places = {"TMPDIR": str(folder), "TMP": str(folder), "TEMP": str(folder)}
    told = {
        "COLORISE_HEALTH_HOST": LOOPBACK,  # in a container it is all addresses
        "COLORISE_HEALTH_PORT": str(port),
        "COLORISE_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return Program(
        name=name,
        command=command,
        environment={**without_access(os.environ), **environment, **told, **places},
        folder=folder,
        address=f"http://{LOOPBACK}:{port}",
        is_ready=partial(says_ready, port),
    )
