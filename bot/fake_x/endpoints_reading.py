"""Endpoints that give accounts and posts."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING, Any, Final

from bot.fake_x.calls import Answer, Call, Endpoint, answer
from bot.fake_x.parameters import FIELD_PARAMETERS, IDENTITY, Query, identity
from bot.fake_x.posts import Snowflakes
from bot.fake_x.problems import invalid, not_found, not_shown
from bot.fake_x.rendering import Rendering, user_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.fake_x.network import Network
    from bot.fake_x.posts import Post

MENTIONS_BACK: Final = 800
TIMELINE_BACK: Final = 3200
"""How many posts a timeline goes back (https://docs.x.com/x-api/posts/timelines/introduction)."""

_TOKEN: Final = re.compile(r"7140([np])([0-9a-f]{1,16})")

_PAGING: Final = ("max_results", "pagination_token", "since_id", "until_id", "start_time", "end_time")


def users_me(_network: Network, call: Call) -> Answer:
    """Say who asks."""
    query = Query(call.query, "expansions", "tweet.fields", "user.fields")
    return answer({"data": user_json(call.user, query.wanted().user)})


def lookup(network: Network, call: Call) -> Answer:
    """Give posts by their ids; what is not there is told beside the others."""
    query = Query(call.query, "ids", *FIELD_PARAMETERS)
    rendering = Rendering(network, query.wanted(), call.account)
    found = _look_up(network, call, rendering, query.identities("ids", 100), "ids")
    return answer(rendering.body(rendering.posts(found) or None))


def lookup_one(network: Network, call: Call) -> Answer:
    """Give a post by its id."""
    query = Query(call.query, *FIELD_PARAMETERS)
    rendering = Rendering(network, query.wanted(), call.account)
    found = _look_up(network, call, rendering, [identity("id", call.path["id"])], "id")
    return answer(rendering.body(next(iter(rendering.posts(found)), None)))


def _look_up(network: Network, call: Call, rendering: Rendering, ids: list[int], parameter: str) -> list[Post]:
    found = []
    for one in dict.fromkeys(ids):
        post = network.posts.by_id.get(one)
        if post is None:
            rendering.errors.append(not_found(str(one), parameter=parameter, kind="tweet"))
        elif not network.sees(call.account, post):
            rendering.errors.append(not_shown(str(one), parameter=parameter, section="data"))
        else:
            found.append(post)
    return found


def mentions(network: Network, call: Call) -> Answer:
    """Give the posts that name somebody, newest first."""
    query = Query(call.query, *_PAGING, *FIELD_PARAMETERS)
    missing = _missing(network, call)
    if missing:
        return missing
    index = network.posts.mentioning(call.path["id"])[-MENTIONS_BACK:]
    return _page(network, call, query, index, delay=network.settings.mentions_delay_seconds)


def timeline(network: Network, call: Call) -> Answer:
    """Give somebody's posts, newest first."""
    query = Query(call.query, "exclude", *_PAGING, *FIELD_PARAMETERS)
    missing = _missing(network, call)
    if missing:
        return missing
    without = frozenset((query.text("exclude") or "").split(","))
    index: Sequence[int] = network.posts.authored(call.path["id"])[-TIMELINE_BACK:]
    if without & {"replies", "retweets"}:
        posts = [network.posts.by_id[one] for one in index]
        index = [
            post.id
            for post in posts
            if not (post.reply_to and "replies" in without) and not (post.retweet_of and "retweets" in without)
        ]
    return _page(network, call, query, index, delay=network.settings.timeline_delay_seconds)


def _missing(network: Network, call: Call) -> Answer | None:
    who = call.path["id"]
    if not IDENTITY.fullmatch(who):
        identity("id", who)
    if who in network.accounts.by_id:
        return None
    return answer({"errors": [not_found(who, parameter="id", kind="user")]})


def _page(network: Network, call: Call, query: Query, index: Sequence[int], *, delay: float) -> Answer:
    """Give a page of posts.

    A page's tokens hold the id that the next one begins below (`n`), or the one before above (`p`).
    """
    most = query.integer("max_results", low=5, high=100, default=10)
    low, high = _bounds(query, index)
    token = query.text("pagination_token")
    forward = True
    if token is not None:
        forward, mark = _read_token(token)
        if forward:
            high = min(high, bisect.bisect_left(index, mark))
        else:
            low = max(low, bisect.bisect_right(index, mark))
    seen_before = network.clock.now() - delay
    found: list[Post] = []
    for one in (index[at] for at in (range(high - 1, low - 1, -1) if forward else range(low, high))):
        post = network.posts.by_id[one]
        if post.seen_from <= seen_before and network.sees(call.account, post):
            found.append(post)
            if len(found) > most:
                break
    more = len(found) > most
    page = found[:most] if forward else found[:most][::-1]
    rendering = Rendering(network, query.wanted(), call.account)
    body = rendering.body(rendering.posts(page) or None)
    meta: dict[str, Any] = {"result_count": len(page)}
    if page:
        meta |= {"newest_id": str(page[0].id), "oldest_id": str(page[-1].id)}
        if more or not forward:
            meta["next_token"] = _token("n", page[-1].id)
        if token is not None and (more or forward):
            meta["previous_token"] = _token("p", page[0].id)
    return answer(body | {"meta": meta})


def _bounds(query: Query, index: Sequence[int]) -> tuple[int, int]:
    """Find which part of an index lies within ids and times; both of `since_id` and `until_id` lie outside."""
    low, high = 0, len(index)
    if (since := query.identity("since_id")) is not None:
        low = bisect.bisect_right(index, since)
    if (until := query.identity("until_id")) is not None:
        high = bisect.bisect_left(index, until)
    if (start := query.moment("start_time")) is not None:
        low = max(low, bisect.bisect_left(index, Snowflakes.first_at(start)))
    if (end := query.moment("end_time")) is not None:
        high = min(high, bisect.bisect_left(index, Snowflakes.first_at(end)))
    return low, high


def _token(kind: str, mark: int) -> str:
    """Make a page's token, which looks like nothing."""
    return f"7140{kind}{mark:x}"


def _read_token(token: str) -> tuple[bool, int]:
    if found := _TOKEN.fullmatch(token):
        return found[1] == "n", int(found[2], 16)
    message = f"The `pagination_token` query parameter value [{token}] is not valid"
    raise invalid({"pagination_token": [token]}, message)


READING: Final = (
    Endpoint("GET", "/2/users/me", "users-me", "user", users_me),
    Endpoint("GET", "/2/users/{id}/mentions", "mentions", "either", mentions),
    Endpoint("GET", "/2/users/{id}/tweets", "timeline", "either", timeline),
    Endpoint("GET", "/2/tweets", "lookup", "either", lookup),
    Endpoint("GET", "/2/tweets/{id}", "lookup", "either", lookup_one),
)
