"""How X makes the text that it shows out of what was typed, and how long it finds it."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.fake_x.posts import Link, Named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.fake_x.accounts import Account

MOST: Final = 280
"""Of the weights of a text."""

_NAME: Final = re.compile("(?<![A-Za-z0-9_@\uff20])[@\uff20]([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@\uff20])")
"""An @name, with either @ that there is."""

_URL: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'…]")
_SHORT_URL: Final = re.compile(r"https://t\.co/[A-Za-z0-9]{10}")
_URL_WEIGHT: Final = 23
"""A link counts as its shortened form, however long: https://docs.x.com/fundamentals/counting-characters."""

_LIGHT: Final = ((0x0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""Code points that weigh 1; others, those of Chinese and Japanese among them, weigh 2 (the same page)."""

_EMOJI: Final = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|"
    "[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
    "(?:\u200d[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?)*)"
)
_EMOJI_WEIGHT: Final = 2
_RETWEET_LENGTH: Final = 140
"""What a retweet shows of the original's text before it is cut with an ellipsis."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as X shows it, and what is in it."""

    text: str
    mentions: tuple[Named, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a link leads: to a post's own pictures, for instance, or to the post it quotes."""

    address: str
    display: str
    media_key: str | None = None


def weight(text: str) -> int:
    """Weigh a text as X does, so that 280 is the most."""
    text = unicodedata.normalize("NFC", text)
    text, urls = _URL.subn("", text)
    text, emojis = _EMOJI.subn("", text)
    rest = sum(1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2 for char in text)
    return urls * _URL_WEIGHT + emojis * _EMOJI_WEIGHT + rest


def carry_names(said: str, carried: Iterable[Account]) -> str:
    """Put the names that a reply carries along before what was typed, unless they are in it."""
    there = {name.lower() for name in _NAME.findall(said)}
    names = [f"@{account.username}" for account in carried if account.username.lower() not in there]
    return " ".join([*names, said]) if said else " ".join(names)


def show(
    said: str,
    *,
    find: Callable[[str], Account | None],
    appended: Appended | None = None,
) -> Shown:
    """Shorten links, escape &, < and > as X does, and find names and links.

    Args:
        said: with the names carried along.
        find: gives the account with a name.
        appended: the link that X puts at the end by itself.
    """
    where: dict[str, Appended] = {}

    def shorten(link: Appended) -> str:
        short = "https://t.co/" + secrets.token_hex(5)
        where[short] = link
        return short

    def shortened(found: re.Match[str]) -> str:
        return shorten(Appended(found.group(), found.group().split("://", 1)[1]))

    text = _URL.sub(shortened, said)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if appended:
        text = f"{text} {shorten(appended)}".lstrip()
    links = [
        Link(found.start(), found.end(), found.group(), link.address, link.display, link.media_key)
        for found in _SHORT_URL.finditer(text)
        if (link := where.get(found.group()))
    ]
    return Shown(text, _names(text, find), tuple(links))


def retweeted(author: Account, text: str, find: Callable[[str], Account | None]) -> Shown:
    """Make a retweet's text."""
    text = f"RT @{author.username}: {text}"
    if len(text) > _RETWEET_LENGTH:
        text = text[: _RETWEET_LENGTH - 1] + "…"
    return Shown(text, _names(text, find), ())


def _names(text: str, find: Callable[[str], Account | None]) -> tuple[Named, ...]:
    """Find the names of those who are there; other @names are but text."""
    found = ((match, find(match.group(1))) for match in _NAME.finditer(text))
    return tuple(Named(match.start(), match.end(), account.username, account.id) for match, account in found if account)
