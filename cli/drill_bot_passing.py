"""Mentions that deserve an answer when the bot hears of them, and none any more when it is ready."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cli.drill_bot_casting import MAX_AGE
from cli.drill_bot_scenes import Act, Scene

if TYPE_CHECKING:
    from cli.drill_bot_casting import Casting
    from cli.drill_bot_play import Play

LEFT: Final = timedelta(seconds=3)
"""Of the time in which one of them is answered: enough for the bot to fetch its picture and have it coloured."""


class Passing:
    """Two mentions of a photo each.

    Args:
        casting: that makes people and pictures.
    """

    def __init__(self, casting: Casting) -> None:
        ageing = Act(casting.person(), casting.plea(), (casting.picture(),), age=MAX_AGE - LEFT)
        self._ageing = Scene("too old before its reply was ready", (ageing,))
        deleted = Act(casting.person(), casting.plea(), (casting.picture(),))
        self._deleted = Scene("deleted before its reply was posted", (deleted,))

    async def play(self, play: Play) -> None:
        """Have one grow too old while its picture is uploaded, and delete the other while its reply is being posted."""
        control = play.control
        uploading = await control.hold("upload")
        await play.play(self._ageing)
        try:
            await control.wait_held(uploading, 2 * LEFT.total_seconds())
        except TimeoutError:  # on a machine so busy that it was too old at once
            await control.release(uploading)
        posting = await control.hold("create")
        (mention,) = await play.play(self._deleted)
        await control.wait_held(posting)
        await control.delete_post(str(mention))
        await control.release(posting)
        await asyncio.sleep(LEFT.total_seconds())
        await control.release(uploading)
