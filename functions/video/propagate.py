"""Colours fetched along trails from frames that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import cv2
import numpy as np

from functions.color.color_space import Plane
from functions.video.motion import fetch, length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.video.motion import Trail

Colors: TypeAlias = tuple[Plane, Plane]
"""Cb and Cr, (h, w) each, at the network's size."""

LEAST_TRUST: Final = 1e-4
"""What an untraced pixel still counts: where nothing is trusted, all are believed alike."""

PALE: Final = 10.0
"""Code values of chroma that double a colour's say. The network answers with the mean of what it thinks possible and is
pale where it doubts, so a vivid answer knows more. With equal votes two real films kept 93 and 95.5 % of their
colourfulness, with these 97, equally calm; at 4, colours spill into the dark."""

HOLE_FILLING: Final = ((4, 0.03), (16, 0.003))
"""Times that the picture is shrunk, and the weight of its mean colours there: where a pixel can be traced to nothing,
those of its surroundings that can be decide, the near ones before the far ones."""


def fetched(colors: Colors, trail: Trail) -> Colors:
    """Colours (h, w) of the frame where `trail` ends, moved to where they are in the frame where it starts."""
    columns, rows = _at_size(trail, colors[0])
    cb, cr = (fetch(plane, columns, rows) for plane in colors)
    return cb, cr


def stretched(trust: Plane, like: Plane) -> Plane:
    """Trust on the sketch's grid, stretched to the size of a plane."""
    fine: Plane = cv2.resize(trust, like.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return fine


def blended(sources: Sequence[tuple[Colors, Trail, float]]) -> Colors:
    """Mix what several frames know about one.

    Args:
        sources: one at least: colours of a frame, the trail that leads to it, and its weight where it is trusted fully.
    """
    total = np.zeros_like(sources[0][0][0])
    sums = np.zeros_like(total), np.zeros_like(total)
    for colors, trail, weight in sources:
        moved = fetched(colors, trail)
        vividness = length(*moved)
        vividness += np.float32(PALE)
        share = cv2.multiply(stretched(trail.trust, total), vividness, scale=weight / PALE)
        share += np.float32(LEAST_TRUST * weight)
        total += share
        for running, plane in zip(sums, moved, strict=True):
            cv2.accumulateProduct(plane, share, running)
    if float(total.min()) < HOLE_FILLING[0][1]:
        _fill(total, sums)
    cb, cr = (running / total for running in sums)
    return cb, cr


def completed(known: Colors, own: Colors, trust: Plane) -> Colors:
    """Keep what is known as far as it is trusted, (h, w) from 0 to 1, and take the rest from a frame's own colours."""
    cb, cr = (mine + (old - mine) * trust for old, mine in zip(known, own, strict=True))
    return cb, cr


def _fill(total: Plane, sums: Sequence[Plane]) -> None:
    """Add the surroundings' colours to weighted sums, in place."""
    height, width = total.shape
    near, far = ((max(1, width // times), max(1, height // times)) for times, _ in HOLE_FILLING)
    for target in (total, *sums):
        close = cv2.resize(target, near, interpolation=cv2.INTER_AREA)
        wide = cv2.resize(cv2.resize(close, far, interpolation=cv2.INTER_AREA), near, interpolation=cv2.INTER_LINEAR)
        around = cv2.addWeighted(close, HOLE_FILLING[0][1], wide, HOLE_FILLING[1][1], 0)
        cv2.add(target, cv2.resize(around, (width, height), interpolation=cv2.INTER_LINEAR), dst=target)


def _at_size(trail: Trail, plane: Plane) -> tuple[Plane, Plane]:
    """Columns and rows (h, w) in `plane` for each of its pixels, from a trail on the smaller sketch."""
    height, width = plane.shape
    rows, columns = trail.trust.shape
    if (rows, columns) == (height, width):
        return trail.columns, trail.rows
    # Scaled while they are few: stretching is linear and does not mind.
    places = [
        cv2.resize(cv2.addWeighted(place, times, place, 0, times / 2 - 0.5), (width, height))
        for place, times in ((trail.columns, width / columns), (trail.rows, height / rows))
    ]
    return places[0], places[1]
