"""Names in a post's text: where the bot is named, and which names are those of programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.platforms.protocol import Account

_LINK: Final = re.compile(r"https?://\S*", re.IGNORECASE)

_AT: Final = r"[@\uff20]"
"""X takes the wide one of Japanese keyboards as well."""

_PIECES: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_A-Za-z]+")
"""What a user name is put together from: `weather_bot2`, `WeatherBot` and `BOT2weather` are two pieces each."""

_SURNAMES: Final = ("abbot", "cabot", "talbot")
"""People's names that end like a program's. A program that hides behind one still meets the other limits."""


def without_links(text: str) -> str:
    """Take out the addresses, those of the post's own pictures among them."""
    return _LINK.sub(" ", text)


def after_run(text: str, username: str) -> str:
    """What follows the run of names that a network puts before a reply: all the people of the conversation."""
    run = re.compile(rf"(?:\s*{_AT}(?:{re.escape(username)}(?!\w)|\w+)[\s,:;.!]*)*", re.IGNORECASE)
    found = run.match(text)
    return text[found.end() :] if found else text


def without_name(text: str, username: str) -> str:
    """Take out the user name, with @ or without."""
    return _name(username, mark=rf"{_AT}?").sub(" ", text)


def is_named(text: str, username: str) -> bool:
    """Whether the text holds @ and this user name, outside of addresses."""
    return _name(username, mark=_AT).search(without_links(text)) is not None


def is_program(account: Account) -> bool:
    """Whether an account is a program's: it says so itself, or is called so (`weatherbot`, `bot_of_the_day`)."""
    if account.automated:
        return True
    name = account.username.partition("@")[0]
    if any(piece.lower() == "bot" for piece in _PIECES.findall(name)):
        return True
    stem = name.rstrip("0123456789_").lower()
    return stem.endswith("bot") and not stem.endswith(_SURNAMES)


def _name(username: str, *, mark: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){mark}{re.escape(username)}(?!\w)", re.IGNORECASE)
