"""What a fake X starts with: who is there, with which keys, and how strict and how slow it is."""

from __future__ import annotations

import secrets
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

QUARTER_HOUR: Final = 900.0

LIMITS: Final[dict[str, tuple[int, float]]] = {
    "users-me": (75, QUARTER_HOUR),
    "mentions": (300, QUARTER_HOUR),
    "lookup": (900, QUARTER_HOUR),
    "timeline": (900, QUARTER_HOUR),
    "create": (100, QUARTER_HOUR),
    "delete": (50, QUARTER_HOUR),
    "upload": (500, QUARTER_HOUR),
    "metadata": (500, QUARTER_HOUR),
    "stream": (50, QUARTER_HOUR),
    "rules": (100, QUARTER_HOUR),
}
"""Endpoint family → requests in so many seconds, for each account, or for the app where it asks in its own name.
https://docs.x.com/x-api/fundamentals/rate-limits (read 2026-11)."""

FAMILIES: Final = (*LIMITS, "files")
"""What faults and holds are set for; `files` are the pictures and films themselves, which have no limit."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _key() -> str:
    return secrets.token_hex(16)


class AppKeys(_Frozen):
    """What the developer's console shows for the app."""

    consumer_key: str = Field(default_factory=_key)
    consumer_secret: str = Field(default_factory=_key)
    bearer_token: str = Field(default_factory=_key)


class AccountSettings(_Frozen):
    """Somebody who is there from the start."""

    username: str = Field(pattern=r"^[A-Za-z0-9_]{1,15}$")
    name: str = ""
    id: str | None = Field(default=None, pattern=r"^[0-9]{1,19}$")
    protected: bool = False
    verified_type: str = "none"
    access_token: str | None = None
    access_token_secret: str | None = None


class Credentials(_Frozen):
    """All that a client needs to be somebody."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str
    bearer_token: str


class Settings(_Frozen):
    """The start configuration; as JSON or TOML, keys are the names here."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes a free one."""
    control_token: str = Field(default_factory=_key)
    """Opens `/_control/`."""
    seed: int = 0
    """Of the draws of faults."""
    app: AppKeys = Field(default_factory=AppKeys)
    accounts: tuple[AccountSettings, ...] = ()
    limits: dict[str, tuple[int, float]] = Field(default_factory=dict)
    """Instead of the usual ones, by family."""
    posts_a_day: int = 10_000
    """Of the app, over all its accounts."""
    keep_alive_seconds: float = 20.0
    """Between blank lines on a stream where nothing else is sent."""
    stream_linger_seconds: float = 0.0
    """How long X takes to notice that a stream's client is gone, and to let it in again."""
    rules_see_quoted: bool = True
    """Whether `@name` matches a post that only quotes one with the name in it."""
    timeline_delay_seconds: float = 0.0
    """Until a new post is on its author's timeline."""
    mentions_delay_seconds: float = 0.0
    """Until a new post is among the mentions."""
    processing_checks: int = 1
    """How many times a GIF or film is still being worked on when its status is asked."""
    check_after_seconds: int = 1
    """What it says about when to ask."""
    media_lifetime_seconds: float = 86_400.0
    """An upload that no post uses is forgotten after a day."""
    replies_restricted: bool = True
    """Whether apps may reply only to those who mention or quote them."""
    duplicate_window_seconds: float = 86_400.0
    """How long an account may not say the same thing again."""
    log_length: int = 100_000
    """Requests that are remembered."""
