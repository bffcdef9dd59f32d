"""What goes wrong on a fake X when it is told to: limits, faults, and requests that are held."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests
import tweepy

from bot.fake_x import Attached, FakeXServer, FaultKind
from tests.fakes.x_api import ANNA, BEN, BOT, client, pointed, running_x

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTION = requests.exceptions.ConnectionError


@pytest.fixture
def server() -> Iterator[FakeXServer]:
    with running_x() as running:
        yield running


@pytest.fixture
def bot(server: FakeXServer) -> tweepy.Client:
    return client(server)


# Limits.


def test_every_answer_tells_what_is_left(server: FakeXServer, bot: tweepy.Client) -> None:
    bot.return_type = requests.Response
    for left in (299, 298):
        headers = bot.get_users_mentions(server.fake.network.accounts.get(BOT).id, user_auth=True).headers
        assert (headers["x-rate-limit-limit"], headers["x-rate-limit-remaining"]) == ("300", str(left))
        assert 890 < int(headers["x-rate-limit-reset"]) - time.time() < 902


def test_a_limit_refuses_until_its_window_ends(server: FakeXServer, bot: tweepy.Client) -> None:
    server.fake.set_limit("create", 2, 60)
    for number in range(2):
        bot.create_tweet(text=f"number {number}")
    with pytest.raises(tweepy.TooManyRequests) as refused:
        bot.create_tweet(text="number 2")
    response = refused.value.response
    assert response.json() == {
        "title": "Too Many Requests",
        "detail": "Too Many Requests",
        "type": "about:blank",
        "status": 429,
    }
    assert "Retry-After" not in response.headers
    assert response.headers["x-rate-limit-remaining"] == "0"
    assert refused.value.reset_time == int(response.headers["x-rate-limit-reset"])
    client(server, ANNA).create_tweet(text="somebody else may")
    bot.get_me()
    server.fake.forward(61)
    bot.create_tweet(text="number 2")
    assert [post.said for post in server.fake.posts_by(BOT)] == ["number 0", "number 1", "number 2"]


def test_an_app_posts_so_much_a_day() -> None:
    with running_x(posts_a_day=2) as strict:
        one, two = client(strict), client(strict, ANNA)
        one.create_tweet(text="one")
        two.create_tweet(text="two")
        with pytest.raises(tweepy.TooManyRequests) as refused:
            one.create_tweet(text="three")
        headers = refused.value.response.headers
        assert headers["x-app-limit-24hour-remaining"] == "0"
        assert headers["x-rate-limit-remaining"] == "98"
        assert int(headers["x-app-limit-24hour-reset"]) - time.time() > 86_000


# Faults.


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        (FaultKind.UNAVAILABLE, 503, "application/json; charset=utf-8"),
        (FaultKind.HTML, 500, "text/html; charset=utf-8"),
        (FaultKind.TOO_MANY, 429, "application/problem+json"),
        (FaultKind.REVOKED, 401, "application/problem+json"),
        (FaultKind.NO_CREDITS, 402, "application/json; charset=utf-8"),
        (FaultKind.LOCKED, 403, "application/problem+json"),
    ],
)
def test_an_endpoint_answers_with_trouble_and_does_nothing(
    server: FakeXServer, bot: tweepy.Client, kind: FaultKind, status: int, content_type: str
) -> None:
    server.fake.set_fault("create", kind, times=1)
    with pytest.raises(tweepy.HTTPException) as refused:
        bot.create_tweet(text="hello")
    assert refused.value.response.status_code == status
    assert refused.value.response.headers["Content-Type"] == content_type
    assert not server.fake.posts_by(BOT)
    server.fake.forward(901)
    bot.create_tweet(text="hello")
    assert server.fake.faults_happened() == {f"create/{kind}": 1}
    assert server.fake.counts()[f"create/{status}"] == 1


def test_a_429_on_demand_lasts_until_the_window_ends(server: FakeXServer, bot: tweepy.Client) -> None:
    server.fake.set_fault("create", FaultKind.TOO_MANY, times=1)
    for _ in range(2):
        with pytest.raises(tweepy.TooManyRequests) as refused:
            bot.create_tweet(text="hello")
        assert refused.value.response.headers["x-rate-limit-remaining"] == "0"


def test_a_connection_cut_before_the_effect_has_none(server: FakeXServer, bot: tweepy.Client) -> None:
    server.fake.set_fault("create", FaultKind.CUT_BEFORE, times=1)
    with pytest.raises(CONNECTION):
        bot.create_tweet(text="hello")
    assert not server.fake.posts_by(BOT)
    assert server.fake.requests(family="create")[0].fault == "cut-before"


@pytest.mark.parametrize("kind", [FaultKind.CUT_AFTER, FaultKind.TRUNCATED])
def test_an_answer_that_does_not_come_whole_hides_an_effect(
    server: FakeXServer, bot: tweepy.Client, kind: FaultKind
) -> None:
    server.fake.set_fault("create", kind, times=1)
    with pytest.raises((CONNECTION, requests.exceptions.ChunkedEncodingError)):
        bot.create_tweet(text="hello")
    (post,) = server.fake.posts_by(BOT)
    assert post.said == "hello"
    with pytest.raises(tweepy.Forbidden, match="duplicate"):
        bot.create_tweet(text="hello")


def test_a_slow_answer_comes_and_a_client_that_does_not_wait_misses_it(server: FakeXServer) -> None:
    server.fake.set_fault("files", FaultKind.SLOW, seconds=0.3)
    post = server.fake.post(ANNA, "look", attachments=[Attached(b"\xff\xd8\xff")])
    url = (
        client(server)
        .get_tweet(post, user_auth=True, expansions="attachments.media_keys", media_fields="url")
        .includes["media"][0]
        .url
    )
    with pointed(requests.Session(), server.url) as session:
        with pytest.raises(requests.exceptions.ReadTimeout):
            session.get(url, timeout=0.05)
        assert session.get(url, timeout=10).content == b"\xff\xd8\xff"


def test_the_same_seed_draws_the_same_faults() -> None:
    def drawn(seed: int) -> list[int]:
        with running_x(seed=seed) as server:
            server.fake.set_fault("*", FaultKind.UNAVAILABLE, chance=0.5)
            bot = client(server)
            for _ in range(20):
                try:
                    bot.get_me()
                except tweepy.TwitterServerError:
                    continue
            return [entry.status for entry in server.fake.requests()]

    first = drawn(1)
    assert first == drawn(1)
    assert first != drawn(2)
    assert set(first) == {200, 503}


def test_faults_are_of_their_family_and_can_be_cleared(server: FakeXServer, bot: tweepy.Client) -> None:
    server.fake.set_fault("create", FaultKind.UNAVAILABLE)
    server.fake.set_fault("users-me", FaultKind.HTML)
    server.fake.clear_faults("users-me")
    bot.get_me()
    with pytest.raises(tweepy.TwitterServerError):
        bot.create_tweet(text="hello")
    server.fake.clear_faults()
    bot.create_tweet(text="hello")
    with pytest.raises(ValueError, match="no endpoint family 'creating'; there are users-me"):
        server.fake.set_fault("creating", FaultKind.HTML)


def test_with_many_at_once_every_post_is_accounted_for(server: FakeXServer) -> None:
    server.fake.set_limit("create", 1000, 60)
    for kind in (FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER, FaultKind.TRUNCATED, FaultKind.UNAVAILABLE):
        server.fake.set_fault("create", kind, chance=0.1)

    def post(who: str) -> None:
        poster = client(server, who)
        for number in range(40):
            with contextlib.suppress(tweepy.TwitterServerError, requests.exceptions.RequestException):
                poster.create_tweet(text=f"number {number}")

    with ThreadPoolExecutor() as pool:
        list(pool.map(post, (BOT, ANNA, BEN)))
    posts = sum(len(server.fake.posts_by(who)) for who in (BOT, ANNA, BEN))
    counts, happened = server.fake.counts(), server.fake.faults_happened()
    assert counts["create"] == 120
    assert counts["create/503"] == happened["create/503"]
    assert counts["create/0"] == happened["create/cut-before"] + happened["create/cut-after"]
    assert posts == counts["create/201"] + happened["create/cut-after"]


# Holds.


@contextlib.contextmanager
def threads(server: FakeXServer) -> Iterator[ThreadPoolExecutor]:
    """Ask from threads; whoever is still held at the end is let go, so that a test that fails ends."""
    with ThreadPoolExecutor() as pool:
        try:
            yield pool
        finally:
            server.fake.release(how="cut")


def test_a_request_is_held_before_its_effect_until_released(server: FakeXServer, bot: tweepy.Client) -> None:
    hold = server.fake.hold("create")
    with threads(server) as pool:
        posting = pool.submit(bot.create_tweet, text="hello")
        held = server.fake.wait_held(hold)
        assert (held.family, held.when, held.method, held.path) == ("create", "before", "POST", "/2/tweets")
        assert not server.fake.posts_by(BOT)
        client(server, ANNA).create_tweet(text="others go on")
        assert not posting.done()
        server.fake.release(hold)
        assert posting.result().data["text"] == "hello"
    assert server.fake.posts_by(BOT)


def test_a_request_is_held_after_its_effect_and_its_answer_can_be_cut(server: FakeXServer, bot: tweepy.Client) -> None:
    server.fake.hold("create", "after")
    with threads(server) as pool:
        posting = pool.submit(bot.create_tweet, text="hello")
        server.fake.wait_held()
        assert server.fake.posts_by(BOT)
        assert server.fake.release(how="cut") == 1
        with pytest.raises(CONNECTION):
            posting.result()


@pytest.mark.parametrize(("when", "posts"), [("before", 0), ("after", 1)])
def test_a_client_that_goes_while_held_has_an_effect_only_after(
    server: FakeXServer, bot: tweepy.Client, when: str, posts: int
) -> None:
    hold = server.fake.hold("create", when)  # type: ignore[arg-type]
    gone = pytest.raises(requests.exceptions.ReadTimeout)
    keys = server.fake.credentials(BOT)
    auth = tweepy.OAuth1UserHandler(
        keys.consumer_key, keys.consumer_secret, keys.access_token, keys.access_token_secret
    ).apply_auth()
    with gone, bot.session as session:
        session.post("https://api.x.com/2/tweets", json={"text": "hello"}, auth=auth, timeout=0.2)
    server.fake.wait_gone(hold)
    assert len(server.fake.posts_by(BOT)) == posts
    assert server.fake.counts()["create/0"] == 1


def test_a_hold_catches_one_request(server: FakeXServer, bot: tweepy.Client) -> None:
    server.fake.hold("*")
    with threads(server) as pool:
        first = pool.submit(bot.get_me)
        server.fake.wait_held()
        client(server, BEN).get_me()
        server.fake.release()
        first.result()
    with pytest.raises(TimeoutError, match=r"no request was held within 0\.01 s"):
        server.fake.wait_held(seconds=0.01)


def test_a_server_ends_while_it_holds_a_request() -> None:
    with ThreadPoolExecutor() as pool:
        with running_x() as server:
            server.fake.hold("users-me")
            asking = pool.submit(client(server).get_me)
            server.fake.wait_held()
        with pytest.raises(CONNECTION):
            asking.result()
