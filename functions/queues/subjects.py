"""Under which names messages travel, and what can be read from a name alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, get_args

from functions.jobs import AnyOrder

if TYPE_CHECKING:
    from functions.jobs import AnyResult, Order

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _kinds() -> tuple[str, ...]:
    union, *_ = get_args(AnyOrder)  # the union, and the field that tells them apart
    return tuple(model.model_fields["kind"].default for model in get_args(union))


KINDS: Final = _kinds()
"""Of orders."""


def order_subject(order: Order) -> str:
    """Where an order is put: by kind, so that workers choose; and by job, so that a job can be cancelled."""
    return f"orders.{order.kind}.{order.job_id}"


def orders_of(kind: str = "*", job_id: str = "*") -> str:
    """All orders of a kind, or of a job."""
    return f"orders.{kind}.{job_id}"


def result_subject(result: AnyResult) -> str:
    """Where a result is told: by job first, since askers wait for a job."""
    return f"results.{result.job_id}.{result.kind}"


def results_of(job_id: str | None) -> str:
    """All results of a job, or of all jobs."""
    return f"results.{job_id or '*'}.*"


def dead_subject(order_subject: str) -> str:
    """Where an order is buried."""
    return f"dead.{kind_of(order_subject)}"


def kind_of(order_subject: str) -> str:
    """The kind of an order, which may be unreadable itself."""
    parts = order_subject.split(".")
    return parts[1] if len(parts) > 1 and _TOKEN.fullmatch(parts[1]) else "unknown"


def job_of(order_subject: str) -> str | None:
    """The job of an order, which may be unreadable itself; None where the name does not tell."""
    parts = order_subject.split(".")
    return parts[2] if len(parts) > 2 and _TOKEN.fullmatch(parts[2]) else None  # noqa: PLR2004 - kind, then job


def job_of_result(result_subject: str) -> str | None:
    """The job of a result, which may be unreadable itself."""
    parts = result_subject.split(".")
    return parts[1] if len(parts) > 1 else None


def cancelled(job_id: str) -> str:
    """The key that is claimed when a job is cancelled: what is still in hand for it sends nothing more."""
    return f"cancelled.{job_id}"
