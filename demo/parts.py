"""All parts of the stand, put together from their own files: booth and wall, timeline, machine room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from demo.application import Part
from demo.front import front_of
from demo.machine import Machine
from demo.machine_control import UpControl
from demo.machine_room import MachineRoom
from demo.mention_steps import MentionSteps
from demo.network import Network
from demo.network_http import BotSide
from demo.network_keeping import NetworkKeeping
from demo.network_trouble import Trouble
from demo.timeline import Door, Timeline
from demo.timeline_files import checker
from demo.visit_steps import either, steps_in

if TYPE_CHECKING:
    from starlette.requests import Request

    from demo.machine_settings import MachineSettings
    from demo.settings import DemoSettings
    from demo.stand import Stand

NETWORK_BOOK: Final = "STAND_NETWORK"
NETWORK_BOOK_SECONDS: Final = 24 * 3600.0
"""A post lives for a day."""


async def parts_of(stand: Stand, settings: DemoSettings, machine_settings: MachineSettings) -> list[Part]:
    """Everything that is shown.

    Args:
        stand: what visits pass through.
        settings: of the stand; without a token in them, no bot is let in.
        machine_settings: where the workers' keeper is found.

    Raises:
        Postponed: the queue is out of reach.
    """

    def say(request: Request, code: str, reason: str) -> str:
        return stand.answers.sentences.why(stand.answers.language(request), code, reason)

    network, trouble = Network(now=stand.now), Trouble(stand.now)
    book = await stand.queue.records(NETWORK_BOOK, keep_seconds=NETWORK_BOOK_SECONDS)
    keeping = NetworkKeeping(network, book, stand.store)
    door = Door(
        checker(lambda: stand.rules.now.max_clip_seconds),
        lambda: stand.rules.now.max_bytes,
        stand.doorkeeper.may_control,
        say,
    )
    timeline = Timeline(network, keeping, stand.store, trouble, door=door, streams=stand.streams)
    machine = Machine(stand.queue, UpControl(machine_settings), now=stand.now)
    mentions = MentionSteps(network)
    room = MachineRoom(
        machine,
        stand.streams,
        may_control=stand.doorkeeper.may_control,
        steps_of=either(steps_in(stand.visits), mentions.of),
        say=say,
    )
    parts = [front_of(stand), Part(timeline.routes, keeping.lifespan), Part(room.routes, machine.lifespan)]
    token = settings.stand_token.get_secret_value().strip() if settings.stand_token else ""
    if token:
        bot = BotSide(network, keeping, stand.store, token, trouble, fetched=mentions.fetched)
        parts.append(Part(bot.routes, programs=("/network/",)))
    return parts
