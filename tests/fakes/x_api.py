"""A fake X on loopback for a test, and the way there for whoever speaks to the real one's addresses."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import tweepy
from requests.adapters import HTTPAdapter

from bot.fake_x import AccountSettings, FakeX, FakeXServer, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from bot.fake_x.clock import Clock

BOT = "colorisebot"
ANNA = "anna"
BEN = "ben"

SETTINGS = Settings(accounts=tuple(AccountSettings(username=name) for name in (BOT, ANNA, BEN)))


@contextlib.contextmanager
def running_x(settings: Settings = SETTINGS, clock: Clock | None = None, **changed: Any) -> Iterator[FakeXServer]:
    """Run a fake X in a thread; the accounts `BOT`, `ANNA` and `BEN` are there unless others are given."""
    fake = FakeX(settings.model_copy(update=changed), clock)
    with FakeXServer(fake) as server:
        yield server


class ToLoopback(HTTPAdapter):
    """Takes requests for X's addresses to a fake, with the host that they were for in the Host header."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._there = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url
        meant = urlsplit(request.url)
        request.headers["Host"] = meant.netloc
        request.url = urlunsplit((self._there.scheme, self._there.netloc, meant.path, meant.query, ""))
        # Chosen for the address that was meant: loopback needs none.
        kwargs["proxies"] = {}
        return super().send(request, *args, **kwargs)


def pointed(session: requests.Session, url: str) -> requests.Session:
    """Point a session at a fake X."""
    session.mount("https://", ToLoopback(url))
    return session


def client(server: FakeXServer, who: str = BOT, **changed: Any) -> tweepy.Client:
    """Make tweepy's client for an account."""
    keys = server.fake.credentials(who).model_dump() | changed
    made = tweepy.Client(**keys)
    pointed(made.session, server.url)
    return made
