"""Fit triage's weights on the open set's development half, and on photographs from a folder of tars where given.

Usage: python -m tools.triage_fit [--photos FOLDER [--count N]]
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression

from functions.color.triage import PART, Verdict, triage
from tools.triage_set import cases, photo_cases

DOUBT: Final = 1.0
"""Taken from the log odds: people who ask for colour send few pictures in colour, and to be refused a stained print is
worse than to have a pale photograph coloured anew."""


def main() -> int:
    """Print weights and bias for functions/color/triage.py."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--count", type=int, default=800)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = itertools.chain(cases("development"), photo_cases(asked.photos, 0, asked.count) if asked.photos else ())
    terms, in_colour = [], []
    for case in pictures:
        figures = triage(case.pixels).figures
        # What another rule decides would only pull the weights its way.
        if case.expected != (Verdict.UNUSABLE,) and (case.kind != "grey, a part in colour" or figures.part < PART):
            terms.append(figures.terms)
            in_colour.append(Verdict.COLOUR in case.expected)
    model = LogisticRegression(C=10, class_weight="balanced").fit(np.array(terms), in_colour)
    print("WEIGHTS:", model.coef_.round(1).tolist()[0])
    print("BIAS:", round(float(model.intercept_[0]) - DOUBT, 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
