"""A picture file within the limits of whoever asked for it: kind, longest side, bytes.

Each try encodes the coloured pixels themselves, never what an earlier one wrote. What is given up, and in this order:
quality, down to where it begins to show; a lossless kind, where another may be taken; pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from functions.color.mark import marked
from functions.color.shrink import shrunk, shrunk_size
from functions.colorise.picture_file import KINDS, write_picture
from functions.colorise.picture_file.encoder import QUALITY
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.colorise.picture_file import Picture, Provenance

LEAST_QUALITY: Final[Mapping[str, int]] = {"jpeg": 60, "webp": 55, "avif": 45, "heic": 45}
"""Of each lossy kind: below it blocks and smears are seen at full size, and fewer pixels look better."""

OPAQUE: Final = frozenset({"jpeg"})
"""Kinds without transparency."""

SMALLER_KINDS: Final = ("jpeg", "webp")
"""What a lossless file that is too large becomes where nobody says which kinds are taken."""

ROOM: Final = 0.72
"""Share of the limit that a lossy file of the least quality shall take after scaling: a better one has room then, and
details that scaling brings together need some (on photographs a quarter of the pixels take a third of the bytes)."""

LOSSLESS_ROOM: Final = 0.9
"""The same where there is no quality to choose."""

TRIES: Final = 6
"""Sizes; two are enough for photographs."""

SMALLEST_SIDE: Final = 48
"""Pixels of the longer side: what has fewer is no photograph any more."""


@dataclass(frozen=True, slots=True)
class FileWishes:
    """What somebody wants of a picture file."""

    kind: str | None = None
    """This and no other; None keeps the picture's, within `kinds`."""
    kinds: tuple[str, ...] = ()
    """Those that are taken, the best first; empty is any."""
    quality: int | None = None
    keep_metadata: bool = True
    max_side: int | None = None
    """Pixels."""
    max_bytes: int | None = None
    mark: bool = False
    """With the mark of what a machine coloured."""


class Written(NamedTuple):
    """A picture file."""

    data: bytes
    kind: str
    height: int
    width: int
    notes: tuple[str, ...]
    """What was given up, for people."""


def write_fitting(picture: Picture, wishes: FileWishes, provenance: Provenance | None = None) -> Written:
    """Write a picture as it is wanted.

    Args:
        picture: in colour.
        wishes: what is wanted; without limits the file is what `write_picture` makes of the picture.
        provenance: the network that guessed the colours.

    Raises:
        Rejected: nothing fits into `max_bytes` ("too-large"), or what `write_picture` rejects.
    """
    kind, notes = _kind(picture, wishes)
    if wishes.max_side is not None:
        picture, scaled = _scaled(picture, wishes.max_side, "as was asked for")
        notes += scaled
    press = _Press(wishes, provenance)
    data = press.write(picture, kind, wishes.quality)
    if wishes.max_bytes is None or len(data) <= wishes.max_bytes:
        return _written(data, kind, picture, notes)
    lossy = None if kind in LEAST_QUALITY else _smaller_kind(picture, wishes)
    if lossy is not None:
        why = f"as {KINDS[kind]} it has {_said(len(data))}, and {_said(wishes.max_bytes)} are the limit"
        kind, notes = lossy, (*notes, f"written as {KINDS[lossy]}: {why}")
    return _squeezed(picture, kind, notes, press, wishes.max_bytes)


def _squeezed(picture: Picture, kind: str, notes: tuple[str, ...], press: _Press, limit: int) -> Written:
    """The best file of this kind within the limit: of as many pixels as can be, and then of the best quality."""
    full = picture
    room = ROOM if kind in LEAST_QUALITY else LOSSLESS_ROOM
    for _ in range(TRIES):
        data, quality = press.best(picture, kind, limit)
        if len(data) <= limit:
            if picture is not full:
                notes += _scaling(full, picture, f"to fit into {_said(limit)}")
            if quality is not None:
                notes += (f"written with quality {quality} of 100, to fit into {_said(limit)}",)
            return _written(data, kind, picture, notes)
        longer = int(max(picture.pixels.shape[:2]) * (room * limit / len(data)) ** 0.5)
        if longer < SMALLEST_SIDE:
            break
        picture, _ = _scaled(full, longer, "")
    height, width = picture.pixels.shape[:2]
    least = f"with {width:,} x {height:,} pixels it has {_said(len(data))}"
    msg = f"the picture cannot be made to fit into {_said(limit)}: {least}"
    raise Rejected(msg, code="too-large")


