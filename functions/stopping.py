"""How a program hears that it is to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal

log = logging.getLogger(__name__)


def told_to_stop() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; the second of them ends the process.

    Call it in the event loop.
    """
    stop = asyncio.Event()

    def told() -> None:
        if stop.is_set():
            log.warning("ending at once: what is in hand is left to others")
            os._exit(1)
        log.info("stopping as told; again, to end at once")
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows knows neither here: Ctrl-C ends the process
            loop.add_signal_handler(number, told)
    return stop
