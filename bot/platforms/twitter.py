"""X, formerly Twitter: the door to it, and the only file that imports tweepy."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import tweepy

from bot.platforms.protocol import (
    Account,
    Attachment,
    AttachmentKind,
    Connected,
    Finding,
    Forbidden,
    Gone,
    Limits,
    Mention,
    Posted,
    Unreachable,
)
from bot.platforms.twitter_attachments import download
from bot.platforms.twitter_check import findings
from bot.platforms.twitter_errors import detail, problem
from bot.platforms.twitter_http import THREADS, TwitterHttp
from bot.platforms.twitter_limits import (
    LIMITS,
    RETRY_SECONDS,
    SILENCE_SECONDS,
)
from bot.platforms.twitter_posts import FIELDS, query
from bot.platforms.twitter_reading import PostReader
from bot.platforms.twitter_stream import URL as STREAM_URL
from bot.platforms.twitter_stream import StreamReader, update_rules
from bot.platforms.twitter_upload import Uploader

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Awaitable,
        Callable,
        Mapping,
        Sequence,
    )

    import requests

    from bot.platforms.twitter_credentials import Credentials

API: Final = "https://api.x.com"

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Read:
    """What tweepy expects of an answer."""

    body: Any

    def json(self) -> Any:
        return self.body


class _Client(tweepy.Client):
    """tweepy's endpoints over our own lines: its own have no timeouts, and write the tokens into a log."""

    def __init__(self, http: TwitterHttp, keys: _Keys) -> None:
        tweepy.Client.__init__(self, return_type=dict)
        self.session.close()
        self._http, self._keys = http, keys

    def request(
        self,
        method: str,
        route: str,
        params: Any = None,
        json: Any = None,
        user_auth: bool = False,  # noqa: FBT001, FBT002 - as tweepy has it
    ) -> _Read:
        """Ask, as our account where tweepy says so, else as the app."""
        auth = self._keys.account if user_auth else self._keys.app
        return _Read(self._http.ask(method, API + route, auth=auth, params=params, json=json))


class _StreamingClient(_Client, tweepy.StreamingClient):
    """The same for the endpoints of the stream's rules; the stream itself is read by `StreamReader`."""

    def __init__(self, http: TwitterHttp, keys: _Keys) -> None:
        tweepy.StreamingClient.__init__(self, None, return_type=dict)
        self.session.close()
        self._http, self._keys = http, keys


