"""Which of the attachments of a post are coloured in one reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.platforms.protocol import AttachmentKind
from bot.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.platforms.protocol import Attachment


@dataclass(frozen=True, slots=True)
class Selection:
    """What fits into one reply, and what does not."""

    attachments: tuple[Attachment, ...]
    """Photos, one GIF or one film: never none, never mixed."""
    left_out: int
    withheld: int
    """Without an address."""


def select(attachments: Sequence[Attachment], *, photos: int, seconds: float) -> Selection | Reason:
    """Choose from what hangs on a post, or say why nothing of it can be coloured.

    Photos win over everything that moves, since a reply holds several; of what moves, the first is taken.

    Args:
        attachments: of one post, in its order.
        photos: the most that one reply holds, from 1.
        seconds: the longest film that is taken; one of unknown length is taken, and measured once it is here.
    """
    if not attachments:
        return Reason.NO_PICTURE
    shown = [attachment for attachment in attachments if attachment.url is not None]
    if not shown:
        return Reason.PROTECTED
    stills = [attachment for attachment in shown if attachment.kind is AttachmentKind.PHOTO]
    chosen = tuple(stills[:photos]) if stills else (shown[0],)
    if not stills and chosen[0].seconds is not None and chosen[0].seconds > seconds:
        return Reason.TOO_LONG
    return Selection(chosen, left_out=len(shown) - len(chosen), withheld=len(attachments) - len(shown))
