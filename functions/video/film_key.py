"""A name for the pieces of a film, out of what decides their bytes."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from functions.video.film import Film
    from functions.video.plan import Plan
    from functions.video.source import OpenSource
    from functions.video.timeline import Timeline
    from functions.video.wishes import FilmWishes

SAMPLES: Final = 16
SAMPLE_BYTES: Final = 1 << 16
"""How much of a source is hashed: a megabyte tells films apart, with their sizes and the times of all their frames, and
the whole of a film would take minutes to read."""


def film_key(
    open_source: OpenSource, film: Film, timeline: Timeline, plan: Plan, wishes: FilmWishes, *decisive: object
) -> str:
    """A name for the pieces of a film: equal where they would be equal bytes.

    Args:
        open_source: opens the film's bytes, wherever they are kept and whatever that place calls them.
        film: what is known of it.
        timeline: its frames.
        plan: how it is cut.
        wishes: how it is coloured and written.
        decisive: what else decides, told apart by its `repr`: the network, and versions of what computes.

    Returns:
        32 hexadecimal digits.

    Raises:
        OSError: the source cannot be read.
    """
    digest = hashlib.sha256()
    with open_source() as file:
        size = file.seek(0, io.SEEK_END)
        for place in range(SAMPLES):
            file.seek(max(0, size - SAMPLE_BYTES) * place // (SAMPLES - 1))
            digest.update(file.read(SAMPLE_BYTES))
    for ticks in (timeline.pts, timeline.packets, timeline.durations):
        digest.update(ticks.tobytes())
    for part in (size, film, plan.to_json(), wishes, *decisive):
        digest.update(repr(part).encode() + b"\0")
    return digest.hexdigest()[:32]
