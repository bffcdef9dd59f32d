"""The filtered stream of a fake X, heard with tweepy's own client."""

from __future__ import annotations

import itertools
import json
import queue
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tweepy

from bot.fake_x import Attached, FakeXServer, FaultKind
from tests.fakes.x_api import ANNA, BEN, BOT, pointed, running_x

if TYPE_CHECKING:
    from collections.abc import Iterator

RULE = tweepy.StreamRule(f"@{BOT}", tag="mentions")
URL = "https://api.twitter.com/2/tweets/search/stream"


class _Listener(tweepy.StreamingClient):
    """Puts what it hears into a queue, and never tries again by itself."""

    def __init__(self, server: FakeXServer, **given: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # what inherits from tweepy is not excluded with it
            server.fake.settings.app.bearer_token, max_retries=0, daemon=True, **given
        )
        pointed(self.session, server.url)
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()

    def next(self, kind: str) -> Any:
        """Give what came next, of one kind."""
        while True:
            found, what = self.heard.get(timeout=10)
            if found == kind:
                return what

    def on_response(self, response: tweepy.StreamResponse) -> None:
        self.heard.put(("post", response))

    def on_keep_alive(self) -> None:
        self.heard.put(("keep-alive", None))

    def on_closed(self, response: requests.Response) -> None:
        self.heard.put(("closed", response.status_code))
        self.running = False

    def on_connection_error(self) -> None:
        self.heard.put(("broken", None))
        self.running = False

    def on_request_error(self, status_code: int) -> None:
        self.heard.put(("refused", status_code))
        self.running = False

    def on_exception(self, exception: Exception) -> None:
        self.heard.put(("error", exception))

    def on_disconnect(self) -> None:
        self.heard.put(("over", None))


Listener: Any = _Listener
"""mypy checks calls of what inherits from tweepy as if it had types."""


@pytest.fixture
def server() -> Iterator[FakeXServer]:
    with running_x(keep_alive_seconds=30.0) as running:
        yield running


@pytest.fixture
def listener(server: FakeXServer) -> Any:
    made = Listener(server)
    made.add_rules(RULE)
    return made


def listening(server: FakeXServer, listener: Any, **given: Any) -> None:
    listener.filter(threaded=True, **given)
    server.fake.wait_stream()


def said(listener: Any) -> str:
    return str(listener.next("post").data.text)


def test_rules_are_kept_and_told_apart(listener: Any) -> None:
    again = listener.add_rules([RULE, tweepy.StreamRule("from:anna")])
    assert [rule.value for rule in again.data] == ["from:anna"]
    assert (again.meta["summary"]["created"], again.meta["summary"]["not_created"]) == (1, 1)
    assert again.errors[0]["title"] == "DuplicateRule"
    rules = listener.get_rules()
    assert [(rule.value, rule.tag) for rule in rules.data] == [(f"@{BOT}", "mentions"), ("from:anna", None)]
    gone = listener.delete_rules([rules.data[1].id])
    assert gone.meta["summary"] == {"deleted": 1, "not_deleted": 0}
    assert len(listener.get_rules().data) == 1


def test_a_listener_hears_what_matches_as_it_is_posted(server: FakeXServer, listener: Any) -> None:
    server.fake.post(ANNA, f"@{BOT} before anybody listens")
    original = server.fake.post(BEN, "old picture", attachments=[Attached(b"\xff\xd8\xff")])
    listening(server, listener, expansions=["author_id", "referenced_tweets.id"], tweet_fields=["created_at"])
    server.fake.post(ANNA, "not for us")
    mention = server.fake.post(ANNA, f"@{BOT.upper()} please", reply_to=original)
    heard = listener.next("post")
    assert str(heard.data.id) == mention
    assert heard.data.created_at
    assert [user.username for user in heard.includes["users"]] == [ANNA]
    assert [str(post.id) for post in heard.includes["tweets"]] == [original]
    assert [rule.tag for rule in heard.matching_rules] == ["mentions"]
    listener.disconnect()


def test_what_is_posted_while_nobody_listens_is_lost(server: FakeXServer, listener: Any) -> None:
    listening(server, listener)
    assert server.fake.drop_stream(clean=True)
    listener.next("over")
    server.fake.wait_stream(connected=False)
    server.fake.post(ANNA, f"@{BOT} into the void")
    listening(server, listener)
    server.fake.post(ANNA, f"@{BOT} heard")
    assert said(listener) == f"@{BOT} heard"


def test_blank_lines_keep_a_quiet_stream_alive() -> None:
    with running_x(keep_alive_seconds=0.05) as server:
        listener = Listener(server)
        listener.add_rules(RULE)
        listening(server, listener)
        for _ in range(3):
            listener.next("keep-alive")


def test_a_second_listener_is_refused_until_the_first_is_gone(server: FakeXServer, listener: Any) -> None:
    headers = {"Authorization": f"Bearer {server.fake.settings.app.bearer_token}"}
    with pointed(requests.Session(), server.url) as session:
        first = session.get(URL, headers=headers, stream=True)
        second = session.get(URL, headers=headers, stream=True)
        assert (first.status_code, second.status_code) == (200, 429)
        assert second.json() == {
            "title": "ConnectionException",
            "detail": "This stream is currently at the maximum allowed connection limit.",
            "connection_issue": "TooManyConnections",
            "type": "https://api.twitter.com/2/problems/streaming-connection",
        }
        assert second.headers["x-rate-limit-remaining"] == "48"
        first.close()
    server.fake.wait_stream(connected=False)
    listening(server, listener)


