"""A network that looks like X to a client of its API, over real HTTP on loopback: for tests, drills and first steps.

It knows nobody but those it is told of, keeps everything in memory, and can be told to behave badly.
"""

from __future__ import annotations

from bot.fake_x.control import XControl
from bot.fake_x.fake import FakeX
from bot.fake_x.faults import FaultKind
from bot.fake_x.media import Attached, MediaKind
from bot.fake_x.server import FakeXServer
from bot.fake_x.settings import AccountSettings, AppKeys, Credentials, Settings

__all__ = [
    "AccountSettings",
    "AppKeys",
    "Attached",
    "Credentials",
    "FakeX",
    "FakeXServer",
    "FaultKind",
    "MediaKind",
    "Settings",
    "XControl",
]