@dataclass(frozen=True, slots=True)
class _Press:
    """Writes a picture in one kind and quality after another."""

    wishes: FileWishes
    provenance: Provenance | None

    def write(self, picture: Picture, kind: str, quality: int | None) -> bytes:
        """With the mark, where it is wanted: drawn last, so that it is as sharp in every size."""
        if self.wishes.mark:
            pixels, alpha = marked(picture.pixels, picture.alpha)
            picture = replace(picture, pixels=pixels, alpha=alpha)
        return write_picture(
            picture,
            kind=kind,
            quality=quality,
            provenance=self.provenance,
            keep_metadata=self.wishes.keep_metadata,
        )

    def best(self, picture: Picture, kind: str, limit: int) -> tuple[bytes, int | None]:
        """The file of the highest quality within the limit, or else the smallest; None for the usual quality."""
        if kind not in LEAST_QUALITY:
            return self.write(picture, kind, None), None
        usual = QUALITY[kind] if self.wishes.quality is None else self.wishes.quality
        low, high = min(LEAST_QUALITY[kind], usual), usual
        best = self.write(picture, kind, low)
        if len(best) > limit:
            return best, low
        while low < high:
            middle = (low + high + 1) // 2
            data = self.write(picture, kind, middle)
            if len(data) <= limit:
                best, low = data, middle
            else:
                high = middle - 1
        lossless_before = kind == "webp" and picture.lossless and self.wishes.quality is None
        return best, None if low == usual and not lossless_before else low


def _written(data: bytes, kind: str, picture: Picture, notes: tuple[str, ...]) -> Written:
    height, width = picture.pixels.shape[:2]
    return Written(data, kind, height, width, notes)


def _kind(picture: Picture, wishes: FileWishes) -> tuple[str, tuple[str, ...]]:
    """The kind to write, and what to say of it."""
    if wishes.kind is not None:
        return wishes.kind, ()
    if not wishes.kinds or picture.kind in wishes.kinds:
        return picture.kind, ()
    holding = [kind for kind in wishes.kinds if picture.alpha is None or kind not in OPAQUE]
    kind = (holding or wishes.kinds)[0]
    return kind, (f"written as {KINDS[kind]}: {KINDS[picture.kind]} is not among what was asked for",)


def _smaller_kind(picture: Picture, wishes: FileWishes) -> str | None:
    """A lossy kind that may be written instead; None where none may."""
    if wishes.kind is not None:
        return None
    taken = wishes.kinds or SMALLER_KINDS
    lossy = (kind for kind in taken if kind in LEAST_QUALITY and (picture.alpha is None or kind not in OPAQUE))
    return next(lossy, None)


def _scaled(picture: Picture, longer: int, why: str) -> tuple[Picture, tuple[str, ...]]:
    """The picture with a longer side of at most so many pixels, printed as large as before; and what to say of it."""
    height, width = picture.pixels.shape[:2]
    size = shrunk_size(height, width, longer)
    if size == (height, width):
        return picture, ()
    pixels, alpha = shrunk(picture.pixels, picture.alpha, size)
    dpi = picture.metadata.dpi
    if dpi is not None:
        dpi = dpi[0] * size[1] / width, dpi[1] * size[0] / height
    smaller = replace(picture, pixels=pixels, alpha=alpha, metadata=replace(picture.metadata, dpi=dpi))
    return smaller, _scaling(picture, smaller, why)


def _scaling(before: Picture, after: Picture, why: str) -> tuple[str, ...]:
    (height, width), (less_high, less_wide) = before.pixels.shape[:2], after.pixels.shape[:2]
    return (f"scaled down from {width:,} x {height:,} to {less_wide:,} x {less_high:,} pixels, {why}",)


def _said(size: int) -> str:
    """Bytes as people say them."""
    for unit, name in ((1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size} bytes"
