"""From which rate of mentions on which part of the pipeline is too small, as it is built now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from infra.capacity.needs import RESULTS_BYTES, Assumptions, claims_kept, needs

if TYPE_CHECKING:
    from infra.capacity.costs import Costs

PROBE: Final = 100_000.0
"""Mentions a minute at which costs that grow with the rate are looked at: whole workers are a fine measure there."""

SMALL_MESSAGES: Final = 1_000_000.0
"""A second, that one NATS server passes on without storing them: assumed, not measured."""

ENTRY_BYTES: Final = 200.0
"""Of a server's memory for each id that it remembers, or key that it keeps: assumed, not measured."""

MEMORY: Final = 8e9
"""Bytes that a server may take for them."""

AWAY_SECONDS: Final = 600.0
"""That a bot may be away, restarted or updated, without looking for its results in the store."""

GIGABIT: Final = 125e6
"""Bytes a second."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A part that is full at some rate."""

    what: str
    why: str
    per_minute: float
    """Mentions."""
    remedy: str


def limits(costs: Costs, assumed: Assumptions = Assumptions()) -> list[Limit]:  # noqa: B008 - frozen
    """All that are known, the one that is met first at the top."""
    at = needs(costs, PROBE, assumed)
    queue = costs.queue["disk"]["side_by_side"]["a_second"]
    memory = costs.queue["memory"]
    found = [
        Limit(
            "the one worker that splits and joins",
            f"one, busy for {assumed.busiest:.0%} of the time",
            PROBE * assumed.busiest / (at.joins.load + at.splits.load),
            "start more of them: `python -m functions.video_split worker`",
        ),
        Limit(
            "the queue's disk",
            f"{queue:,.0f} messages stored a second, as measured",
            PROBE * queue / at.stored_messages,
            "a disk that syncs faster; then streams by kind or by job on several servers",
        ),
        Limit(
            "the stream of results",
            f"{RESULTS_BYTES >> 20} MiB, and an asker that is away for {AWAY_SECONDS / 60:.0f} minutes",
            PROBE * RESULTS_BYTES / (at.result_bytes * AWAY_SECONDS),
            "a larger `max_bytes`; an asker that was away longer looks into the store",
        ),
        Limit(
            "one core of the store",
            "one, SeaweedFS",
            PROBE / at.store_cores,
            "give it more cores; then volumes on several servers, or a managed S3",
        ),
        Limit(
            "a network of 1 Gb/s at the store",
            f"{GIGABIT / 1e6:.0f} MB/s in each direction",
            PROBE * GIGABIT / max(at.down, at.up),
            "10 Gb/s; then volumes on several servers, each with its own",
        ),
        Limit(
            "the bell",
            f"{SMALL_MESSAGES:,.0f} messages a second passed on (assumed)",
            # Orders and programs both grow with the rate, and each order rings at each program.
            PROBE * math.sqrt(SMALL_MESSAGES / at.rings),
            "listen in a queue group, so that an order rings at one program; or no bell where nobody is idle",
        ),
        Limit(
            "message ids in the queue's memory",
            f"{MEMORY / 1e9:.0f} GB at {ENTRY_BYTES:.0f} bytes (assumed), remembered for an hour",
            PROBE * MEMORY / (ENTRY_BYTES * at.known_ids),
            "a shorter `duplicate_window`, or streams on several servers",
        ),
        Limit(
            "claims on joins",
            f"{MEMORY / 1e9:.0f} GB at {ENTRY_BYTES:.0f} bytes (assumed), kept for a week",
            PROBE * MEMORY / (ENTRY_BYTES * claims_kept(at)),
            "delete a claim with its film's result; keep the rest for three days, as pieces are",
        ),
    ]
    if memory is not None:
        core = 1 / memory["side_by_side"]["server_cpu"]
        found.append(
            Limit(
                "a core of the queue's server",
                f"{core:,.0f} messages stored a second, were the disk free",
                PROBE * core / at.stored_messages,
                "streams on several servers",
            )
        )
    return sorted(found, key=lambda limit: limit.per_minute)
