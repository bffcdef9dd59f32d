"""X's JSON, read into the protocol's words.

Fields and expansions are those of https://docs.x.com/x-api/fundamentals/expansions. X's own list of expansions has
`referenced_tweets.id.attachments.media_keys` since 2025; what it leaves out all the same is in `Shelf.lacking`.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from bot.platforms.protocol import Account, Mention, Missing, Post, Posted
from bot.platforms.twitter_attachments import attachment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIELDS: Final[Mapping[str, list[str]]] = {
    "expansions": [
        "author_id",
        "attachments.media_keys",
        "referenced_tweets.id",
        "referenced_tweets.id.author_id",
        "referenced_tweets.id.attachments.media_keys",
    ],
    "tweet_fields": [
        "attachments",
        "author_id",
        "conversation_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "note_tweet",
        "referenced_tweets",
    ],
    "media_fields": ["alt_text", "duration_ms", "height", "media_key", "type", "url", "variants", "width"],
    "user_fields": ["protected", "username"],
}
"""What is asked for with a post that may be a mention; X writes `tweet.fields`, tweepy `tweet_fields`."""

PARENT_FIELDS: Final[Mapping[str, list[str]]] = {
    **FIELDS,
    "expansions": ["author_id", "attachments.media_keys"],
}
"""What is asked for with a post for its own sake."""

OWN_FIELDS: Final[Mapping[str, list[str]]] = {"tweet_fields": ["created_at", "entities", "referenced_tweets"]}
"""What is asked for with posts of our own."""


def query(fields: Mapping[str, list[str]]) -> dict[str, str]:
    """Give fields as X reads them from an address."""
    return {name.replace("_fields", ".fields"): ",".join(values) for name, values in fields.items()}


class NotReadError(ValueError):
    """A post that is not as X describes posts."""


@dataclass(slots=True)
class Shelf:
    """What came with an answer, to be looked up by id."""

    posts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    people: dict[str, Account] = field(default_factory=dict)
    media: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    missing: dict[str, Literal["gone", "protected"]] = field(default_factory=dict)

    def put(self, answer: Mapping[str, Any]) -> None:
        """Take in all of an answer."""
        includes = answer.get("includes") or {}
        for tweet in (*_listed(answer.get("data")), *_listed(includes.get("tweets"))):
            if "id" in tweet:
                self.posts[str(tweet["id"])] = tweet
        for user in _listed(includes.get("users")):
            if "id" in user:
                self.people[str(user["id"])] = account(user)
        for each in _listed(includes.get("media")):
            if "media_key" in each:
                self.media[str(each["media_key"])] = each
        for error in _listed(answer.get("errors")):
            if error.get("resource_type", "tweet") == "tweet":
                missing = str(error.get("resource_id") or error.get("value") or "")
                hidden = str(error.get("type", "")).endswith("not-authorized-for-resource")
                self.missing[missing] = "protected" if hidden else "gone"

    def lacking(self, tweets: Iterable[Mapping[str, Any]]) -> list[str]:
        """Ids of posts that these reply to or show and that did not come, or came without their media."""
        wanted = {other for tweet in tweets for kind in ("replied_to", "quoted") if (other := _reference(tweet, kind))}
        return sorted(each for each in wanted if each not in self.missing and not self._is_whole(each))

    def mention(self, tweet: Mapping[str, Any]) -> Mention:
        """Read a post; `NotReadError` where it cannot be."""
        parent, quoted = _reference(tweet, "replied_to"), _reference(tweet, "quoted")
        return Mention(
            self._post(tweet),
            replied_to=self._other(parent) if parent else None,
            is_retweet=_reference(tweet, "retweeted") is not None,
            is_quote=quoted is not None,
            quoted=self._other(quoted) if quoted else None,
        )

    def _is_whole(self, post_id: str) -> bool:
        tweet = self.posts.get(post_id)
        return tweet is not None and all(key in self.media for key in _media_keys(tweet))

    def _other(self, post_id: str) -> Post | Missing:
        if post_id not in self.posts:
            return Missing(post_id, self.missing.get(post_id, "gone"))
        return self._post(self.posts[post_id])

    def _post(self, tweet: Mapping[str, Any]) -> Post:
        try:
            author = str(tweet["author_id"])
            return Post(
                id=str(tweet["id"]),
                author=self.people.get(author) or Account(author, username=author),
                text=text(tweet),
                posted_at=datetime.fromisoformat(tweet["created_at"]),
                conversation=str(tweet.get("conversation_id") or tweet["id"]),
                attachments=tuple(attachment(self.media[key]) for key in _media_keys(tweet) if key in self.media),
                mentions=frozenset(str(each["id"]) for each in _entities(tweet, "mentions") if "id" in each),
                earlier=tuple(
                    str(each) for each in tweet.get("edit_history_tweet_ids") or () if str(each) != str(tweet["id"])
                ),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            msg = f"the post {tweet.get('id', '?')} is not as X describes posts: {error!r}"
            raise NotReadError(msg) from error


def account(user: Mapping[str, Any]) -> Account:
    """Read somebody; X does not tell clients who is automated."""
    return Account(str(user["id"]), str(user.get("username") or user["id"]), protected=bool(user.get("protected")))


def posted(tweet: Mapping[str, Any]) -> Posted:
    """Read a post of our own; `NotReadError` where it cannot be."""
    try:
        reply_to = _reference(tweet, "replied_to")
        return Posted(str(tweet["id"]), reply_to, text(tweet), datetime.fromisoformat(tweet["created_at"]))
    except (KeyError, TypeError, ValueError) as error:
        msg = f"the post {tweet.get('id', '?')} is not as X describes posts: {error!r}"
        raise NotReadError(msg) from error


def text(tweet: Mapping[str, Any]) -> str:
    """What was written: the whole of a long post, with & as it was typed, and without what X adds.

    X puts a link at the end to a post's own pictures, or to the post that it shows inside it.
    """
    note = tweet.get("note_tweet") or {}
    written = note.get("text") or tweet["text"]
    if not isinstance(written, str):
        msg = "its text is none"
        raise TypeError(msg)
    shown = f"/status/{_reference(tweet, 'quoted')}"
    for link in _entities(tweet, "urls"):
        if link.get("media_key") or str(link.get("expanded_url", "")).endswith(shown):
            written = written.replace(str(link.get("url")), "")
    return html.unescape(written).strip()


def _entities(tweet: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    found = _listed((tweet.get("entities") or {}).get(kind))
    return [*found, *_listed(((tweet.get("note_tweet") or {}).get("entities") or {}).get(kind))]


def _media_keys(tweet: Mapping[str, Any]) -> list[str]:
    return list((tweet.get("attachments") or {}).get("media_keys") or ())


def _reference(tweet: Mapping[str, Any], kind: str) -> str | None:
    found = (each["id"] for each in _listed(tweet.get("referenced_tweets")) if each.get("type") == kind)
    return next(map(str, found), None)


def _listed(what: Any) -> list[Mapping[str, Any]]:
    """Give a list of objects, where X gives one, several or none."""
    return [each for each in (what if isinstance(what, list) else [what]) if isinstance(each, dict)]
