"""What a function is made of, before anything of HTTP is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from functions.serve.callbacks import Patience
from functions.telemetry.metrics import Metrics
from functions.web_files import WebFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.jobs import ImageWishes
    from functions.outcome import Handlers
    from functions.passing_on import OrderSink
    from functions.serve.vocabulary import Vocabulary
    from functions.stores.protocol import ObjectStore


MESSAGE_BYTES: Final = 1024 * 1024
"""Of a message: what a NATS server takes, where it is not told otherwise (`max_payload`)."""


@dataclass(frozen=True, slots=True)
class ColouredBytes:
    """A picture in colour, as a file."""

    data: bytes
    kind: str
    """`jpeg`, `png` and so on."""
    width: int
    height: int
    notes: tuple[str, ...]
    """For people: what was left out or could not be kept."""
    seconds: float
    """That colouring took, from bytes to bytes."""


ColoriseBytes: TypeAlias = "Callable[[bytes, ImageWishes], ColouredBytes]"
"""Blocks; called in a thread, by several at once. Raises `Rejected` or `Postponed`; anything else is a bug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a caller may cost; memory grows with `max_inflight` times `max_body_bytes`."""

    max_inflight: int = 4
    """Calls at once, those that will be answered by a callback included; more are answered 429."""
    max_body_bytes: int = 64 * 1024 * 1024
    max_json_bytes: int = MESSAGE_BYTES + 64 * 1024
    """Every order that a queue can hold, and what is added where it is written anew: the wishes that were not made."""
    body_seconds: float = 60.0
    """For a call's body to arrive."""
    max_pixels: int = 100_000_000
    """Whatever a caller wishes."""


def _no_warm_up() -> None:
    """Be warm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function, ready to be served."""

    name: str
    """That callbacks report as `X-Function-Name`."""
    handlers: Handlers
    vocabulary: Vocabulary
    """Its own JSON, beside the orders of `functions.jobs`."""
    store: ObjectStore | None = None
    """None: calls that name objects, or ask for results to be kept, are refused."""
    colorise_bytes: ColoriseBytes | None = None
    """None: bodies that are pictures, and links without a name for the result, are refused."""
    queue: OrderSink | None = None
    """None: orders that follow are returned to the caller."""
    warm_up: Callable[[], None] = _no_warm_up
    """Blocks until the function can answer; before that it is not ready."""
    links: WebFiles = field(default_factory=WebFiles)
    """Fetches what callers' links lead to."""
    callbacks: WebFiles | None = None
    """Posts to callers' callback addresses, as its guard allows; None answers all calls at once, whatever address they
    come with: OpenFaaS passes on those that it calls back itself."""
    patience: Patience = field(default_factory=Patience)
    """With callback addresses that do not answer."""
    limits: Limits = field(default_factory=Limits)
    metrics: Metrics = field(default_factory=Metrics)
    """Of orders and their stages, as workers count them; those of the calls are added to its registry."""
