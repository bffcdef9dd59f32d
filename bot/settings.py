"""What can be said to the bot: read from the environment, from secret files, and from a TOML file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from bot.policy import Rules
from bot.spending import MICROS, Charge
from functions.environment import EnvironmentSettings

MEGABYTE: Final = 1_000_000

Dollars = Annotated[float, Field(ge=0, le=1_000_000)]


def _server(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        msg = "it must be the URL of a server and nothing more, such as http://127.0.0.1:8090"
        raise ValueError(msg)
    return f"{parts.scheme}://{parts.netloc}"


def _words(given: Any) -> Any:
    return [word for word in given.replace(",", " ").split() if word] if isinstance(given, str) else given


class XSettings(EnvironmentSettings):
    """The account on X. Keys belong into secret files, such as `colorise_x_consumer_key`."""

    x_consumer_key: SecretStr | None = None
    x_consumer_secret: SecretStr | None = None
    """Of the app."""
    x_access_token: SecretStr | None = None
    x_access_token_secret: SecretStr | None = None
    """Of the account that the bot posts as; made after the app was given the right to write."""
    x_bearer_token: SecretStr | None = None
    """Of the app; without it there is no stream."""
    x_address: Annotated[str, AfterValidator(_server)] | None = None
    """Of another server that speaks like X, for rehearsals; the keys are sent there."""

    @model_validator(mode="after")
    def _complete(self) -> XSettings:
        keys = {
            "COLORISE_X_CONSUMER_KEY": self.x_consumer_key,
            "COLORISE_X_CONSUMER_SECRET": self.x_consumer_secret,
            "COLORISE_X_ACCESS_TOKEN": self.x_access_token,
            "COLORISE_X_ACCESS_TOKEN_SECRET": self.x_access_token_secret,
        }
        missing = [name for name, key in keys.items() if key is None or not key.get_secret_value().strip()]
        if missing:
            msg = f"set {', '.join(missing)}: from the keys and tokens page of your app on X's developer portal"
            raise ValueError(msg)
        return self


class StandSettings(EnvironmentSettings):
    """The stand on whose pretend network the bot answers. The token belongs into the file `colorise_stand_token`."""

    stand_address: Annotated[str, AfterValidator(_server)] = "http://127.0.0.1:8000"
    stand_token: SecretStr | None = None
    """As the stand has it."""
    stand_certificate: Path | None = None
    """File with the certificate that the stand shows at an https address: that very one is asked for."""

    @model_validator(mode="after")
    def _complete(self) -> StandSettings:
        token = self.stand_token.get_secret_value().strip() if self.stand_token else ""
        if not token or not token.isascii() or not token.isprintable():
            msg = "set COLORISE_STAND_TOKEN: plain characters, the same as the stand has"
            raise ValueError(msg)
        return self


class BotSettings(EnvironmentSettings):
    """How the bot behaves. Variables begin with `COLORISE_BOT_`, such as `COLORISE_BOT_POLL_SECONDS`."""

    bot_platform: Literal["x", "stand"] = "x"
    """Where it answers: on X, or on the pretend network of a stand."""
    bot_poll_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    """Between two looks for mentions; shorter after one has come, longer on a quiet night."""
    bot_stream: bool = False
    """Whether mentions come by the filtered stream as well, where the account has it."""
    bot_max_age_hours: Annotated[float, Field(gt=0, le=24 * 7)] = 12.0
    """Older mentions are not answered, not even late."""
    bot_per_hour: Annotated[int, Field(ge=1)] = 10
    """Answers with pictures that a person gets in an hour."""
    bot_per_conversation: Annotated[int, Field(ge=1)] = 10
    """Posts of the bot's in one conversation."""
    bot_max_clip_seconds: Annotated[float, Field(gt=0)] = 140.0
    bot_max_clip_mb: Annotated[float, Field(gt=0)] = 512.0
    """Of a clip; longer or larger ones are declined."""
    bot_blocked: Annotated[frozenset[str], NoDecode, BeforeValidator(_words)] = frozenset()
    """Accounts that are left alone: ids or user names, with spaces or commas between them."""
    bot_answers_bots: bool = False
    """Whether accounts that look like programs are answered."""
    bot_mark: bool = False
    """Whether coloured photos get a small mark in the corner."""
    bot_content_filter: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = None
    """`package.module:function` that is asked for each picture whether it may be coloured: (file, type) -> bool."""
    bot_settle_seconds: Annotated[float, Field(ge=0, le=600)] = 5.0
    """After which a post of the bot's shows among its own: before that, not seeing it tells nothing."""
    bot_keep_hours: Annotated[float, Field(ge=1, le=24 * 7)] = 24.0
    """That pictures of strangers and what was made of them are kept."""
    bot_budget_dollars: Dollars | None = None
    """That a day (UTC) may cost; then mentions are passed over until the next. None is without limit."""
    bot_price_mention: Dollars = 0.001
    bot_price_own_post: Dollars = 0.001
    bot_price_post: Dollars = 0.005
    bot_price_user: Dollars = 0.010
    bot_price_reply: Dollars = 0.010
    """Dollars for each, by X's list of 20 April 2026."""

    @model_validator(mode="after")
    def _consistent(self) -> BotSettings:
        if self.bot_keep_hours < self.bot_max_age_hours:
            msg = "COLORISE_BOT_KEEP_HOURS must not be less than COLORISE_BOT_MAX_AGE_HOURS: late answers need pictures"
            raise ValueError(msg)
        return self

    @property
    def rules(self) -> Rules:
        """For the policy."""
        return Rules(
            max_age=self.max_age,
            per_hour=self.bot_per_hour,
            per_conversation=self.bot_per_conversation,
            max_seconds=self.bot_max_clip_seconds,
            blocked=frozenset(name.lower().removeprefix("@") for name in self.bot_blocked),
            answers_bots=self.bot_answers_bots,
        )

    @property
    def books(self) -> str:
        """Name of what it remembers: a bot on a stand is another one than that on X, though they share a queue."""
        return "BOT" if self.bot_platform == "x" else f"BOT_ON_{self.bot_platform.upper()}"

    @property
    def max_age(self) -> timedelta:
        """Of a mention that is still answered."""
        return timedelta(hours=self.bot_max_age_hours)

    @property
    def keep(self) -> timedelta:
        """How long pictures are kept."""
        return timedelta(hours=self.bot_keep_hours)

    @property
    def max_bytes(self) -> int:
        """Of a download."""
        return round(self.bot_max_clip_mb * MEGABYTE)

    @property
    def prices(self) -> dict[Charge, int]:
        """Millionths of a dollar."""
        return {
            Charge.MENTION: round(self.bot_price_mention * MICROS),
            Charge.OWN_POST: round(self.bot_price_own_post * MICROS),
            Charge.POST: round(self.bot_price_post * MICROS),
            Charge.USER: round(self.bot_price_user * MICROS),
            Charge.REPLY: round(self.bot_price_reply * MICROS),
        }

    @property
    def budget_micros(self) -> int | None:
        """Of a day."""
        return None if self.bot_budget_dollars is None else round(self.bot_budget_dollars * MICROS)
