"""Which queue the programs use: read from the environment and from secret files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from functions.environment import EnvironmentSettings
from functions.queues.keeping import ACK_WAIT_SECONDS

if TYPE_CHECKING:
    from functions.queues.jetstream import NatsQueue

SCHEMES: Final = frozenset({"nats", "tls", "ws", "wss"})


def _servers(addresses: str) -> str:
    for address in addresses.split(","):
        parts = urlsplit(address.strip())
        if parts.scheme not in SCHEMES or not parts.hostname:
            msg = "it must be addresses of NATS servers with commas between them, such as nats://127.0.0.1:4222"
            raise ValueError(msg)
    return addresses


class QueueSettings(EnvironmentSettings):
    """The NATS server or cluster."""

    nats_url: Annotated[str, AfterValidator(_servers)] = "nats://127.0.0.1:4222"
    """Of one server, or of several of a cluster, with commas between them."""
    nats_user: str | None = None
    nats_password: SecretStr | None = None
    nats_replicas: Annotated[int, Field(ge=1, le=5)] | None = None
    """Copies of everything: 3 in a cluster of three servers. None leaves what is there as it is, and makes one."""
    ack_wait_seconds: Annotated[float, Field(ge=0.5, le=3600)] = ACK_WAIT_SECONDS
    """Silence after which an order is given to another worker; the same for all programs at one server."""

    @model_validator(mode="after")
    def _complete(self) -> QueueSettings:
        if (self.nats_user is None) != (self.nats_password is None):
            msg = "set both COLORISE_NATS_USER and COLORISE_NATS_PASSWORD, or neither for an open server"
            raise ValueError(msg)
        return self


async def open_queue(settings: QueueSettings, *, wait_seconds: float | None = 30.0) -> NatsQueue:
    """Connect to the queue that the settings name, and make on the server whatever is missing there.

    Args:
        settings: of the queue.
        wait_seconds: how long to look for the server; None is without end, for workers that may start before it.

    Raises:
        Postponed: it is not there.
    """
    from functions.queues.jetstream import NatsQueue  # noqa: PLC0415 - a quarter of a second that settings alone spare

    return await NatsQueue.open(
        [address.strip() for address in settings.nats_url.split(",")],
        user=settings.nats_user,
        password=settings.nats_password.get_secret_value() if settings.nats_password else None,
        ack_wait_seconds=settings.ack_wait_seconds,
        replicas=settings.nats_replicas,
        wait_seconds=wait_seconds,
    )
