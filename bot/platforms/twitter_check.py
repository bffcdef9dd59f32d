"""What a look at our account on X finds, each with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.platforms.protocol import Finding
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.platforms.protocol import Account
    from bot.platforms.twitter_http import TwitterHttp

PRICES: Final = "a mention or a post of one's own read $0.001, another post $0.005, an account $0.010, a reply $0.010"
"""Since 20 April 2026, everything being paid by use: https://docs.x.com/x-api/getting-started/pricing."""


async def findings(
    *,
    identify: Callable[[], Awaitable[Account]],
    read_mentions: Callable[[], Awaitable[Any]],
    read_rules: Callable[[], Awaitable[Any]] | None,
    http: TwitterHttp,
) -> list[Finding]:
    """Look at one thing after another; where the keys are wrong, the rest is not tried.

    Args:
        identify: asks whose the keys are.
        read_mentions: asks for a few mentions.
        read_rules: asks for the stream's rules; None where there is no bearer token.
        http: knows what the answers' headers said.
    """
    try:
        me = await identify()
    except (Rejected, Postponed) as error:
        return [Finding("credentials", ok=False, said=error.reason)]
    return [
        _credentials(me, http.access_level),
        await _tried("mentions", read_mentions, "readable"),
        await _stream(read_rules),
        _allowances(http),
        Finding("costs", ok=True, said=PRICES),
    ]


def _credentials(me: Account, access_level: str | None) -> Finding:
    name = "credentials"
    if access_level == "read":
        said = (
            f"the keys of @{me.username} may only read: give the app the permissions Read and write in X's developer "
            "console, then make a new access token and secret there"
        )
        return Finding(name, ok=False, said=said)
    if me.protected:
        said = f"@{me.username} shows its posts to few: nobody would see the answers; make it public in its settings"
        return Finding(name, ok=False, said=said)
    may = f"may {access_level}" if access_level else "whether they may write is not told"
    return Finding(name, ok=True, said=f"the keys are @{me.username}'s; {may}")


async def _stream(read_rules: Callable[[], Awaitable[Any]] | None) -> Finding:
    name = "filtered stream"
    if read_rules is None:
        said = "there is no bearer token: mentions are polled for; give the app's bearer token to hear of them at once"
        return Finding(name, ok=True, said=said)  # polling is enough
    return await _tried(name, read_rules, "its rules can be read")


async def _tried(name: str, what: Callable[[], Awaitable[Any]], said: str) -> Finding:
    try:
        await what()
    except (Rejected, Postponed) as error:
        return Finding(name, ok=False, said=error.reason)
    return Finding(name, ok=True, said=said)


def _allowances(http: TwitterHttp) -> Finding:
    left = http.allowances
    if not left:
        return Finding("rate limits", ok=True, said="X did not say what is left")
    used_up = [doing for doing, (remaining, _) in left.items() if remaining == 0]
    told = ", ".join(f"{doing} {remaining} of {most}" for doing, (remaining, most) in sorted(left.items()))
    if used_up:
        return Finding("rate limits", ok=False, said=f"used up: wait a quarter of an hour ({told})")
    return Finding("rate limits", ok=True, said=f"left: {told}")
