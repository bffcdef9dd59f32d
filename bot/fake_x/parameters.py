"""Query parameters, as strictly read as X reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from bot.fake_x.problems import Problem, invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

TWEET_FIELDS: Final = [
    "article",
    "attachments",
    "author_id",
    "card_uri",
    "context_annotations",
    "conversation_id",
    "created_at",
    "display_text_range",
    "edit_controls",
    "edit_history_tweet_ids",
    "entities",
    "geo",
    "id",
    "in_reply_to_user_id",
    "lang",
    "note_tweet",
    "possibly_sensitive",
    "public_metrics",
    "referenced_tweets",
    "reply_settings",
    "source",
    "text",
    "withheld",
]
USER_FIELDS: Final = [
    "affiliation",
    "created_at",
    "description",
    "entities",
    "id",
    "is_identity_verified",
    "location",
    "most_recent_tweet_id",
    "name",
    "parody",
    "pinned_tweet_id",
    "profile_banner_url",
    "profile_image_url",
    "protected",
    "public_metrics",
    "subscription_type",
    "url",
    "username",
    "verified",
    "verified_type",
    "withheld",
]
MEDIA_FIELDS: Final = [
    "alt_text",
    "duration_ms",
    "height",
    "media_key",
    "preview_image_url",
    "public_metrics",
    "type",
    "url",
    "variants",
    "width",
]
EXPANSIONS: Final = [
    "article.cover_media",
    "article.media_entities",
    "attachments.media_keys",
    "attachments.media_source_tweet",
    "attachments.poll_ids",
    "author_id",
    "edit_history_tweet_ids",
    "entities.mentions.username",
    "geo.place_id",
    "in_reply_to_user_id",
    "entities.note.mentions.username",
    "referenced_tweets.id",
    "referenced_tweets.id.attachments.media_keys",
    "referenced_tweets.id.author_id",
]
FIELD_PARAMETERS: Final = ("expansions", "tweet.fields", "user.fields", "media.fields", "poll.fields", "place.fields")

IDENTITY: Final = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which fields and expansions were asked for."""

    tweet: frozenset[str] = frozenset()
    user: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    expansions: frozenset[str] = frozenset()


class Query:
    """A query string.

    Args:
        raw: as it was sent.
        allowed: the names that the endpoint knows; another is refused.
    """

    def __init__(self, raw: str, *allowed: str) -> None:
        self._values = dict(parse_qsl(raw, keep_blank_values=True))
        for name, value in self._values.items():
            if name not in allowed:
                raise _invalid(name, value, f"The query parameter [{name}] is not one of [{','.join(allowed)}]")

    def text(self, name: str) -> str | None:
        """Give a value as it is."""
        return self._values.get(name)

    def integer(self, name: str, *, low: int, high: int, default: int) -> int:
        """Give a number within bounds."""
        value = self._values.get(name)
        if value is None:
            return default
        if not value.isdecimal() or not low <= int(value) <= high:
            raise _invalid(name, value, f"The `{name}` query parameter value [{value}] is not between {low} and {high}")
        return int(value)

    def identity(self, name: str) -> int | None:
        """Give the id of a post."""
        value = self._values.get(name)
        return None if value is None else identity(name, value)

    def identities(self, name: str, most: int) -> list[int]:
        """Give ids, at least one."""
        values = [value for value in self._values.get(name, "").split(",") if value]
        if not 1 <= len(values) <= most:
            message = (
                f"The number of values in the `{name}` query parameter list [{len(values)}] is not between 1 and {most}"
            )
            raise _invalid(
                name, ",".join(values), message if values else f"The `{name}` query parameter can not be empty"
            )
        return [identity(name, value) for value in values]

    def moment(self, name: str) -> int | None:
        """Give a point in time, in milliseconds since 1970."""
        value = self._values.get(name)
        if value is None:
            return None
        for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"):
            try:
                return int(datetime.strptime(value, form).replace(tzinfo=UTC).timestamp() * 1000)
            except ValueError:
                continue
        raise _invalid(name, value, f"The `{name}` query parameter value [{value}] is not a valid RFC3339 date-time")

    def wanted(self) -> Wanted:
        """Give the fields and expansions."""
        return Wanted(
            self._names("tweet.fields", TWEET_FIELDS),
            self._names("user.fields", USER_FIELDS),
            self._names("media.fields", MEDIA_FIELDS),
            self._names("expansions", EXPANSIONS),
        )

    def _names(self, name: str, possible: Sequence[str]) -> frozenset[str]:
        values = [value for value in self._values.get(name, "").split(",") if value]
        for value in values:
            if value not in possible:
                message = f"The `{name}` query parameter value [{value}] is not one of [{','.join(possible)}]"
                raise _invalid(name, value, message)
        return frozenset(values)


def identity(name: str, value: str) -> int:
    """Read an id."""
    if not IDENTITY.fullmatch(value):
        raise _invalid(name, value, f"The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$")
    return int(value)


def _invalid(name: str, value: str, message: str) -> Problem:
    return invalid({name: [value]}, message)
