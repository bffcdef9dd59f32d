"""What a stand tells, as JSON, in the words of the protocol."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from bot.platforms.protocol import Account, Attachment, AttachmentKind, Mention, Missing, Post, Posted
from bot.platforms.stand_http import strange

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def understood(read: Callable[[], _T], *, doing: str) -> _T:
    """What is read of an answer.

    Raises:
        Unreachable: it is no such answer.
    """
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise strange(doing) from None


def account(told: dict[str, Any]) -> Account:
    """Somebody."""
    return Account(told["id"], told["username"], protected=told["protected"], automated=told["automated"])


def mention(told: dict[str, Any], address: str) -> Mention:
    """A post with what belongs to it; the stand does not know under which address we know it."""
    post = _seen(told["post"], address)
    if not isinstance(post, Post):
        msg = "no post"
        raise ValueError(msg)  # noqa: TRY004 - an answer that is none, as others
    return Mention(
        post,
        replied_to=_seen(told["replied_to"], address),
        is_retweet=told["is_retweet"],
        is_quote=told["is_quote"],
        quoted=_seen(told["quoted"], address),
    )


def posted(told: dict[str, Any]) -> Posted:
    """A post of our own."""
    return Posted(told["id"], told["reply_to"], told["text"], datetime.fromisoformat(told["posted_at"]))


def _seen(told: dict[str, Any] | None, address: str) -> Any:
    if told is None:
        return None
    if "missing" in told:
        return Missing(told["missing"], told["why"])
    return Post(
        told["id"],
        account(told["author"]),
        told["text"],
        datetime.fromisoformat(told["posted_at"]),
        told["conversation"],
        tuple(_attachment(each, address) for each in told["attachments"]),
        frozenset(told["mentions"]),
    )


def _attachment(told: dict[str, Any], address: str) -> Attachment:
    return Attachment(
        told["key"],
        AttachmentKind(told["kind"]),
        address + told["url"],
        told["content_type"],
        told["alt_text"],
        told["width"],
        told["height"],
        told["seconds"],
    )
