"""How many bits a second a film may take, so that all of it fits into a number of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.errors import Rejected
from functions.video.settings import BURST_SECONDS, RATE_BOUND

if TYPE_CHECKING:
    from functions.video.film import Film
    from functions.video.plan import Plan
    from functions.video.settings import EncodeSettings

SOUND_BITS: Final = {"aac": 256_000, "mp3": 320_000, "opus": 256_000, "vorbis": 256_000}
"""Codec of a sound → bits a second that are kept free for it; it is copied, and nobody has measured it by then."""

OTHER_SOUND_BITS: Final = 1_600_000
"""For all others: CD's samples as they are, or what is written without loss of them."""

REWRITTEN_BITS: Final = 200_000
"""For sound that is written as AAC."""

FRAME_BYTES: Final = 32
"""For what a container says of a frame; MP4 takes about 14, with all its tables."""

FILE_BYTES: Final = 8_192
"""For what a container says of the whole: tags, chapters, tables."""

SLACK: Final = 0.97
"""Share of the rest that is planned with."""

GENEROUS: Final = 4.0
"""Bits a pixel from which on no bound is set. At the usual quality films take 0.1 to 0.3 of H.264, and one under noise
of ten code values 1.8."""

LEAST: Final = 0.02
"""Bits a pixel below which a film is not worth to be coloured: blocks as large as faces."""


def sound_bytes(film: Film, plan: Plan, *, rewritten: bool) -> int:
    """Bytes that are kept free for a film's sound.

    Args:
        film: the source.
        plan: how it is cut.
        rewritten: all of it is written as AAC.
    """
    sounds = [track.codec for track in film.tracks if track.kind == "audio"]
    bits = sum(REWRITTEN_BITS if rewritten else SOUND_BITS.get(codec, OTHER_SOUND_BITS) for codec in sounds)
    return int(bits * (plan.end - plan.start) / 8)


def bit_rate(plan: Plan, settings: EncodeSettings, *, max_bytes: int, beside: int, pixels: int) -> int | None:
    """Bits a second that pieces must keep to; None where they need no bound, or their codec knows none.

    Args:
        plan: how the film is cut.
        settings: how it is written.
        max_bytes: of the whole film.
        beside: of them, for what is not its picture.
        pixels: of a frame as it is written.

    Raises:
        Rejected: so little is left for the picture that it would be spoilt ("too-large").
    """
    if settings.piece_codec not in RATE_BOUND:
        return None
    seconds = float(plan.end - plan.start)
    left = max_bytes - beside - FILE_BYTES - FRAME_BYTES * plan.frames
    rate = SLACK * left * 8 / (seconds + BURST_SECONDS * len(plan.chunks))
    a_pixel = rate * seconds / (pixels * plan.frames)
    if a_pixel >= GENEROUS:
        return None
    if a_pixel < LEAST:
        msg = (
            f"{seconds:.0f} s of film do not fit into {max_bytes / 1e6:,.1f} MB without being spoilt: "
            "ask for a shorter part"
        )
        raise Rejected(msg, code="too-large")
    return int(rate)
