"""Posts, by id, author, mention and what they answer: nothing here looks at all of them."""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EPOCH_MS: Final = 1_288_834_974_657
"""The zero of X's ids: 4 November 2010."""

_SEQUENCE_BITS: Final = 22


@dataclass(frozen=True, slots=True)
class Named:
    """An @name in a text; positions count code points."""

    start: int
    end: int
    username: str
    id: str


@dataclass(frozen=True, slots=True)
class Link:
    """A shortened link in a text."""

    start: int
    end: int
    url: str
    expanded_url: str
    display_url: str
    media_key: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody posted."""

    id: int
    author: str
    said: str
    """As it was typed."""
    text: str
    """As X shows it: with the names carried along, and links shortened."""
    created_ms: int
    conversation: int
    seen_from: float
    """When it was taken in, which is later than it was posted where it was told to be old."""
    reply_to: int | None = None
    reply_to_account: str | None = None
    quote_of: int | None = None
    retweet_of: int | None = None
    media: tuple[str, ...] = ()
    mentions: tuple[Named, ...] = ()
    links: tuple[Link, ...] = ()
    lang: str = "en"


class Snowflakes:
    """Ids that grow with time, with room for 4 million in each millisecond."""

    def __init__(self) -> None:
        self._given: defaultdict[int, int] = defaultdict(int)
        self._newest_ms = 0

    def next(self, now_ms: int, posted_ms: int | None = None) -> int:
        """Give an id; without `posted_ms` it is above all others given so."""
        if posted_ms is None:
            posted_ms = self._newest_ms = max(now_ms, self._newest_ms)
        sequence = self._given[posted_ms]
        self._given[posted_ms] += 1
        return ((posted_ms - _EPOCH_MS) << _SEQUENCE_BITS) + sequence

    @staticmethod
    def posted_ms(identity: int) -> int:
        """Tell when something with this id was posted, in milliseconds since 1970."""
        return (identity >> _SEQUENCE_BITS) + _EPOCH_MS

    @staticmethod
    def first_at(posted_ms: int) -> int:
        """Give the smallest id of a millisecond."""
        return max(0, (posted_ms - _EPOCH_MS) << _SEQUENCE_BITS)


class PostStore:
    """All posts."""

    def __init__(self) -> None:
        self.by_id: dict[int, Post] = {}
        self._by_author: defaultdict[str, list[int]] = defaultdict(list)
        self._by_mention: defaultdict[str, list[int]] = defaultdict(list)
        self._replies: defaultdict[int, list[int]] = defaultdict(list)
        self._retweets: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, post: Post) -> None:
        """Take a post in."""
        self.by_id[post.id] = post
        for index in self._indices(post):
            bisect.insort(index, post.id)

    def remove(self, identity: int) -> list[Post]:
        """Take a post away, and what others passed on of it; gives all that went."""
        post = self.by_id.pop(identity, None)
        if post is None:
            return []
        for index in self._indices(post):
            del index[bisect.bisect_left(index, identity)]
        gone = [post]
        for retweet in self._retweets.get(identity, []).copy():
            gone += self.remove(retweet)
        return gone

    def authored(self, account: str) -> Sequence[int]:
        """Give the ids of an account's posts, oldest first."""
        return self._by_author.get(account, ())

    def mentioning(self, account: str) -> Sequence[int]:
        """Give the ids of the posts that name an account, oldest first."""
        return self._by_mention.get(account, ())

    def replies(self, identity: int) -> Sequence[int]:
        """Give the ids of the replies to a post, oldest first."""
        return self._replies.get(identity, ())

    def _indices(self, post: Post) -> Iterator[list[int]]:
        yield self._by_author[post.author]
        for account in {named.id for named in post.mentions}:
            yield self._by_mention[account]
        if post.reply_to is not None:
            yield self._replies[post.reply_to]
        if post.retweet_of is not None:
            yield self._retweets[post.retweet_of]
