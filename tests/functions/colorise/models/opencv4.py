"""The independent importer that ours is compared with: OpenCV 4's, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

Array: TypeAlias = npt.NDArray[np.float32]

ROOT = Path(__file__).parents[4]
_PROGRAM = Path(__file__).with_name("opencv4_forward.py")


@dataclass(frozen=True)
class Question:
    """A network, what goes in, and the blob that is wanted."""

    prototxt: str
    caffemodel: bytes
    inputs: Mapping[str, Array]
    output: str


def interpreter() -> Path:
    """Return the Python that has OpenCV 4, or skip the test."""
    python = Path(os.environ.get("COLORISE_OPENCV4_PYTHON") or ROOT / ".venv-caffe/bin/python")
    if not python.is_file():
        pytest.skip(f"OpenCV 4 is the reference, and {python} is missing: `make test` installs it")
    return python


def answers(questions: Mapping[str, Question], folder: Path) -> dict[str, Array]:
    """Ask OpenCV 4 all questions in one go; each takes a folder. A refusal is a failure."""
    python = interpreter()
    for name, question in questions.items():
        home = folder / name
        home.mkdir()
        (home / "net.prototxt").write_text(question.prototxt)
        (home / "net.caffemodel").write_bytes(question.caffemodel)
        (home / "output.txt").write_text(question.output)
        for blob, values in question.inputs.items():
            np.save(home / f"{blob}.npy", values)
    homes = [folder / name for name in questions]
    subprocess.run([python, _PROGRAM, *homes], check=True, timeout=300)
    for home in homes:
        (home / "net.caffemodel").unlink()  # up to 129 MB, which pytest would keep for days
    return {name: _answer(folder / name) for name in questions}


def _answer(home: Path) -> Array:
    refusal = home / "error.txt"
    if refusal.exists():
        pytest.fail(f"OpenCV 4 refuses {home.name}: {refusal.read_text()}")
    answer: Array = np.load(home / "answer.npy")
    return answer
