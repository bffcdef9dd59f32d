"""The JSON that a function understands beside the orders of `functions.jobs`: the ancestor's, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pydantic import Field

from functions.jobs import (
    AnyOrder,
    ColoriseImage,
    ImageColorised,
    ImageWishes,
    Message,
    SplitVideo,
    VideoColorised,
    VideoPlanned,
    VideoWishes,
)
from functions.stores.protocol import INBOX, OUTBOX, WORK

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART: Final = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}"

Name: TypeAlias = Annotated[str, Field(pattern=rf"^((inbox|work|outbox)/)?{_PART}(/{_PART}){{0,3}}$")]
"""An object's, with or without its first part."""

_PREFIXES: Final = tuple(f"{prefix}/" for prefix in (INBOX, WORK, OUTBOX))


class PictureCall(Message):
    """Colour a picture that is in the store."""

    image: Name
    """In `inbox/`, if it says nothing else."""
    output_filename: Name
    """In `outbox/`, if it says nothing else."""
    wishes: ImageWishes = ImageWishes()


class FilmCall(Message):
    """Look at a film that is in the store, and order what is to be done."""

    video: Name
    """In `inbox/`, if it says nothing else."""
    output_filename: Name
    """In `outbox/`, if it says nothing else."""
    wishes: VideoWishes = VideoWishes()


class LinkCall(Message):
    """Colour the picture that a link leads to, and answer with it or put it into the store."""

    url: Annotated[str, Field(min_length=1, max_length=2048, json_schema_extra={"format": "uri"})]
    output_filename: Name | None = None
    """In `outbox/`, if it says nothing else; None answers with the picture itself."""
    wishes: ImageWishes = ImageWishes()


class _InStore(Message):
    """What is answered besides the result itself."""

    duration: float
    """Seconds, from the call to the answer."""
    output_filename: str
    orders: tuple[AnyOrder, ...] = ()
    """What is to be done next; empty where the function has sent it to the queue."""
    once: tuple[AnyOrder, ...] = ()
    """The same, but to be done once for all who ask."""


class PictureInStore(_InStore, ImageColorised):
    """A picture is there in colour."""


class FilmInHand(_InStore, VideoPlanned):
    """A film was looked at."""


class FilmInStore(_InStore, VideoColorised):
    """A film is there in colour, and was before the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The JSON for objects in the store."""

    source: str
    """The field that names what is to be coloured."""
    call: type[PictureCall | FilmCall]
    order: type[ColoriseImage | SplitVideo]
    """That a call becomes."""
    answers: Mapping[str, type[Message]]
    """Kind of result → what is answered."""


PICTURES: Final = Vocabulary(
    source="image", call=PictureCall, order=ColoriseImage, answers={"image-colorised": PictureInStore}
)

FILMS: Final = Vocabulary(
    source="video",
    call=FilmCall,
    order=SplitVideo,
    answers={"video-planned": FilmInHand, "video-colorised": FilmInStore},
)


def placed(name: str, prefix: str) -> str:
    """An object's full name: `1.jpg` is `inbox/1.jpg` under that prefix, and `work/1.jpg` is itself."""
    return name if name.startswith(_PREFIXES) else f"{prefix}/{name}"
