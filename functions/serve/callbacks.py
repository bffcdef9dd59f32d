"""Delivers answers to callback addresses, as OpenFaaS does for asynchronous calls."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import stamina

from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.serve.answers import Answer
    from functions.web_files import WebFiles

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """With a callback address that does not answer, or in the 500s; a server that drains waits for it, too."""

    attempts: int = 6
    first_delay_seconds: float = 0.5
    """Before the second attempt; it doubles each time, and up to as much again is added by chance."""
    longest_delay_seconds: float = 10.0


async def deliver(web: WebFiles, link: str, answer: Answer, headers: Mapping[str, str], patience: Patience) -> bool:
    """Post an answer; False where that failed for good, which the log tells.

    Args:
        web: posts.
        link: the callback address, already checked once.
        answer: its body is posted, whatever its status.
        headers: that go with it.
        patience: until it is given up.
    """
    attempts = stamina.retry_context(
        on=Postponed,
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_delay_seconds,
        wait_jitter=patience.first_delay_seconds,
        wait_max=patience.longest_delay_seconds,
    )
    try:
        async for attempt in attempts:
            with attempt:
                await web.post(link, answer.body, {"Content-Type": answer.media_type, **headers})
    except (Postponed, Rejected) as error:
        _log.error("callback given up: %s", error.reason)
        return False
    return True
