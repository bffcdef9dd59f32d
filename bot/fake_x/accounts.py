"""Who is there, and with which keys."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

_FIRST_ID: Final = 1_900_000_000_000_000_001
"""Accounts that were opened after 2016 have ids as long as this."""


@dataclass(slots=True)
class Account:
    """Somebody."""

    id: str
    username: str
    name: str
    access_token: str
    access_token_secret: str
    protected: bool = False
    verified_type: str = "none"


class AccountBook:
    """All accounts, by id, by name (in any case) and by access token."""

    def __init__(self) -> None:
        self.by_id: dict[str, Account] = {}
        self._by_name: dict[str, Account] = {}
        self._by_token: dict[str, Account] = {}

    def add(  # noqa: PLR0913 - all that an account has
        self,
        username: str,
        *,
        name: str = "",
        account_id: str | None = None,
        protected: bool = False,
        verified_type: str = "none",
        access_token: str | None = None,
        access_token_secret: str | None = None,
    ) -> Account:
        """Open an account; what is not given is made up.

        Raises:
            ValueError: the name or the id is taken.
        """
        identity = account_id or str(_FIRST_ID + len(self.by_id))
        if username.lower() in self._by_name or identity in self.by_id:
            msg = f"there is an account @{username}, or one with the id {identity}, already"
            raise ValueError(msg)
        account = Account(
            id=identity,
            username=username,
            name=name or username,
            # Clients read their own id from the token, up to the hyphen.
            access_token=access_token or f"{identity}-{secrets.token_hex(20)}",
            access_token_secret=access_token_secret or secrets.token_hex(22),
            protected=protected,
            verified_type=verified_type,
        )
        self.by_id[identity] = account
        self._by_name[username.lower()] = account
        self._by_token[account.access_token] = account
        return account

    def named(self, username: str) -> Account | None:
        """Find an account by its name, without @."""
        return self._by_name.get(username.lower())

    def with_token(self, access_token: str) -> Account | None:
        """Find an account by its access token."""
        return self._by_token.get(access_token)

    def get(self, who: str) -> Account:
        """Find an account by name or id.

        Raises:
            LookupError: there is none.
        """
        found = self._by_name.get(who.lower().removeprefix("@")) or self.by_id.get(who)
        if found is None:
            msg = f"there is no account {who}"
            raise LookupError(msg)
        return found