def test_x_may_take_a_while_to_notice_that_a_listener_is_gone() -> None:
    with running_x(stream_linger_seconds=60.0) as server:
        listener = Listener(server)
        listener.add_rules(RULE)
        listening(server, listener)
        server.fake.drop_stream()
        listener.next("over")
        server.fake.wait_stream(connected=False)
        listener.filter()
        assert listener.next("refused") == 429
        server.fake.forward(61)
        listening(server, listener)


def test_a_stream_without_rules_is_refused(server: FakeXServer) -> None:
    listener = Listener(server)
    listener.filter()
    assert listener.next("refused") == 409


def test_a_wrong_bearer_hears_nothing(listener: Any) -> None:
    listener.bearer_token = "wrong"  # noqa: S105 - that is the point
    listener.filter()
    assert listener.next("refused") == 401


def test_quotes_are_heard_though_only_the_quoted_post_names_us(server: FakeXServer, listener: Any) -> None:
    original = server.fake.post(ANNA, f"@{BOT} look")
    listening(server, listener)
    server.fake.post(BEN, "see this", quote_of=original)
    assert said(listener).startswith("see this https://t.co/")
    server.fake.post(BEN, retweet_of=original)
    assert said(listener).startswith(f"RT @{ANNA}: ")


def test_terms_of_a_rule_must_all_match(server: FakeXServer) -> None:
    listener = Listener(server)
    listener.add_rules(tweepy.StreamRule(f'@{BOT} -is:retweet -from:ben has:media "old bridge"'))
    listening(server, listener)
    picture = [Attached(b"\xff\xd8\xff")]
    original = server.fake.post(ANNA, f"@{BOT} an Old Bridge 1", attachments=picture)
    server.fake.post(BEN, retweet_of=original)
    server.fake.post(BEN, f"@{BOT} an old bridge", attachments=picture)
    server.fake.post(ANNA, f"@{BOT} an old bridge")
    server.fake.post(ANNA, f"@{BOT} a bridge", attachments=picture)
    server.fake.post(ANNA, f"@{BOT} an old bridge 2", attachments=picture)
    assert "Old Bridge 1" in said(listener)
    assert "old bridge 2" in said(listener)


def test_a_protected_author_is_not_heard(server: FakeXServer, listener: Any) -> None:
    listening(server, listener)
    server.fake.protect(ANNA)
    server.fake.post(ANNA, f"@{BOT} quietly")
    server.fake.post(BEN, f"@{BOT} aloud")
    assert said(listener) == f"@{BOT} aloud"


def test_posts_come_twice_late_or_never_when_told_to(server: FakeXServer, listener: Any) -> None:
    listening(server, listener)
    for number, kind in enumerate(
        (FaultKind.STREAM_DUPLICATE, FaultKind.STREAM_LATE, None, FaultKind.STREAM_LOST, None)
    ):
        if kind:
            server.fake.set_fault("stream", kind, times=1)
        server.fake.post(ANNA, f"@{BOT} {number}")
    assert [said(listener).rpartition(" ")[2] for _ in range(5)] == ["0", "0", "2", "1", "4"]


def test_a_line_of_rubbish_comes_when_told_to(server: FakeXServer, listener: Any) -> None:
    listening(server, listener)
    server.fake.set_fault("stream", FaultKind.STREAM_MALFORMED, times=1)
    server.fake.post(ANNA, f"@{BOT} look")
    assert isinstance(listener.next("error"), json.JSONDecodeError)


def test_a_stream_is_cut_after_a_post_when_told_to(server: FakeXServer, listener: Any) -> None:
    listening(server, listener)
    server.fake.set_fault("stream", FaultKind.STREAM_CUT, times=1)
    server.fake.post(ANNA, f"@{BOT} look")
    assert said(listener) == f"@{BOT} look"
    listener.next("broken")


def test_x_says_why_it_ends_a_stream_when_told_to(server: FakeXServer, listener: Any) -> None:
    listening(server, listener)
    server.fake.set_fault("stream", FaultKind.STREAM_DISCONNECT, times=1)
    server.fake.post(ANNA, f"@{BOT} look")
    assert listener.next("post").errors[0]["title"] == "operational-disconnect"
    listener.next("over")


def test_a_stream_goes_silent_when_told_to() -> None:
    with running_x(keep_alive_seconds=0.02) as server:
        token = server.fake.settings.app.bearer_token
        Listener(server).add_rules(RULE)
        heard: list[bytes] = []
        with (
            pointed(requests.Session(), server.url) as session,
            session.get(URL, headers={"Authorization": f"Bearer {token}"}, stream=True, timeout=(5, 2)) as response,
        ):
            server.fake.set_fault("stream", FaultKind.STREAM_SILENT)
            server.fake.post(ANNA, f"@{BOT} look")
            with pytest.raises(requests.exceptions.ConnectionError, match="Read timed out"):
                heard.extend(itertools.islice(response.iter_lines(), 500))
            assert not any(heard)


def test_the_server_ends_though_somebody_listens() -> None:
    with running_x() as server:
        listener = Listener(server)
        listener.add_rules(RULE)
        listening(server, listener)
    listener.next("over")
