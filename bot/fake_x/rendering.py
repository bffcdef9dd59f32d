"""Posts as X's JSON: the fields asked for, and beside them what they refer to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.fake_x.media import MediaKind, Medium
from bot.fake_x.problems import not_found, not_shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.fake_x.accounts import Account
    from bot.fake_x.network import Network
    from bot.fake_x.parameters import Wanted
    from bot.fake_x.posts import Post

_REFERENCED: Final = frozenset(
    {
        "referenced_tweets.id",
        "referenced_tweets.id.author_id",
        "referenced_tweets.id.attachments.media_keys",
    }
)


class Rendering:
    """An answer about posts, for somebody who may not see all.

    What is referred to is under `includes`, each once; what cannot be shown of it is in `errors`. The media of posts
    referred to are there only if they were asked for by an expansion of their own.
    """

    def __init__(self, network: Network, wanted: Wanted, viewer: Account | None) -> None:
        self._network = network
        self._wanted = wanted
        self._viewer = viewer
        self._users: dict[str, dict[str, Any]] = {}
        self._tweets: dict[int, dict[str, Any]] = {}
        self._media: dict[str, dict[str, Any]] = {}
        self.errors: list[dict[str, Any]] = []

    def posts(self, posts: Iterable[Post]) -> list[dict[str, Any]]:
        """Render posts that the answer is about."""
        return [self._primary(post) for post in posts]

    def includes(self) -> dict[str, Any]:
        """Give what was referred to, by kind."""
        found = {
            "media": list(self._media.values()),
            "users": list(self._users.values()),
            "tweets": list(self._tweets.values()),
        }
        return {kind: things for kind, things in found.items() if things}

    def body(self, data: object) -> dict[str, Any]:
        """Give the whole answer."""
        body: dict[str, Any] = {} if data is None else {"data": data}
        if includes := self.includes():
            body["includes"] = includes
        if self.errors:
            body["errors"] = self.errors
        return body

    def _primary(self, post: Post) -> dict[str, Any]:
        wanted = self._wanted.expansions
        if "author_id" in wanted:
            self._user(post.author)
        if "in_reply_to_user_id" in wanted and post.reply_to_account:
            self._user(post.reply_to_account)
        if "entities.mentions.username" in wanted:
            for named in post.mentions:
                self._user(named.id)
        if "attachments.media_keys" in wanted:
            self._attach(post)
        if wanted & _REFERENCED:
            for _, identity in _references(post):
                self._refer(identity)
        return self._tweet(post)

    def _refer(self, identity: int) -> None:
        post = self._network.posts.by_id.get(identity)
        if post is None:
            self._complain(not_found(str(identity), parameter="referenced_tweets.id", kind="tweet"))
        elif not self._network.sees(self._viewer, post):
            self._complain(not_shown(str(identity), parameter="referenced_tweets.id", section="includes"))
        else:
            self._tweets[identity] = self._tweet(post)
            if "referenced_tweets.id.author_id" in self._wanted.expansions:
                self._user(post.author)
            if "referenced_tweets.id.attachments.media_keys" in self._wanted.expansions:
                self._attach(post)

    def _complain(self, error: dict[str, Any]) -> None:
        if error not in self.errors:
            self.errors.append(error)

    def _attach(self, post: Post) -> None:
        for key in post.media:
            self._media[key] = medium_json(self._network.media.by_key[key], self._wanted.media)

    def _user(self, identity: str) -> None:
        self._users[identity] = user_json(self._network.accounts.by_id[identity], self._wanted.user)

    def _tweet(self, post: Post) -> dict[str, Any]:
        """Render a post: an expansion brings the field that it follows."""
        fields = self._wanted.tweet | {name.partition(".")[0] for name in self._wanted.expansions}
        tweet: dict[str, Any] = {
            "id": str(post.id),
            "text": post.text,
            "edit_history_tweet_ids": [str(post.id)],
            "author_id": post.author,
            "created_at": stamp(post.created_ms),
            "conversation_id": str(post.conversation),
            "lang": post.lang,
        }
        if post.media:
            tweet["attachments"] = {"media_keys": list(post.media)}
        if post.reply_to_account:
            tweet["in_reply_to_user_id"] = post.reply_to_account
        if references := _references(post):
            tweet["referenced_tweets"] = [{"type": how, "id": str(which)} for how, which in references]
        if entities := _entities(post):
            tweet["entities"] = entities
        fields |= {"id", "text", "edit_history_tweet_ids"}
        return {name: value for name, value in tweet.items() if name in fields}


def stamp(created_ms: int) -> str:
    """Write a point in time as X does, such as `2026-11-05T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(created_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{created_ms % 1000:03d}Z"


def user_json(account: Account, fields: frozenset[str]) -> dict[str, Any]:
    """Render an account."""
    user = {
        "id": account.id,
        "name": account.name,
        "username": account.username,
        "protected": account.protected,
        "verified": account.verified_type != "none",
        "verified_type": account.verified_type,
    }
    return {name: value for name, value in user.items() if name in fields | {"id", "name", "username"}}


def medium_json(medium: Medium, fields: frozenset[str]) -> dict[str, Any]:
    """Render a picture or film."""
    rendered: dict[str, Any] = {
        "media_key": medium.key,
        "type": str(medium.kind),
        "width": medium.width,
        "height": medium.height,
    }
    if medium.alt_text:
        rendered["alt_text"] = medium.alt_text
    if medium.kind is MediaKind.PHOTO:
        if medium.shown:
            rendered["url"] = file_url(medium)
    else:
        rendered["preview_image_url"] = f"https://pbs.twimg.com/ext_tw_video_thumb/{medium.id}/pu/img/{medium.name}.jpg"
        if medium.kind is MediaKind.VIDEO:
            rendered["duration_ms"] = medium.duration_ms
        if medium.shown:
            rendered["variants"] = _variants(medium)
    return {name: value for name, value in rendered.items() if name in fields | {"media_key", "type"}}


def file_url(medium: Medium) -> str:
    """Give the address of the best there is of a file."""
    if medium.kind is MediaKind.PHOTO:
        suffix = {"image/png": "png", "image/webp": "webp"}.get(medium.content_type, "jpg")
        return f"https://pbs.twimg.com/media/{medium.name}.{suffix}"
    if medium.kind is MediaKind.GIF:
        return f"https://video.twimg.com/tweet_video/{medium.name}.mp4"
    return (
        f"https://video.twimg.com/ext_tw_video/{medium.id}/pu/vid/avc1/"
        f"{medium.width}x{medium.height}/{medium.name}.mp4?tag=12"
    )


def _variants(medium: Medium) -> list[dict[str, Any]]:
    """Give the forms of a film: a playlist and two qualities; the better is neither first nor last."""
    best = {"content_type": "video/mp4", "url": file_url(medium)}
    if medium.kind is MediaKind.GIF:
        return [{"bit_rate": 0, **best}]
    folder = f"https://video.twimg.com/ext_tw_video/{medium.id}/pu"
    small = f"{folder}/vid/avc1/{medium.width // 2}x{medium.height // 2}/{medium.name}.mp4?tag=12"
    return [
        {"content_type": "application/x-mpegURL", "url": f"{folder}/pl/{medium.name}.m3u8?tag=12"},
        {"bit_rate": 2_176_000, **best},
        {"bit_rate": 632_000, "content_type": "video/mp4", "url": small},
    ]


def _references(post: Post) -> list[tuple[str, int]]:
    found = (("retweeted", post.retweet_of), ("quoted", post.quote_of), ("replied_to", post.reply_to))
    return [(how, which) for how, which in found if which is not None]


def _entities(post: Post) -> dict[str, Any]:
    entities: dict[str, Any] = {}
    if post.mentions:
        entities["mentions"] = [
            {"start": named.start, "end": named.end, "username": named.username, "id": named.id}
            for named in post.mentions
        ]
    if post.links:
        entities["urls"] = [
            {
                "start": link.start,
                "end": link.end,
                "url": link.url,
                "expanded_url": link.expanded_url,
                "display_url": link.display_url,
                **({"media_key": link.media_key} if link.media_key else {}),
            }
            for link in post.links
        ]
    return entities
