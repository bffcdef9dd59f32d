"""What must be there on a NATS server: streams, consumers and buckets, as its own wire format names them.

Every program makes them when it connects, which is harmless to repeat; changed settings are brought up to date.
https://docs.nats.io/nats-concepts/jetstream/streams and …/consumers name every field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from functions.queues.keeping import CLAIMS_SECONDS, DEAD_SECONDS, DUPLICATES_SECONDS, HISTORY_SECONDS, RESULTS_SECONDS
from functions.queues.subjects import KINDS, orders_of

ORDERS: Final = "COLORISE"
RESULTS: Final = "RESULTS"
DEAD: Final = "DEAD"
CLAIMS: Final = "COLORISE_CLAIMS"
HISTORY: Final = "COLORISE_HISTORY"

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


def layout(*, ack_wait_seconds: float, replicas: int | None) -> list[Piece]:
    """All that must be there, in the order in which it can be made.

    Args:
        ack_wait_seconds: of the consumers.
        replicas: of the streams; None leaves those that are there as they are.
    """
    copies = {} if replicas is None else {"num_replicas": replicas}
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
        _bucket(CLAIMS, keep_seconds=CLAIMS_SECONDS),
        _bucket(HISTORY, keep_seconds=HISTORY_SECONDS),
    ]
    pieces = [
        Piece(
            f"STREAM.CREATE.{stream['name']}",
            f"STREAM.UPDATE.{stream['name']}",
            {"retention": "limits", "storage": "file", **copies, **stream},
        )
        for stream in streams
    ]
    return pieces + [consumer(kind, ack_wait_seconds=ack_wait_seconds) for kind in KINDS]


def bell_of(kind: str = "*") -> str:
    """The subject under which idle workers hear of an order of this kind."""
    return f"rings.{kind}"


def worker_of(kind: str) -> str:
    """The durable consumer that all workers share who carry out orders of this kind."""
    return f"worker-{kind}"


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


def _bucket(name: str, *, keep_seconds: float) -> dict[str, Any]:
    """A key-value bucket, as every NATS client makes it: `nats kv get NAME KEY` reads it."""
    return {
        "name": f"KV_{name}",
        "subjects": [entry_of(name, ">")],
        "max_msgs_per_subject": 1,
        "max_age": _nanoseconds(keep_seconds),
        "discard": "new",
        "deny_delete": True,
        "allow_rollup_hdrs": True,
        "allow_direct": True,
    }


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)
