"""Endpoints that post and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.fake_x.calls import Answer, Call, Endpoint, answer
from bot.fake_x.media import MediaKind, Upload
from bot.fake_x.parameters import IDENTITY, Query, identity
from bot.fake_x.problems import (
    Problem,
    blank,
    duplicate,
    invalid,
    invalid_media_ids,
    not_yours,
    reply_not_allowed,
    reply_target_gone,
    text_too_long,
)
from bot.fake_x.text import MOST, weight

if TYPE_CHECKING:
    from bot.fake_x.network import Network
    from bot.fake_x.posts import Post

MOST_PHOTOS: Final = 4

_EXPECTED: Final = {
    "str": "string",
    "dict": "object",
    "list": "array",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
}
"""What JSON calls the types."""

_KNOWN: Final = frozenset(
    [
        "card_uri",
        "community_id",
        "direct_message_deep_link",
        "edit_options",
        "for_super_followers_only",
        "geo",
        "made_with_ai",
        "media",
        "nullcast",
        "paid_partnership",
        "poll",
        "quote_tweet_id",
        "reply",
        "reply_settings",
        "share_with_followers",
        "text",
    ]
)


def create(network: Network, call: Call) -> Answer:
    """Post something.

    Raises:
        Problem: for one of many reasons; then nothing is posted, and the media can be used again.
    """
    Query(call.query)
    body = call.json()
    for name in body:
        if name not in _KNOWN:
            message = f"$.{name}: is not defined in the schema and the schema does not allow additional properties"
            raise invalid({f"$.{name}": [str(body[name])]}, message)
    said = _typed(body, "text", str, "$.text") or ""
    media_fields = _typed(body, "media", dict, "$.media") or {}
    uploads = _uploads(network, call, _typed(media_fields, "media_ids", list, "$.media.media_ids"))
    if not said.strip() and not uploads:
        raise invalid({}, "Text or media must be provided")
    if weight(said) > MOST:
        raise text_too_long()
    reply = _typed(body, "reply", dict, "$.reply") or {}
    target = _target(network, call, reply)
    quoted = _post(network, call, body.get("quote_tweet_id"), "$.quote_tweet_id")
    if said.strip() and network.said_before(call.user, said):
        raise duplicate()
    post = network.publish(
        call.user,
        said,
        media=[network.media.use(upload) for upload in uploads],
        reply_to=target,
        without=[str(one) for one in reply.get("exclude_reply_user_ids", [])],
        quote_of=quoted,
    )
    return answer(
        {"data": {"id": str(post.id), "text": post.text, "edit_history_tweet_ids": [str(post.id)]}}, status=201
    )


def delete(network: Network, call: Call) -> Answer:
    """Delete a post of one's own; one that is not there counts as not found."""
    Query(call.query)
    post = network.posts.by_id.get(identity("id", call.path["id"]))
    if post is None:
        raise blank(404, "Not Found")
    if post.author != call.user.id:
        raise not_yours()
    network.posts.remove(post.id)
    return answer({"data": {"deleted": True}})


def _target(network: Network, call: Call, reply: dict[str, Any]) -> Post | None:
    if not reply:
        return None
    target = _post(network, call, reply.get("in_reply_to_tweet_id"), "$.reply.in_reply_to_tweet_id")
    if target is None:
        raise reply_target_gone()
    if network.settings.replies_restricted and not network.asked_for(call.user, target):
        raise reply_not_allowed()
    return target


def _post(network: Network, call: Call, value: object, where: str) -> Post | None:
    """Find a post that a body names and that is to be seen."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise _mistyped(where, value, "string")
    if not IDENTITY.fullmatch(value):
        raise invalid({where: [value]}, f"{where}: does not match the regex pattern ^[0-9]{{1,19}}$")
    post = network.posts.by_id.get(int(value))
    return post if post and network.sees(call.account, post) else None


def _uploads(network: Network, call: Call, ids: list[object] | None) -> list[Upload]:
    """Find the uploads that a body names: finished, not too old, one's own, of one kind."""
    if ids is None:
        return []
    names = [str(one) for one in ids]
    if not 1 <= len(names) <= MOST_PHOTOS or not all(isinstance(one, str) for one in ids):
        message = f"$.media.media_ids: there must be a minimum of 1 and a maximum of {MOST_PHOTOS} items in the array"
        raise invalid({"$.media.media_ids": names}, message)
    found = [network.media.uploads.get(int(name)) if IDENTITY.fullmatch(name) else None for name in names]
    ready = [
        upload
        for upload in found
        if upload
        and upload.owner == call.user.id
        and upload.state == "succeeded"
        and (upload.used or network.clock.now() < upload.expires_at)
    ]
    if len(ready) != len(names):
        raise invalid_media_ids(names)
    kinds = {upload.kind for upload in ready}
    if len(kinds) > 1 or (len(ready) > 1 and kinds != {MediaKind.PHOTO}):
        raise invalid({"media.media_ids": names}, "You can only attach up to 4 photos, 1 animated GIF or 1 video.")
    return ready


def _typed(body: dict[str, Any], name: str, kind: type[Any], where: str) -> Any:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise _mistyped(where, value, _EXPECTED[kind.__name__])
    return value


def _mistyped(where: str, value: object, expected: str) -> Problem:
    found = _EXPECTED.get(type(value).__name__, "null")
    return invalid({where: [str(value)]}, f"{where}: {found} found, {expected} expected")


POSTING: Final = (
    Endpoint("POST", "/2/tweets", "create", "user", create),
    Endpoint("DELETE", "/2/tweets/{id}", "delete", "user", delete),
)