@dataclass(frozen=True, slots=True)
class _Keys:
    """Signs requests."""

    credentials: Credentials

    def account(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign as our account, with OAuth 1.0a."""
        own = self.credentials
        handler = tweepy.OAuth1UserHandler(
            own.consumer_key, own.consumer_secret, own.access_token, own.access_token_secret
        )
        sign: Callable[[requests.PreparedRequest], requests.PreparedRequest] = handler.apply_auth()
        return sign(request)

    def app(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign as the app."""
        request.headers["Authorization"] = f"Bearer {self.credentials.bearer_token}"
        return request


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of the app's stream."""

    client: tweepy.StreamingClient

    def all(self) -> list[Mapping[str, str]]:
        answer = self.client.get_rules() or {}
        return [dict(each) for each in answer.get("data") or ()]

    def add(self, value: str, tag: str) -> Mapping[str, str]:
        answer = self.client.add_rules(tweepy.StreamRule(value=value, tag=tag)) or {}
        # Where somebody was faster, X says so, and which one is there.
        for each in (*(answer.get("data") or ()), *(answer.get("errors") or ())):
            if each.get("value") == value and each.get("id"):
                return dict(each)
        raise problem(answer, told=f"X did not take the stream's rule {value!r}: {detail(answer) or 'no reason given'}")

    def delete(self, ids: list[str]) -> None:
        self.client.delete_rules(ids)


class Twitter:
    """A `Platform`: X, and our account on it.

    Args:
        credentials: of an app, and of the account, which must own the app to read its own mentions at their price.
        address: where X is to be found instead, for tests and drills; None is X itself.
        silence_seconds: of a stream that is taken for dead.
        sleep: waits for so many seconds.
        now: our clock.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        address: str | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._http = TwitterHttp(address=address, hide=credentials.hidden_in, now=now)
        self._files = self._http.open_session()
        self._keys = _Keys(credentials)
        self._client: tweepy.Client = _Client(self._http, self._keys)
        self._rules = _Rules(_StreamingClient(self._http, self._keys)) if credentials.bearer_token else None
        self._posts = PostReader(self._client)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="x")
        self._uploader = Uploader(self._ask, sleep)
        self._silence_seconds = silence_seconds
        self._now = now

    @property
    def name(self) -> str:
        """As the ledger and the metrics know it."""
        return "twitter"

    @property
    def limits(self) -> Limits:
        """What X takes."""
        return LIMITS

    @property
    def has_stream(self) -> bool:
        """Whether there is a bearer token, which the stream asks for."""
        return self._rules is not None

    async def identify(self) -> Account:
        """Who the keys belong to."""
        return await self._off_loop(self._posts.whoami)

    async def mentions(self, *, after: str | None) -> list[Mention]:
        """All pages, oldest first."""
        return await self._off_loop(lambda: self._posts.mentions(after))

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[Mention | Connected]]:
        """The filtered stream, in a thread of its own."""
        reader = StreamReader(self._open_stream, now=self._now)
        events = self._events(reader)
        reader.start()
        try:
            yield events
        finally:
            await reader.stop()
            await events.aclose()

    async def look_up(self, post_id: str) -> Mention:
        """A post by its id, with what it is a reply to."""
        return await self._off_loop(lambda: self._posts.one(post_id))

    async def download(self, attachment: Attachment, into: BinaryIO, *, max_bytes: int) -> str:
        """Fetch from X's own hosts alone, and tell them nothing of us."""
        return await self._off_loop(lambda: download(self._http, self._files, attachment, into, max_bytes=max_bytes))

    async def upload(self, media: BinaryIO, *, kind: AttachmentKind, content_type: str, alt_text: str) -> str:
        """Upload in chunks, each of them again where it breaks."""
        return await self._uploader.upload(media, kind=kind, content_type=content_type, alt_text=alt_text)

    async def reply(self, text: str, *, to: str, media: Sequence[str] = ()) -> Posted:
        """Reply."""

        def post() -> Any:
            return self._client.create_tweet(text=text, in_reply_to_tweet_id=to, media_ids=list(media) or None)

        answer = await self._off_loop(post)
        try:
            return Posted(str(answer["data"]["id"]), to, str(answer["data"].get("text") or text), self._now())
        except (KeyError, TypeError, AttributeError):
            msg = "X answered a reply with something else; it may be there all the same"
            raise Unreachable(msg, after_seconds=RETRY_SECONDS) from None

    async def own_posts(self, *, since: datetime) -> list[Posted]:
        """Our own timeline, newest first; X counts whole seconds."""
        return await self._off_loop(lambda: self._posts.own(since))

    async def delete(self, post_id: str) -> None:
        """Delete one of our own."""
        try:
            await self._off_loop(lambda: self._client.delete_tweet(post_id))
        except Gone:
            _log.info("the post %s was gone already", post_id)

    async def check(self) -> list[Finding]:
        """Look at the keys, what they may do, and what it costs."""
        rules = self._rules
        return await findings(
            identify=self.identify,
            read_mentions=lambda: self._off_loop(self._posts.newest_mentions),
            read_rules=(lambda: self._off_loop(rules.all)) if rules else None,
            http=self._http,
        )

    async def close(self) -> None:
        """Let go of all connections; what is being asked ends on its own."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._files.close()
        self._http.close()

    async def _off_loop(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _ask(self, method: str, url: str, *, doing: str, **given: Any) -> Any:
        return await self._off_loop(lambda: self._http.ask(method, url, doing=doing, auth=self._keys.account, **given))

    def _open_stream(self) -> tuple[str, requests.Response]:
        if self._rules is None:
            msg = "the filtered stream needs a bearer token, and none is given"
            raise Forbidden(msg, code="bad-credentials")
        rule_id = update_rules(self._rules, self._posts.whoami().username)
        doing = "the stream"
        response = self._http.open(
            STREAM_URL,
            doing=doing,
            auth=self._keys.app,
            params=query(FIELDS),
            silence_seconds=self._silence_seconds,
        )
        if not response.ok or response.is_redirect:
            with response:
                self._http.checked(response, doing=doing)
        return rule_id, response

    async def _events(self, reader: StreamReader) -> AsyncGenerator[Mention | Connected]:
        async for line in reader.lines():
            if line is None:
                yield Connected()
                continue
            for mention in await self._off_loop(partial(self._posts.streamed, line)):
                yield mention
