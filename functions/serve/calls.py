"""A call, and what it is known by in answers, orders and the log."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Final

_CALL_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
"""Ids that are taken over: nothing that could break a header or a line of the log."""

_JOB_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a call."""

    media_type: str
    """In lower case, without parameters; empty where the caller names none."""
    query: tuple[tuple[str, str], ...]
    body: bytes


def call_id_of(given: str) -> str:
    """The caller's id for the call, where it has a decent one; else a new one."""
    return given if _CALL_ID.fullmatch(given) else str(uuid.uuid4())


def job_id_of(call_id: str) -> str:
    """The job's id: the same for the same call, so that a call made again orders nothing twice."""
    return call_id if _JOB_ID.fullmatch(call_id) else _digest(call_id)


def trace_id_of(call_id: str) -> str:
    """As W3C Trace Context has it: the call's id itself where that is a UUID, with or without dashes."""
    bare = call_id.replace("-", "").lower()
    return bare if _TRACE_ID.fullmatch(bare) else _digest(call_id)


def _digest(call_id: str) -> str:
    return hashlib.sha256(call_id.encode()).hexdigest()[:32]
