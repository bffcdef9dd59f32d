"""What is told of posts: to the bot, in the words of `bot/platforms/protocol.py`, and to the timeline's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from demo.network import Network
    from demo.network_posts import Entry, Media, Person

BOT_FILES: Final = "/network/media/"
"""Where the bot finds a file; on the address that it knows us by."""

PAGE_FILES: Final = "/timeline/media/"
"""Where a page does."""


def person_told(person: Person) -> dict[str, Any]:
    """An account."""
    return {
        "id": person.id,
        "username": person.username,
        "protected": person.protected,
        "automated": person.automated,
    }


def mention_told(network: Network, entry: Entry, viewer: str) -> dict[str, Any]:
    """A post with what it is a reply to and what it shows; `viewer` is an account's id."""
    return {
        "post": _post(network, entry),
        "replied_to": _seen(network, entry.reply_to, viewer),
        "is_retweet": entry.retweets is not None,
        "is_quote": entry.quotes is not None,
        "quoted": _seen(network, entry.quotes, viewer),
    }


def posted_told(entry: Entry) -> dict[str, Any]:
    """What an author is told of a post of their own."""
    return {
        "id": entry.id,
        "reply_to": entry.reply_to,
        "text": entry.text,
        "posted_at": entry.posted_at.isoformat(),
    }


def page_told(network: Network, entry: Entry) -> dict[str, Any]:
    """A post, for the timeline's page."""
    author = network.people[entry.author]
    return {
        "id": entry.id,
        "author": author.username,
        "is_bot": author.automated,
        "text": entry.text,
        "at": entry.posted_at.isoformat(),
        "reply_to": entry.reply_to,
        "media": [
            {
                "url": PAGE_FILES + each.key,
                "kind": _shown_as(each),
                "alt": each.alt_text or "",
                "width": each.width,
                "height": each.height,
            }
            for each in entry.media
        ],
    }


def _shown_as(media: Media) -> str:
    """`photo` or `video`: what a browser shows it with. An animation may be either."""
    return "photo" if media.content_type.startswith("image/") else "video"


def _seen(network: Network, post_id: str | None, viewer: str) -> dict[str, Any] | None:
    if post_id is None:
        return None
    entry = network.posts.get(post_id)
    if entry is None:
        return {"missing": post_id, "why": "gone"}
    if not network.is_visible(entry, viewer):
        return {"missing": post_id, "why": "protected"}
    return _post(network, entry)


def _post(network: Network, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "author": person_told(network.people[entry.author]),
        "text": entry.text,
        "posted_at": entry.posted_at.isoformat(),
        "conversation": entry.conversation,
        "attachments": [_attachment(each) for each in entry.media],
        "mentions": sorted(entry.mentions),
    }


def _attachment(media: Media) -> dict[str, Any]:
    return {
        "key": media.key,
        "kind": str(media.kind),
        "url": BOT_FILES + media.key,
        "content_type": media.content_type,
        "alt_text": media.alt_text,
        "width": media.width,
        "height": media.height,
        "seconds": media.seconds,
    }
