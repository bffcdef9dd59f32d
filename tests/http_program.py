"""A function as a process: it says its port, then "begun" at each call, and answers one when it is sent a line.

python -m tests.http_program
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from functions.serve import ColouredBytes, serve
from functions.serve.server import listening
from functions.telemetry.logs import configure
from functions.web_files import Guard, WebFiles
from tests.http_function import Stub

if TYPE_CHECKING:
    from functions.jobs import ImageWishes


def colorise(data: bytes, _wishes: ImageWishes) -> ColouredBytes:
    """Take as long as the test wants."""
    say("begun")
    sys.stdin.readline()
    return ColouredBytes(data[::-1], "jpeg", 1, 1, (), 0.0)


def say(words: object) -> None:
    """Tell the test."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    configure()
    callbacks = WebFiles(Guard(allowed_hosts=frozenset({"127.0.0.1"})))
    listener = listening("127.0.0.1", 0)
    say(listener.getsockname()[1])
    asyncio.run(serve(Stub().pictures(colorise_bytes=colorise, callbacks=callbacks), listener=listener))
    say("ended")
