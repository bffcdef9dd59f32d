"""Takes orders from the queue and has functions carry them out, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from functions.connector.calling import Caller
from functions.connector.gateway import Gateway, Unreached
from functions.connector.metrics import GatewayMetrics
from functions.program.taking import Team, open_desk
from functions.worker import Tries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from functions.connector.settings import ConnectorSettings
    from functions.queues.settings import QueueSettings
    from functions.telemetry.settings import TelemetrySettings

PICTURES: Final = ("colorise-image", "colorise-chunk")
"""Kinds of orders that one function carries out: somebody waits for a picture, so it goes first."""

FILMS: Final = ("join-video", "split-video")
"""Kinds of orders that the other one does: with the first of them a film is done."""

TRIES: Final = Tries(longest_delay_seconds=60.0)
"""A gateway that was away for hours is back for all orders a minute later; a try costs it one call, or none."""

log = logging.getLogger(__name__)


async def connect(settings: ConnectorSettings, queue_settings: QueueSettings, telemetry: TelemetrySettings) -> None:
    """Carry out orders until SIGTERM or SIGINT, and then wait for the calls in hand; the second one leaves them.

    Queue and gateway may start later than this does. It is ready while the queue answers. Each function has calls of
    its own, as it would have workers of its own: whoever waits for room at one is in nobody's way at the other.

    Args:
        settings: of the connector.
        queue_settings: where orders come from.
        telemetry: where it says how it is.

    Raises:
        OSError: the health server's port is taken.
    """
    functions = ((settings.gateway_colorise, PICTURES), (settings.gateway_video_split, FILMS))
    password = settings.gateway_password.get_secret_value() if settings.gateway_password else None
    gateway_open = Gateway.open(
        settings.gateway_url, user=settings.gateway_user, password=password, seconds=settings.gateway_seconds
    )
    async with (
        open_desk(telemetry) as desk,
        gateway_open as gateway,
        desk.queue(queue_settings, asyncio.sleep(0)) as opened,  # which is all that there is to prepare
    ):
        if opened is None:
            return
        queue, _ = opened
        calls = GatewayMetrics(desk.metrics.registry)
        callers = [Caller(gateway, name, kinds, calls) for name, kinds in functions]
        teams = [Team(caller.handlers(), settings.max_inflight, TRIES) for caller in callers]
        await desk.take_orders(queue, queue_settings, teams, _stop(callers, desk.stop), _look(gateway, functions))
    log.info("stopped as told")


async def _look(gateway: Gateway, functions: Iterable[tuple[str, object]]) -> None:
    """Say what can be seen of the functions; whatever that is, and however long it takes, orders are taken."""
    for name, _ in functions:
        try:
            ready = await gateway.ready(name)
        except Unreached as error:
            log.warning("the gateway cannot be reached yet: %s", error)
            return
        log.info("the function is ready" if ready else "the function is not ready yet", extra={"function": name})


async def _stop(callers: Iterable[Caller], stop: asyncio.Event) -> None:
    """Let no order wait for its call any more, once told to stop."""
    await stop.wait()
    for caller in callers:
        await caller.stop()
