"""What a network takes of a film, and what is said of one that it does not take.

A film is never scaled, and none of its frames is left out: its luma is the source's. So what is too large is refused,
as early as it is known, and a network's own films fit anyway.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from functions.errors import Rejected
from functions.video.budget import bit_rate, sound_bytes

if TYPE_CHECKING:
    from functions.jobs import VideoWishes
    from functions.video.film import Film
    from functions.video.plan import Plan
    from functions.video.wishes import FilmWishes

RATE_SLACK: Final = 1.001
"""A film of 60 frames a second whose times are in milliseconds has 60.02 of them."""


def refuse_large_frames(wishes: VideoWishes, width: int, height: int) -> None:
    """Refuse frames larger than a network takes, either way round.

    Args:
        wishes: of the order.
        width: of the result, pixels.
        height: likewise.

    Raises:
        Rejected: they are ("too-large").
    """
    most = (wishes.max_width or float("inf"), wishes.max_height or float("inf"))
    if any(width <= across and height <= down for across, down in (most, most[::-1])):
        return
    words = " x ".join("any" if side is None else f"{side:,}" for side in (wishes.max_width, wishes.max_height))
    msg = f"the film has {width:,} x {height:,} pixels, and {words} are the most: scale it down first"
    raise Rejected(msg, code="too-large")


def refuse_many_frames(wishes: VideoWishes, plan: Plan) -> None:
    """Refuse more frames, or more a second, than a network takes.

    Raises:
        Rejected: there are ("too-large").
    """
    if wishes.max_frames is not None and plan.frames > wishes.max_frames:
        msg = f"the film has {plan.frames:,} frames, and {wishes.max_frames:,} are the most: ask for a shorter part"
        raise Rejected(msg, code="too-large")
    rate = plan.frames / float(plan.end - plan.start)
    if wishes.max_frame_rate is not None and rate > wishes.max_frame_rate * RATE_SLACK:
        msg = f"the film has {rate:.4g} frames a second, and {wishes.max_frame_rate:g} are the most"
        raise Rejected(msg, code="too-large")


def within_bytes(
    wishes: VideoWishes, film: Film, plan: Plan, wanted: FilmWishes, *, width: int
) -> tuple[FilmWishes, tuple[str, ...]]:
    """Bound the rate of a film so that all of it fits.

    Args:
        wishes: of the order.
        film: the source.
        plan: how it is cut.
        wanted: how it is written otherwise.
        width: of the result, pixels.

    Returns:
        How it is written, and what to say of it.

    Raises:
        Rejected: it could only be spoilt ("too-large").
    """
    if wishes.max_bytes is None:
        return wanted, ()
    sound = sound_bytes(film, plan, rewritten=wishes.audio == "aac")
    pixels = width * film.height
    rate = bit_rate(plan, wanted.encode, max_bytes=wishes.max_bytes, beside=sound, pixels=pixels)
    if rate is None:
        return wanted, ()
    note = f"its picture takes {rate / 1e6:.2g} Mbit a second at most, to fit into {wishes.max_bytes / 1e6:,.1f} MB"
    return replace(wanted, encode=replace(wanted.encode, max_rate=rate)), (note,)


def refuse_large_file(size: int, max_bytes: int | None, container: str) -> None:
    """Refuse a film that has turned out larger than was asked for.

    Raises:
        Rejected: it has ("too-large").
    """
    if max_bytes is not None and size > max_bytes:
        remedy = "ask for an mp4, or for a shorter part" if container == "gif" else "ask for a shorter part"
        msg = f"the coloured film has {size / 1e6:,.2f} MB, and {max_bytes / 1e6:,.2f} MB are the most: {remedy}"
        raise Rejected(msg, code="too-large")
