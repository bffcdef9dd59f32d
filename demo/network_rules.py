"""The rules of the pretend network: those of a large one, so that the bot meets on the stand what it meets there."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from demo.network_posts import MediaKind
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from demo.network_posts import Media

TEXT_LENGTH: Final = 280
ALT_TEXT_LENGTH: Final = 1000
PHOTOS: Final = 4
"""As on X; the names that a reply carries along do not count."""

MOST_BYTES: Final[Mapping[MediaKind, int]] = {
    # For the bot, which must scale down what it makes. People's phones do that for them elsewhere, and not here.
    MediaKind.PHOTO: 5_000_000,
    MediaKind.GIF: 15_000_000,
    # Where X takes 512 MB: half a minute of film from a phone is less, and everything here is on one laptop.
    MediaKind.VIDEO: 128_000_000,
}

TYPES: Final[Mapping[MediaKind, frozenset[str]]] = {
    MediaKind.PHOTO: frozenset({"image/jpeg", "image/png", "image/webp"}),
    MediaKind.GIF: frozenset({"image/gif", "image/webp", "video/mp4"}),
    MediaKind.VIDEO: frozenset({"video/mp4", "video/quicktime", "video/webm"}),
}
"""Content types: what a browser shows, and nothing that it would run."""

UPLOAD_LIFE: Final = timedelta(days=1)
"""An upload that hangs on no post is forgotten after it."""

SAME_TEXT: Final = timedelta(days=1)
"""For which a program may not say the same again."""

_UNSEEN: Final = re.compile(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f-\x9f]+|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Other spaces, control characters, and what turns a line around (Unicode's bidirectional formatting characters)."""

NAME_LENGTH: Final = 15
"""Characters of an account's name."""

NAME: Final = re.compile(rf"@(\w{{1,{NAME_LENGTH}}})")


class Limited(Postponed):
    """It was done too often.

    Args:
        reason: a line for who did it.
        until: when it may be tried again.
        after_seconds: until then.
    """

    def __init__(self, reason: str, *, until: datetime, after_seconds: float) -> None:
        super().__init__(reason, after_seconds=after_seconds)
        self.until = until


def check_text(text: str) -> None:
    """See that a text is none too long.

    Raises:
        Rejected: it is ("forbidden").
    """
    if len(text) > TEXT_LENGTH:
        msg = f"the text has {len(text)} characters, and may have {TEXT_LENGTH}"
        raise Rejected(msg, code="forbidden")


def check_upload(kind: MediaKind, content_type: str, size: int, alt_text: str | None, *, most: int) -> None:
    """See that a file of at most `most` bytes may be uploaded.

    Raises:
        Rejected: it may not ("bad-media").
    """
    msg = None
    if content_type not in TYPES[kind]:
        msg = f"a {kind} is {', '.join(sorted(TYPES[kind]))}, and not {content_type[:60]}"
    elif not 0 < size <= most:
        msg = f"a {kind} has 1 to {most} bytes, and this has {size}"
    elif alt_text and len(alt_text) > ALT_TEXT_LENGTH:
        msg = f"the alt text has {len(alt_text)} characters, and may have {ALT_TEXT_LENGTH}"
    if msg:
        raise Rejected(msg, code="bad-media")


def check_hung(media: Sequence[Media]) -> None:
    """See that these may hang on one post.

    Raises:
        Rejected: they may not ("bad-media").
    """
    photos = sum(each.kind is MediaKind.PHOTO for each in media)
    if photos > PHOTOS or (photos < len(media) and len(media) > 1):
        msg = f"a post takes {PHOTOS} photos, or one GIF, or one video"
        raise Rejected(msg, code="bad-media")


def plain_text(text: str) -> str:
    """What somebody has written without what is not seen and could make it look like something else; lines stay."""
    return _UNSEEN.sub(" ", text.replace("\r\n", "\n")).strip()


def plain_name(name: str) -> str:
    """Make of what somebody is called a name that can be mentioned: `Anna-Maria K.` → `AnnaMariaK`.

    Letters of other shapes become plain ones (NFKC), or somebody would be called nearly as somebody else.
    """
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", name))[:NAME_LENGTH] or "guest"
