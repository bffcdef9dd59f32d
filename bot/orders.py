"""A picture or film of a mention in the words of the queue: its order, and what a result says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.platforms.protocol import AttachmentKind
from bot.verdicts import Reason
from functions.errors import Postponed
from functions.jobs import (
    ColoriseImage,
    ImageColorised,
    ImageWishes,
    JobFailed,
    SplitVideo,
    VideoColorised,
    VideoPlanned,
    VideoWishes,
)
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.entry import Colouring, Entry, Piece
    from bot.platforms.protocol import Limits
    from functions.jobs import AnyResult, PictureKind

INBOX_PREFIX: Final = f"{INBOX}/bot/"
OUTBOX_PREFIX: Final = f"{OUTBOX}/bot/"
"""Of the objects of mentions: named by the mention, so that they can be deleted with it, and nobody else's too."""

REASONS: Final[Mapping[str, Reason]] = {
    "already-colour": Reason.ALREADY_COLOUR,
    "filtered": Reason.FILTERED,
    "gone": Reason.GONE,
    "missing-object": Reason.GONE,
    "nothing-to-colour": Reason.NOTHING_TO_COLOUR,
    "protected": Reason.PROTECTED,
    "too-costly": Reason.TOO_LARGE,
    "too-large": Reason.TOO_LARGE,
}
"""Code of a refusal → what its author is told; all others are told that it is broken."""

PHOTO_KINDS: Final[tuple[PictureKind, ...]] = ("jpeg", "png", "webp")
"""Of files that networks take, the best first: what comes as another is written as one of these."""


def placed(piece: Piece) -> Piece:
    """The piece, with the names of its objects."""
    job = piece.job_id
    return piece.model_copy(
        update={"source": f"{INBOX_PREFIX}{job}", "target": f"{OUTBOX_PREFIX}{job}{_ending(piece.kind)}"}
    )


def names_of(piece: Piece) -> list[str]:
    """Of all objects that there may be of a piece, whatever it has come to."""
    there = piece if piece.source else placed(piece)
    names = (there.source, there.target, _as_film(there).target, there.plan)
    return [name for name in dict.fromkeys(names) if name]


def order_of(
    entry: Entry, colouring: Colouring, piece: Piece, limits: Limits, *, mark: bool
) -> ColoriseImage | SplitVideo:
    """The order for a piece whose source is in the store: equal however often it is made.

    Args:
        entry: of the mention.
        colouring: that the piece is of.
        piece: to be coloured.
        limits: of the network.
        mark: whether a photo gets a small mark.
    """
    common = {
        "job_id": piece.job_id,
        "trace_id": entry.trace_id,
        "asked_at": entry.seen_at,
        "source": piece.source,
        "target": piece.target,
    }
    if piece.kind is AttachmentKind.PHOTO:
        return ColoriseImage.model_validate({**common, "wishes": _photo_wishes(colouring, limits, mark=mark)})
    return SplitVideo.model_validate({**common, "wishes": _film_wishes(colouring, piece, limits)})


def is_news(result: AnyResult, piece: Piece) -> bool:
    """Whether a result says more of a piece than is known."""
    return result.final or (isinstance(result, VideoPlanned) and result.plan != piece.plan)


def after(piece: Piece, result: AnyResult) -> Piece:
    """What is known of a piece after a result that is news.

    Raises:
        Postponed: a newer program told it.
    """
    match result:
        case VideoPlanned():
            return piece.model_copy(update={"plan": result.plan})
        case ImageColorised():
            done = {"done": True, "content_type": f"image/{result.picture_kind}", "tint": result.tint}
            return piece.model_copy(update=done)
        case VideoColorised():
            content_type = "image/gif" if piece.kind is AttachmentKind.GIF else "video/mp4"
            return piece.model_copy(update={"done": True, "content_type": content_type})
        case JobFailed(code="too-large") if piece.kind is AttachmentKind.GIF:
            return _as_film(piece)
        case JobFailed():
            return piece.model_copy(update={"failed": REASONS.get(result.code, Reason.BROKEN)})
    msg = f"a result of a kind that this program does not know: {result.kind}"
    raise Postponed(msg, after_seconds=60)


def _photo_wishes(colouring: Colouring, limits: Limits, *, mark: bool) -> ImageWishes:
    return ImageWishes(
        saturation=colouring.saturation,
        compare=colouring.compare,
        keep_metadata=False,  # it goes before everybody's eyes
        kinds=PHOTO_KINDS,
        max_side=limits.photo_side,
        max_bytes=limits.photo_bytes,
        mark=mark,
    )


def _film_wishes(colouring: Colouring, piece: Piece, limits: Limits) -> VideoWishes:
    if piece.kind is AttachmentKind.GIF:
        return VideoWishes(
            container="gif",
            saturation=colouring.saturation,
            compare=colouring.compare,
            max_width=limits.gif_width,
            max_height=limits.gif_height,
            max_frames=limits.gif_frames,
            max_bytes=limits.gif_bytes,
        )
    return VideoWishes(
        container="mp4",
        saturation=colouring.saturation,
        compare=colouring.compare,
        max_width=limits.video_width,
        max_height=limits.video_height,
        max_frame_rate=limits.video_frame_rate,
        max_bytes=limits.video_bytes,
        audio="aac",
        plain=True,
    )


def _as_film(piece: Piece) -> Piece:
    """The piece, to be ordered anew as a film: a GIF of it would be larger than the network takes."""
    target = f"{piece.target.removesuffix(_ending(AttachmentKind.GIF))}{_ending(AttachmentKind.VIDEO)}"
    changed = {"kind": AttachmentKind.VIDEO, "job_id": f"{piece.job_id}-film", "target": target, "plan": None}
    return piece.model_copy(update=changed)


def _ending(kind: AttachmentKind) -> str:
    """Of the target's name: for a film it decides the container; a photo keeps its own kind."""
    return {AttachmentKind.GIF: ".gif", AttachmentKind.VIDEO: ".mp4"}.get(kind, "")
