"""What the controls tell of posts and media."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import AwareDatetime  # noqa: TC002 - what is read over HTTP is checked by it


@dataclass(frozen=True, slots=True)
class PostView:
    """A post."""

    id: str
    author: str
    """Name of the account."""
    text: str
    """As X shows it."""
    said: str
    """As it was typed, or sent."""
    posted_at: AwareDatetime
    reply_to: str | None
    quote_of: str | None
    retweet_of: str | None
    media: tuple[str, ...]
    """Media keys."""


@dataclass(frozen=True, slots=True)
class MediaView:
    """A picture or film, uploaded or posted."""

    content: bytes
    content_type: str
    kind: str
    alt_text: str | None
    state: str
    """Of an upload; `posted` once a post shows it."""
