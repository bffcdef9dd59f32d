"""Orders for the tests, with what all of them must say already said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from functions.jobs import Order

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"

AnOrder = TypeVar("AnOrder", bound="Order")


def order(kind: type[AnOrder], job_id: str = "wedding", **fields: Any) -> AnOrder:
    """Make an order of a kind."""
    asked_at = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)
    return kind.model_validate({"job_id": job_id, "trace_id": TRACE, "asked_at": asked_at, **fields})
