"""What all stores say of objects that cannot be read, in the same words."""

from __future__ import annotations

from functions.errors import Rejected


def missing(name: str) -> Rejected:
    """There is no such object."""
    return Rejected(f"there is no {name}: it was never stored, or its time was over", code="missing-object")


def too_large(name: str, size: int, max_bytes: int) -> Rejected:
    """The object is larger than whoever reads it wants to hold."""
    reason = f"{name} has {size:,} bytes, and {max_bytes:,} are the most that is read"
    return Rejected(reason, code="too-large")


def changed(name: str) -> Rejected:
    """The object is not the one any more that was opened."""
    return Rejected(f"{name} was replaced while it was read: begin again with the new one", code="changed")


def no_links(name: str, where: str) -> Rejected:
    """Nobody else can be given an address; whoever has the store hands out the bytes instead."""
    return Rejected(f"{name} has no address: it is in {where}, and only this program can hand it out", code="no-links")
