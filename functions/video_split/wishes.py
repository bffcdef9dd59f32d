"""What an order wants of a film, in the words of those who make it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.video.calm import Calm
from functions.video.settings import FORMATS, EncodeSettings, suggested_container
from functions.video.wishes import FilmWishes

if TYPE_CHECKING:
    from functions.jobs import VideoWishes
    from functions.video.film import Film

CONTAINER_OF: Final = {**{name: name for name in FORMATS}, "m4v": "mp4"}
"""Ending of a target's name → the container that is written."""


def film_wishes(wishes: VideoWishes, film: Film, target: str) -> FilmWishes:
    """Fill in what an order leaves open, as the command line does.

    Args:
        wishes: of the order.
        film: the source; its container is kept where nothing says otherwise and it holds the codec.
        target: name of the object that is wanted; its ending names the container where the wishes do not.

    Raises:
        Rejected: they contradict each other.
    """
    named = CONTAINER_OF.get(target.rpartition(".")[2].lower())
    container = wishes.container or named or suggested_container(film, wishes.codec)
    return FilmWishes(
        encode=EncodeSettings(
            codec=wishes.codec,
            container=container,
            crf=wishes.crf,
            preset=wishes.preset,
            plain=wishes.plain,
        ),
        calm=Calm(every=wishes.every, smooth=wishes.smooth),
        saturation=wishes.saturation,
        deinterlace=wishes.deinterlace,
        compare=wishes.compare,
    )
