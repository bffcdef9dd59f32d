"""What a visitor hangs on a post: looked at, and made fit to be shown to everybody."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from demo import gif_places
from demo.clip_places import without_places
from demo.network_posts import MediaKind
from demo.uploads import MAX_PIXELS, looked_at
from functions.color.shrink import shrunk, shrunk_size
from functions.colorise.picture_file import Limits, read_picture, write_picture
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE: Final = 2048
"""Pixels of the longer side of a photo: as much as large networks show, and a hundred of them fit into a phone."""

QUALITY: Final = 92


@dataclass(frozen=True, slots=True)
class Checked:
    """A visitor's file that was looked at, and may be shown to others."""

    data: bytes
    """Without the place where it was taken."""
    kind: MediaKind
    content_type: str
    shape: tuple[int, int] | None = None
    """Width and height in pixels, where they are known."""


Check: TypeAlias = "Callable[[bytes], Checked]"
"""Looks at a file, in a thread. Raises `Rejected` where it is too large, or none that is taken."""


def checker(max_clip_seconds: Callable[[], float]) -> Check:
    """What looks at files; clips may run for so long."""

    def check(data: bytes) -> Checked:
        upload = looked_at(io.BytesIO(data), len(data), max_clip_seconds=max_clip_seconds())
        if upload.kind == "photo":
            return _photo(data)
        if upload.ending == "gif":
            return Checked(gif_places.without_places(data), MediaKind.GIF, "image/gif")
        if upload.ending not in {"mp4", "mov"}:
            msg = "clips on the timeline are MP4 or MOV files"
            raise Rejected(msg, code="unsupported")
        return Checked(without_places(data), MediaKind.VIDEO, upload.content_type)

    return check


def _photo(data: bytes) -> Checked:
    """A photo as a JPEG file, upright, in its own colours, without metadata and no larger than it is shown."""
    picture = read_picture(data, Limits(max_pixels=MAX_PIXELS))
    full_height, full_width = picture.pixels.shape[:2]
    height, width = shrunk_size(full_height, full_width, SIDE)
    pixels, alpha = shrunk(picture.pixels, picture.alpha, (height, width))
    small = replace(picture, pixels=pixels, alpha=alpha)
    jpeg = write_picture(small, kind="jpeg", quality=QUALITY, keep_metadata=False)
    return Checked(jpeg, MediaKind.PHOTO, "image/jpeg", (width, height))
