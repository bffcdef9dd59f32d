"""The child: gives up its rights, warms up, and carries out what it is given until nobody is at the other end.

At the top stand imports that bring no numpy: the number of its threads is read when it is imported, and rights are
given up before.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import tempfile
import threading
import time
import traceback
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from functions.errors import Postponed, Rejected
from functions.jobs import parse_order
from functions.sandbox.confine import confine
from functions.sandbox.frames import MOST_ANSWER, Ended, Garbled, Line
from functions.sandbox.remote_store import RemoteStore
from functions.sandbox.words import (
    FROM_PARENT,
    LONGEST_REASON,
    LONGEST_TRACEBACK,
    Begin,
    Carry,
    Costly,
    Done,
    Failed,
    Later,
    Ready,
    Refused,
    Stage,
    encoded_outcome,
    heard,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from functions.outcome import Handlers
    from functions.sandbox.words import Word
    from functions.stores.protocol import ObjectStore

STDOUT, STDERR = 1, 2

ORPHAN_SECONDS: Final = 2.0
"""Between looks for the parent, where the system does not end us with it."""

NO_MEMORY: Final = ("bad_alloc", "insufficient memory", "cannot allocate memory", "failed to allocate memory")
"""How native libraries say it."""

UNWRITABLE: Final = "unwritable"
"""Of a picture that the encoder failed at. It does not say at what; but kinds and sizes were looked at before, so it is
memory, of which the encoders of WebP and AVIF take most."""

log = logging.getLogger(__name__)


class Inside:
    """What a program's child is made of.

    Args:
        settings: reads the program's settings from JSON.
        readable: files and folders that it needs, beside the program, given its settings.
        accelerator: whether it is to use one, likewise.
        assemble: puts the handlers together, given settings and store, warm: they, and the network's name and sha256.
        configure_logs: sends the log to standard error, from this level on.
    """

    def __init__(
        self,
        *,
        settings: Callable[[bytes], Any],
        readable: Callable[[Any], Sequence[Path]],
        accelerator: Callable[[Any], bool],
        assemble: Callable[[Any, ObjectStore], tuple[Handlers, tuple[str, str] | None]],
        configure_logs: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._readable = readable
        self._accelerator = accelerator
        self._assemble = assemble
        self._configure_logs = configure_logs

    def run(self) -> int:
        """Serve the parent, which speaks by standard input and output; return the exit code."""
        line = _own_line()
        try:
            handlers = self._begun(line)
            gc.freeze()  # what is there now stays: it need not be looked through each time
            while True:
                _carry_out(line, handlers)
                # Films leave megabytes in a few objects that hold each other, and Python counts objects: it would look
                # for them after hundreds of films.
                gc.collect()
        except Ended:
            return 0

    def _begun(self, line: Line) -> Handlers:
        head, body = line.receive()
        begin = heard(FROM_PARENT, head)
        if not isinstance(begin, Begin):
            msg = "the first word is to begin"
            raise Garbled(msg)
        settings = self._settings(body)
        readable, accelerator = self._readable(settings), self._accelerator(settings)
        scratch = Path(tempfile.gettempdir())
        guards = confine(begin, readable=readable, scratch=scratch, accelerator=accelerator)
        if not sys.platform.startswith("linux"):
            threading.Thread(target=_leave_with, args=(begin.parent,), daemon=True).start()
        self._configure_logs(begin.log_level)
        try:
            handlers, model = self._assemble(settings, RemoteStore(line))
        except (Rejected, Postponed) as error:
            line.send(_verdict(error).encoded())
            raise Ended from error
        line.send(Ready(kinds=tuple(handlers), model=model, guards=guards).encoded())
        return handlers


def _own_line() -> Line:
    """Take standard output for the line; what libraries print goes to standard error."""
    writer = FileIO(os.dup(STDOUT), "wb")
    os.dup2(STDERR, STDOUT)
    reader = FileIO(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Line(reader, writer, most_body=MOST_ANSWER)


def _carry_out(line: Line, handlers: Handlers) -> None:
    """Wait for an order, carry it out, and say how it ended."""
    from functions.telemetry.context import about, stages_told_to  # noqa: PLC0415 - with the rights given up

    def told(name: str, seconds: float) -> None:
        line.send(Stage(name=name, seconds=seconds).encoded())

    head, body = line.receive()
    carry = heard(FROM_PARENT, head)
    if not isinstance(carry, Carry):
        msg = f"{carry.do} where an order was to come"
        raise Garbled(msg)
    outcome = b""
    word: Word
    with about(**carry.fields), stages_told_to(told):
        try:
            order = parse_order(body)
            outcome = encoded_outcome(handlers[order.kind](order))
            word = Done()
        except (Ended, Garbled):
            raise
        except (Rejected, Postponed) as error:
            word = Costly() if isinstance(error, Rejected) and error.code == UNWRITABLE else _verdict(error)
        except Exception as error:  # noqa: BLE001 - it is told to the parent, and logged there
            word = Costly() if _is_for_memory(error) else _failed(error)
    line.send(word.encoded(), outcome)


def _verdict(error: Rejected | Postponed) -> Refused | Later:
    reason = error.reason[:LONGEST_REASON]
    if isinstance(error, Postponed):
        return Later(reason=reason, after_seconds=error.after_seconds)
    return Refused(reason=reason, code=error.code)


def _failed(error: Exception) -> Failed:
    return Failed(
        error=type(error).__name__,
        message=str(error)[:LONGEST_REASON],
        traceback="".join(traceback.format_exception(error))[-LONGEST_TRACEBACK:],
    )


def _is_for_memory(error: BaseException) -> bool:
    """Whether it, or what it came of, is that no memory was left."""
    if isinstance(error, MemoryError) or any(words in str(error).lower() for words in NO_MEMORY):
        return True
    cause = error.__cause__ or error.__context__
    return cause is not None and _is_for_memory(cause)


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_SECONDS)
    os._exit(1)
