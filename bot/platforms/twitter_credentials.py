"""The keys to an account on X, which nobody is to read in a log."""

from __future__ import annotations

from dataclasses import dataclass, field

_SHORTEST = 6
"""Characters of a secret that is looked for in texts: shorter ones are not secret, and are in every text."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of an app, and of the account that it works for; a repr shows none of it."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)
    bearer_token: str | None = field(default=None, repr=False)
    """Of the app alone: without it there is no stream."""

    def hidden_in(self, text: str) -> str:
        """Give a text with all secrets left out."""
        secrets = (
            self.consumer_key,
            self.consumer_secret,
            self.access_token,
            self.access_token_secret,
            self.bearer_token,
        )
        for secret in secrets:
            if secret and len(secret) >= _SHORTEST:
                text = text.replace(secret, "(hidden)")
        return text
