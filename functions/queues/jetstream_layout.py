"""What must be there on a NATS server: streams, consumers and buckets, as its own wire format names them.

Every program makes them when it connects, which is harmless to repeat; changed settings are brought up to date.
https://docs.nats.io/nats-concepts/jetstream/streams and …/consumers name every field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from functions.queues.heard import ServerError
from functions.queues.keeping import CLAIMS_SECONDS, DEAD_SECONDS, DUPLICATES_SECONDS, HISTORY_SECONDS, RESULTS_SECONDS
from functions.queues.subjects import KINDS, orders_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

ORDERS: Final = "COLORISE"
RESULTS: Final = "RESULTS"
DEAD: Final = "DEAD"
CLAIMS: Final = "COLORISE_CLAIMS"
HISTORY: Final = "COLORISE_HISTORY"

IN_USE: Final = 10058
"""NATS's code: a stream of this name is there, with another configuration."""

_NANOSECONDS: Final = 1_000_000_000
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """A stream or a consumer."""

    create: str
    """The request that makes it; it may be there already, and the same."""
    update: str | None
    """The request that changes it; None where `create` does that too."""
    config: dict[str, Any]


async def make(piece: Piece, ask: Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]) -> None:
    """Make a piece, or bring the one that is there up to date.

    Args:
        piece: that is wanted.
        ask: puts a request to JetStream, with its body.

    Raises:
        ServerError: NATS refuses.
    """
    try:
        await ask(piece.create, piece.config)
    except ServerError as error:
        if piece.update is None or error.code != IN_USE:
            raise
        # A client that knows nothing of a cluster must not take its copies away.
        there = await ask(piece.update.replace("UPDATE", "INFO"), {})
        copies = there["config"]["num_replicas"]
        await ask(piece.update, {"num_replicas": copies, **piece.config})


def layout(*, ack_wait_seconds: float, replicas: int | None) -> list[Piece]:
    """All that must be there, in the order in which it can be made.

    Args:
        ack_wait_seconds: of the consumers.
        replicas: of the streams; None leaves those that are there as they are.
    """
    streams: list[dict[str, Any]] = [
        {
            "name": ORDERS,
            "subjects": [orders_of()],
            "retention": "workqueue",
            "discard": "new",  # a full disk refuses new orders, and never drops old ones
            "duplicate_window": _nanoseconds(DUPLICATES_SECONDS),
            # Rung when an order is stored; a subscription to the orders themselves would hear of it too early.
            "republish": {"src": orders_of(), "dest": bell_of("{{wildcard(1)}}"), "headers_only": True},
        },
        {
            "name": RESULTS,
            "subjects": ["results.*.*"],
            "max_age": _nanoseconds(RESULTS_SECONDS),
            "max_bytes": 128 * _MIB,
        },
        {"name": DEAD, "subjects": ["dead.*"], "max_age": _nanoseconds(DEAD_SECONDS), "max_bytes": 64 * _MIB},
    ]
    return [
        *(_stream(stream, replicas=replicas) for stream in streams),
        bucket(CLAIMS, keep_seconds=CLAIMS_SECONDS, replicas=replicas),
        bucket(HISTORY, keep_seconds=HISTORY_SECONDS, replicas=replicas),
        *(consumer(kind, ack_wait_seconds=ack_wait_seconds) for kind in KINDS),
    ]


def bell_of(kind: str = "*") -> str:
    """The subject under which idle workers hear of an order of this kind."""
    return f"rings.{kind}"


def worker_of(kind: str) -> str:
    """The durable consumer that all workers share who carry out orders of this kind."""
    return f"worker-{kind}"


def bucket_of(book: str) -> str:
    """The bucket of a book of records, such as `COLORISE_BOT`."""
    return f"COLORISE_{book}"


def stream_of(bucket: str) -> str:
    """The stream that a bucket is made of."""
    return f"KV_{bucket}"


def entry_of(bucket: str, key: str) -> str:
    """The subject under which a bucket keeps a key."""
    return f"$KV.{bucket}.{key}"


def consumer(kind: str, *, ack_wait_seconds: float) -> Piece:
    """The shared consumer of a kind."""
    name = worker_of(kind)
    return Piece(
        f"CONSUMER.CREATE.{ORDERS}.{name}.{orders_of(kind)}",
        None,
        {
            "stream_name": ORDERS,
            "config": {
                "name": name,
                "durable_name": name,
                "filter_subject": orders_of(kind),
                "ack_policy": "explicit",
                "ack_wait": _nanoseconds(ack_wait_seconds),
                # Never give up on the server's side: a message that was delivered `max_deliver` times stays in a
                # work-queue stream for ever, seen by nobody. So every delivery reaches a living worker, and that one
                # buries the order when it has been tried too often (functions/worker.py).
                "max_deliver": -1,
                # Postponed orders count as pending: a thousand of them would stop the kind, as the default goes.
                "max_ack_pending": -1,
            },
        },
    )


def bucket(name: str, *, keep_seconds: float | None, replicas: int | None) -> Piece:
    """A key-value bucket, as every NATS client makes it: `nats kv get NAME KEY` reads it.

    Args:
        name: without `KV_`.
        keep_seconds: each value is kept for so long after it was written; None for ever.
        replicas: copies of it; None leaves one that is there as it is.
    """
    stream = {
        "name": stream_of(name),
        "subjects": [entry_of(name, ">")],
        "max_msgs_per_subject": 1,
        "max_age": 0 if keep_seconds is None else _nanoseconds(keep_seconds),
        "discard": "new",
        "deny_delete": True,
        "allow_rollup_hdrs": True,
        "allow_direct": True,
    }
    return _stream(stream, replicas=replicas)


def _stream(config: dict[str, Any], *, replicas: int | None) -> Piece:
    copies = {} if replicas is None else {"num_replicas": replicas}
    return Piece(
        f"STREAM.CREATE.{config['name']}",
        f"STREAM.UPDATE.{config['name']}",
        {"retention": "limits", "storage": "file", **copies, **config},
    )


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)
