"""Run Caffe networks with OpenCV 4's own importer; a program for an environment that has OpenCV 4.

Each argument is a folder with net.prototxt, net.caffemodel, output.txt and one INPUT.npy an input; the program adds
answer.npy, or error.txt where OpenCV refuses.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np


def main() -> None:
    for folder in map(Path, sys.argv[1:]):
        try:
            # The types are those of OpenCV 5, which has lost the function.
            read = cv2.dnn.readNetFromCaffe  # type: ignore[attr-defined]
            net = read(str(folder / "net.prototxt"), str(folder / "net.caffemodel"))
            for values in folder.glob("*.npy"):
                net.setInput(np.load(values), values.stem)
            answer = net.forward((folder / "output.txt").read_text())
        except cv2.error as error:
            (folder / "error.txt").write_text(str(error))
        else:
            np.save(folder / "answer.npy", answer)


if __name__ == "__main__":
    main()
