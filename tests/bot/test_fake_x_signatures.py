"""Whom a fake X lets in: signatures are really checked."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
import requests
import tweepy
from tweepy.auth import OAuth1

from bot.fake_x.oauth import Signed, signature
from tests.fakes.x_api import ANNA, BOT, ToLoopback, client, pointed, running_x

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.fake_x import FakeXServer

ME = "https://api.x.com/2/users/me"
UNAUTHORIZED = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}


@pytest.fixture
def server() -> Iterator[FakeXServer]:
    with running_x() as running:
        yield running


@pytest.fixture
def session(server: FakeXServer) -> Iterator[requests.Session]:
    with pointed(requests.Session(), server.url) as made:
        yield made


def auth(server: FakeXServer, **changed: Any) -> Any:
    keys = server.fake.credentials(BOT)
    return OAuth1(keys.consumer_key, keys.consumer_secret, keys.access_token, keys.access_token_secret, **changed)


def text(found: object) -> str:
    """requests has headers and bodies as text and as bytes."""
    return found.decode() if isinstance(found, bytes) else str(found or "")


@pytest.mark.parametrize("wrong", ["consumer_key", "consumer_secret", "access_token", "access_token_secret"])
def test_a_wrong_key_is_refused(server: FakeXServer, wrong: str) -> None:
    with pytest.raises(tweepy.Unauthorized) as refused:
        client(server, **{wrong: "wrong"}).get_me()
    assert refused.value.response.json() == UNAUTHORIZED
    assert refused.value.response.headers["Content-Type"] == "application/problem+json"
    client(server).get_me()


def test_an_account_is_whom_its_token_says(server: FakeXServer) -> None:
    assert client(server, ANNA).get_me().data.username == ANNA
    mixed = server.fake.credentials(ANNA).access_token_secret
    with pytest.raises(tweepy.Unauthorized):
        client(server, access_token_secret=mixed).get_me()


def test_a_request_that_is_played_again_is_refused(server: FakeXServer, session: requests.Session) -> None:
    request = session.prepare_request(requests.Request("GET", ME, auth=auth(server)))
    again = request.copy()
    assert session.send(request).ok
    assert session.send(again).json() == UNAUTHORIZED


@pytest.mark.parametrize(("seconds", "status"), [(-310, 401), (-290, 200), (290, 200), (310, 401)])
def test_a_signature_is_good_for_five_minutes(
    server: FakeXServer, session: requests.Session, seconds: int, status: int
) -> None:
    stamp = str(int(time.time()) + seconds)
    assert session.get(ME, auth=auth(server, timestamp=stamp)).status_code == status


def test_what_is_signed_cannot_be_altered(server: FakeXServer, session: requests.Session) -> None:
    upload = "https://api.x.com/2/media/upload"
    order = {"command": "INIT", "media_type": "image/jpeg", "total_bytes": "9", "media_category": "tweet_image"}

    def prepared() -> requests.PreparedRequest:
        return session.prepare_request(requests.Request("POST", upload, data=order, auth=auth(server)))

    assert session.send(prepared()).ok
    body, query, method, host = (prepared() for _ in range(4))
    assert isinstance(body.body, bytes)
    body.body = body.body.replace(b"total_bytes=9", b"total_bytes=8")
    assert query.url
    query.url += "?media_category=tweet_image"
    method.method = "GET"
    host.url = upload.replace("api.x.com", "api.twitter.com")
    for altered in (body, query, method, host):
        assert session.send(altered).json() == UNAUTHORIZED


def test_a_client_may_sign_for_either_name_or_for_loopback_itself(
    server: FakeXServer, session: requests.Session
) -> None:
    for base in ("https://api.x.com", "https://api.twitter.com", server.url):
        found = session.get(f"{base}/2/users/me?user.fields=protected%2Cverified_type", auth=auth(server))
        assert found.status_code == 200, base


def test_no_credentials_and_a_wrong_bearer_are_refused(session: requests.Session) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}):
        assert session.get("https://api.x.com/2/tweets?ids=1", headers=headers).json() == UNAUTHORIZED


def test_a_bearer_is_the_app_and_not_an_account(server: FakeXServer) -> None:
    bot = client(server)
    post = server.fake.post(ANNA, "hello")
    assert bot.get_tweet(post).data.text == "hello"
    with pytest.raises(tweepy.Forbidden) as refused:
        bot.get_me(user_auth=False)
    assert refused.value.response.json() == {
        "title": "Unsupported Authentication",
        "detail": (
            "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication "
            "types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
        ),
        "type": "https://api.twitter.com/2/problems/unsupported-authentication",
        "status": 403,
    }


def test_the_stream_is_not_for_accounts(server: FakeXServer, session: requests.Session) -> None:
    found = session.get("https://api.x.com/2/tweets/search/stream/rules", auth=auth(server))
    assert found.status_code == 403
    assert "Authenticating with OAuth 1.0a User Context is forbidden" in found.json()["detail"]


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("", {}),
        ("?a=1&a=0&b=%20x%2By&c=", {}),
        ("?tweet.fields=a%2Cb&name=%C3%A9%7E*%27", {"text": "na\u00efve & more", "empty": ""}),
    ],
)
def test_signatures_are_those_of_the_library_that_clients_use(query: str, form: dict[str, str]) -> None:
    auth = OAuth1("key/1", "secret&1", "12-token", "other%2", nonce="n+1", timestamp="1700000000")
    request = requests.Request("POST", f"https://api.x.com/2/a%20b{query}", data=form, auth=auth).prepare()
    kind, signed = (text(request.headers.get(name)) for name in ("Content-Type", "Authorization"))
    theirs = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', signed)}
    ours = Signed("post", "API.x.com", "/2/a%20b", query[1:], kind, text(request.body).encode(), signed)
    assert signature(ours, theirs, "secret&1", "other%2") == theirs["oauth_signature"]
    assert signature(ours, theirs, "secret&1", "another") != theirs["oauth_signature"]


def test_the_way_to_loopback_keeps_the_host_that_was_meant(server: FakeXServer) -> None:
    request = requests.Request("GET", "https://api.twitter.com/2/users/me?x=1").prepare()
    ToLoopback(server.url).send(request)
    assert request.headers["Host"] == "api.twitter.com"
    assert request.url == f"{server.url}/2/users/me?x=1"
