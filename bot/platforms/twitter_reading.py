"""Posts on X, page by page, with what they are replies to."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bot.platforms.protocol import Unreachable
from bot.platforms.twitter_errors import detail, problem
from bot.platforms.twitter_limits import (
    FIRST_MENTION_PAGES,
    MENTION_PAGES,
    MENTIONS_A_PAGE,
    OWN_POST_PAGES,
    POSTS_A_LOOK_UP,
    RETRY_SECONDS,
)
from bot.platforms.twitter_posts import FIELDS, OWN_FIELDS, PARENT_FIELDS, NotReadError, Shelf, account, posted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.platforms.protocol import Account, Mention, Posted

_log = logging.getLogger(__name__)


class Endpoints(Protocol):
    """tweepy's client, as far as it is used to read; answers are X's JSON."""

    def get_me(self, **given: Any) -> Any:
        """Whose the keys are."""

    def get_users_mentions(self, id: str, **given: Any) -> Any:  # noqa: A002 - as tweepy has it
        """A page of mentions."""

    def get_users_tweets(self, id: str, **given: Any) -> Any:  # noqa: A002 - as tweepy has it
        """A page of somebody's posts."""

    def get_tweet(self, id: str, **given: Any) -> Any:  # noqa: A002 - as tweepy has it
        """One post."""

    def get_tweets(self, ids: list[str], **given: Any) -> Any:
        """Some posts."""


@dataclass(slots=True)
class PostReader:
    """Reads as our account, and blocks: call it off the event loop, from any thread."""

    client: Endpoints
    _me: Account | None = field(default=None)

    def whoami(self) -> Account:
        """Whose the keys are; asked once."""
        if self._me is None:
            answer = self.client.get_me(user_fields=["protected", "username"])
            try:
                self._me = account(answer["data"])
            except (KeyError, TypeError, AttributeError):
                msg = "X did not say whose the keys are"
                raise Unreachable(msg, after_seconds=RETRY_SECONDS) from None
        return self._me

    def mentions(self, after: str | None) -> list[Mention]:
        """All pages since the one with the id `after`, oldest first."""
        shelf = Shelf()
        tweets: list[Mapping[str, Any]] = []
        token: str | None = None
        for _ in range(MENTION_PAGES if after else FIRST_MENTION_PAGES):
            answer = self.client.get_users_mentions(
                self.whoami().id,
                user_auth=True,
                since_id=after,
                max_results=MENTIONS_A_PAGE,
                pagination_token=token,
                **FIELDS,
            )
            tweets += _page(answer)
            shelf.put(answer)
            token = (answer.get("meta") or {}).get("next_token")
            if token is None:
                break
        self._complete(shelf, tweets)
        unique = {str(tweet.get("id")): tweet for tweet in tweets}
        return sorted(_read(shelf, unique.values()), key=lambda mention: int(mention.post.id))

    def newest_mentions(self) -> list[Mapping[str, Any]]:
        """A few, as they come."""
        # Five is the fewest that X gives.
        return _page(self.client.get_users_mentions(self.whoami().id, user_auth=True, max_results=5))

    def one(self, post_id: str) -> Mention:
        """A post by its id."""
        answer = self.client.get_tweet(post_id, user_auth=True, **FIELDS)
        tweet = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(tweet, dict):
            told = f"X does not show the post {post_id}: {detail(answer) or 'it gives no reason'}"
            raise problem(answer, told=told)
        shelf = Shelf()
        shelf.put(answer)
        self._complete(shelf, [tweet])
        try:
            return shelf.mention(tweet)
        except NotReadError as error:
            raise Unreachable(str(error), after_seconds=RETRY_SECONDS) from error

    def _complete(self, shelf: Shelf, tweets: Sequence[Mapping[str, Any]]) -> None:
        """Look up what posts are replies to, where it did not come with them."""
        lacking = shelf.lacking(tweets)
        for start in range(0, len(lacking), POSTS_A_LOOK_UP):
            ids = lacking[start : start + POSTS_A_LOOK_UP]
            shelf.put(self.client.get_tweets(ids, user_auth=True, **PARENT_FIELDS) or {})

    def own(self, since: datetime) -> list[Posted]:
        """Our own posts, newest first."""
        found: list[Posted] = []
        token: str | None = None
        for _ in range(OWN_POST_PAGES):
            answer = self.client.get_users_tweets(
                self.whoami().id,
                user_auth=True,
                start_time=since,
                exclude=["retweets"],
                max_results=100,
                pagination_token=token,
                **OWN_FIELDS,
            )
            found += [posted(tweet) for tweet in _page(answer)]
            token = (answer.get("meta") or {}).get("next_token")
            if token is None:
                break
        return sorted(found, key=lambda post: int(post.id), reverse=True)

    def streamed(self, line: Mapping[str, Any]) -> list[Mention]:
        """Read a line of the stream; nothing where it cannot be."""
        shelf = Shelf()
        shelf.put(line)
        self._complete(shelf, [line["data"]])
        return list(_read(shelf, [line["data"]]))


def _page(answer: Any) -> list[Mapping[str, Any]]:
    """Give the posts of a page; an answer with nothing but errors is one."""
    if not isinstance(answer, dict):
        msg = "X answered a page of posts with something else"
        raise Unreachable(msg, after_seconds=RETRY_SECONDS)
    if answer.get("errors") and "data" not in answer and "meta" not in answer:
        raise problem(answer, told=f"X gave no posts: {detail(answer)}")
    return [tweet for tweet in answer.get("data") or () if isinstance(tweet, dict)]


def _read(shelf: Shelf, tweets: Iterable[Mapping[str, Any]]) -> Iterator[Mention]:
    """Read posts, leaving out what cannot be."""
    for tweet in tweets:
        try:
            yield shelf.mention(tweet)
        except NotReadError as error:
            _log.warning("%s; it is skipped", error)
