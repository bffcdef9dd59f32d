"""Ways of visiting a stand, and how often each is gone: the deck from which a drill draws its visitors."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from cli.drill_stand_things import Look

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random


class Way(StrEnum):
    """What a visitor does."""

    TAKE_HOME = "takes a result home"
    SAMPLE = "takes a sample"
    REFUSED = "brings what is refused"
    LEAVE = "leaves before the end"
    BREAK_OFF = "breaks off the upload"
    WALL = "posts to the wall"
    TAKE_DOWN = "posts to the wall, and takes it down"
    DELETE = "deletes the result"
    DELETE_AT_ONCE = "deletes it before it is coloured"
    PHONE = "looks at it by phone"
    MENTION = "mentions the bot on the timeline"


class Turn(NamedTuple):
    """Of a visitor."""

    way: Way
    look: Look
    """What they bring; a sample is the stand's own."""


SHARES: Final[Mapping[Turn, int]] = {
    Turn(Way.TAKE_HOME, Look.WEBCAM): 32,
    Turn(Way.TAKE_HOME, Look.JPEG): 8,
    Turn(Way.TAKE_HOME, Look.PNG): 4,
    Turn(Way.TAKE_HOME, Look.WEBP): 4,
    Turn(Way.TAKE_HOME, Look.CLIP): 3,
    Turn(Way.SAMPLE, Look.JPEG): 10,
    Turn(Way.REFUSED, Look.TEXT): 2,
    Turn(Way.REFUSED, Look.COLOUR): 2,
    Turn(Way.REFUSED, Look.BROKEN): 2,
    Turn(Way.REFUSED, Look.LARGE): 2,
    Turn(Way.LEAVE, Look.WEBCAM): 6,
    Turn(Way.BREAK_OFF, Look.WEBCAM): 2,
    Turn(Way.WALL, Look.WEBCAM): 6,
    Turn(Way.WALL, Look.CLIP): 1,
    Turn(Way.TAKE_DOWN, Look.WEBCAM): 3,
    Turn(Way.DELETE, Look.WEBCAM): 4,
    Turn(Way.DELETE, Look.CLIP): 1,
    Turn(Way.DELETE_AT_ONCE, Look.WEBCAM): 2,
    Turn(Way.PHONE, Look.WEBCAM): 4,
    Turn(Way.MENTION, Look.WEBCAM): 2,
}
"""Of a hundred visitors."""


def turns(random: Random) -> Iterator[Turn]:
    """Turns without end: each once, and then in chance order by their shares."""
    yield from random.sample(list(SHARES), len(SHARES))
    deck = [turn for turn, share in SHARES.items() for _ in range(share)]
    while True:
        yield from random.sample(deck, len(deck))
