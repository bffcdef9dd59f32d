"""What `--via` leads to: a queue that takes orders, and a store for what they are about."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from functions.queues.protocol import Queue
    from functions.stores.protocol import ObjectStore


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline that answers."""

    name: str
    """What people call it: its queue's address."""
    queue: Queue
    store: ObjectStore


OpenPipeline: TypeAlias = Callable[[], AbstractAsyncContextManager[Pipeline]]
"""Opens a pipeline, in the event loop in which it is used.

Raises `Postponed` or `Rejected`, with a line for people, where queue or store is out of reach.
"""
