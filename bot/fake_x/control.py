"""The controls of a fake X in another process."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import requests
from pydantic import TypeAdapter

from bot.fake_x.holds import Held, Release, When
from bot.fake_x.request_log import LoggedRequest
from bot.fake_x.settings import Credentials
from bot.fake_x.views import MediaView, PostView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.fake_x.faults import FaultKind
    from bot.fake_x.media import Attached


_SLACK_SECONDS: Final = 10.0
"""How much longer than a wait may last its answer may take."""

_POSTS: Final = TypeAdapter(list[PostView])
_REQUESTS: Final = TypeAdapter(list[LoggedRequest])
_HELD: Final = TypeAdapter(Held)
_COUNTS: Final = TypeAdapter(dict[str, int])


class XControl:
    """Does what `FakeX` does, with the same names, over HTTP.

    Args:
        url: of the server, such as `http://127.0.0.1:8123`.
        token: the control token.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def add_account(
        self, username: str, *, name: str = "", protected: bool = False, verified_type: str = "none"
    ) -> str:
        """Open an account, and give its id."""
        return str(
            self._call("add_account", username=username, name=name, protected=protected, verified_type=verified_type)
        )

    def credentials(self, who: str) -> Credentials:
        """Give what a client needs to be somebody."""
        return Credentials.model_validate(self._call("credentials", who=who))

    def protect(self, who: str, *, protected: bool = True) -> None:
        """Let an account show its posts to nobody else, or to all again."""
        self._call("protect", who=who, protected=protected)

    def post(  # noqa: PLR0913 - all that a post can be
        self,
        author: str,
        text: str = "",
        *,
        attachments: Sequence[Attached] = (),
        reply_to: str | None = None,
        quote_of: str | None = None,
        retweet_of: str | None = None,
        posted_at: datetime | None = None,
        lang: str = "en",
    ) -> str:
        """Let somebody post something, and give its id."""
        encoded = [{**asdict(one), "content": base64.urlsafe_b64encode(one.content).decode()} for one in attachments]
        return str(
            self._call(
                "post",
                author=author,
                text=text,
                attachments=encoded,
                reply_to=reply_to,
                quote_of=quote_of,
                retweet_of=retweet_of,
                posted_at=posted_at.isoformat() if posted_at else None,
                lang=lang,
            )
        )

    def delete_post(self, post: str) -> bool:
        """Delete a post of anybody's, and say whether it was there."""
        return bool(self._call("delete_post", post=post))

    def replies_to(self, post: str) -> list[PostView]:
        """Give the replies to a post, oldest first."""
        return _POSTS.validate_python(self._call("replies_to", post=post))

    def posts_by(self, who: str) -> list[PostView]:
        """Give an account's posts, oldest first."""
        return _POSTS.validate_python(self._call("posts_by", who=who))

    def media(self, media: str) -> MediaView:
        """Give a picture or film, by its key or id."""
        found = self._call("media", media=media)
        return MediaView(**{**found, "content": base64.urlsafe_b64decode(found["content"])})

    def set_fault(
        self,
        family: str,
        kind: FaultKind,
        *,
        chance: float = 1.0,
        times: int | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Let something go wrong from now on."""
        self._call("set_fault", family=family, kind=str(kind), chance=chance, times=times, seconds=seconds)

    def clear_faults(self, family: str | None = None) -> None:
        """Let nothing go wrong any more."""
        self._call("clear_faults", family=family)

    def faults_happened(self) -> dict[str, int]:
        """Count what went wrong."""
        return _COUNTS.validate_python(self._call("faults_happened"))

    def set_limit(self, family: str, most: int, seconds: float) -> None:
        """Allow so many requests in so many seconds."""
        self._call("set_limit", family=family, most=most, seconds=seconds)

    def forward(self, seconds: float) -> None:
        """Let time pass at once."""
        self._call("forward", seconds=seconds)

    def hold(self, family: str, when: When = "before") -> str:
        """Hold the next request of a family; gives the hold's name."""
        return str(self._call("hold", family=family, when=when))

    def wait_held(self, hold: str | None = None, *, seconds: float = 30.0) -> Held:
        """Wait until a request is held."""
        return _HELD.validate_python(self._call("wait_held", hold=hold, seconds=seconds))

    def wait_gone(self, hold: str, *, seconds: float = 30.0) -> None:
        """Wait until a held request is over."""
        self._call("wait_gone", hold=hold, seconds=seconds)

    def release(self, hold: str | None = None, *, how: Release = "go-on") -> int:
        """Let a held request go on, or all."""
        return int(self._call("release", hold=hold, how=how))

    def drop_stream(self, *, clean: bool = False) -> bool:
        """End the stream that is open, and say whether one was."""
        return bool(self._call("drop_stream", clean=clean))

    def requests(self, *, family: str | None = None) -> list[LoggedRequest]:
        """Give the requests so far, oldest first."""
        return _REQUESTS.validate_python(self._call("requests", family=family))

    def counts(self) -> dict[str, int]:
        """Count requests by family, and by family and status."""
        return _COUNTS.validate_python(self._call("counts"))

    def connected(self) -> bool:
        """Tell whether somebody listens to the stream."""
        return bool(self._call("connected"))

    def wait_stream(self, *, connected: bool = True, seconds: float = 30.0) -> None:
        """Wait until somebody listens to the stream, or nobody."""
        self._call("wait_stream", connected=connected, seconds=seconds)

    def wait_counted(self, what: str, count: int, *, seconds: float = 30.0) -> None:
        """Wait until there were so many requests of a kind."""
        self._call("wait_counted", what=what, count=count, seconds=seconds)

    def wait_replies(self, post: str, count: int = 1, *, seconds: float = 30.0) -> list[PostView]:
        """Wait until a post has so many replies, and give them."""
        return _POSTS.validate_python(self._call("wait_replies", post=post, count=count, seconds=seconds))

    def _call(self, method: str, **arguments: object) -> Any:
        wait = arguments.get("seconds")
        timeout = _SLACK_SECONDS + (wait if isinstance(wait, (int, float)) and method.startswith("wait") else 0)
        with self._session.post(f"{self._url}/_control/{method}", json=arguments, timeout=timeout) as response:
            body = response.json()
            if response.status_code == requests.codes.request_timeout:
                raise TimeoutError(body["reason"])
            if response.status_code != requests.codes.ok:
                msg = f"{method}: {body['reason']}"
                raise LookupError(msg)
            return body["result"]
