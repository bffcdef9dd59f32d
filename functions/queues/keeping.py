"""How long a queue keeps what: the same for every kind of queue."""

from __future__ import annotations

from typing import Final

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

DUPLICATES_SECONDS: Final = HOUR
"""An order is known by its `message_id` for this long after it was sent, even when it has been carried out or
cancelled. Longer than any outage after which a sender tries again by itself; a server holds the names in memory."""

RESULTS_SECONDS: Final = DAY
"""An asker who was away longer looks into the store instead."""

DEAD_SECONDS: Final = 30 * DAY
"""An operator may be on holiday."""

CLAIMS_SECONDS: Final = 7 * DAY
"""Longer than an order can be postponed (a day), and than pieces of films are kept in the store (three)."""

HISTORY_SECONDS: Final = 3 * DAY
"""Longer than an order can be postponed; it is deleted with the order, and this is for those that were cancelled."""

ACK_WAIT_SECONDS: Final = 10.0
"""Silence after which an order is given to another worker: several heartbeats may be lost or late before that."""

LETTING_GO: Final = "let go before it was carried out"
"""Reason of a try that was broken off, because its worker was told to stop."""
