"""The parent's end of a child: starts it, gives it orders one at a time, and finds out how it died."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from functions.environment import THREADS_OF
from functions.errors import Postponed, Rejected
from functions.jobs import encoded
from functions.sandbox.desk import Desk, TooLarge
from functions.sandbox.frames import MOST_BODY, Ended, Garbled, Line
from functions.sandbox.scratch import Scratch
from functions.sandbox.verdicts import Crashed, NotStarted, TooCostly, failed_inside
from functions.sandbox.watch import Allowance, Watch, too_much_memory
from functions.sandbox.words import (
    FROM_CHILD,
    Begin,
    Carry,
    Costly,
    Done,
    Failed,
    Later,
    Part,
    Ready,
    Refused,
    Stage,
    heard,
    parsed_outcome,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from io import RawIOBase
    from pathlib import Path

    from functions.jobs import AnyOrder
    from functions.outcome import Outcome
    from functions.sandbox.limits import Limits
    from functions.sandbox.reach import Reach
    from functions.stores.protocol import ObjectStore

KEPT: Final = (
    *("PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "VIRTUAL_ENV"),
    *("USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR"),
)
KEPT_BEGINNINGS: Final = ("LC_", "LD_", "DYLD_", "PYTHON", "XDG_DATA", "ORT_", "OMP_", "OPENBLAS_", "CUDA_", "NVIDIA_")
"""Variables that libraries need. What else is in the environment may be a key to something."""

PIPE_BYTES: Final = 1 << 20
SET_PIPE_BYTES: Final = 1031
"""Linux's largest pipe that needs no rights, and the number of the call: fcntl.h."""

END_SECONDS: Final = 5.0
"""For an idle child to end in."""

MOST_STAGES: Final = 64
"""Of one order that are counted; the handlers have three."""

STAGES: Final = ("read", "colour", "write", "plan", "join")
"""That are counted: each has a row of its own in the metrics."""


@dataclass(frozen=True, slots=True)
class Job:
    """An order, and what belongs to it."""

    order: AnyOrder
    fields: Mapping[str, object]
    """What log lines say of it."""
    reach: Reach
    store: ObjectStore
    stage: Callable[[str, float], None]
    """Is told of the stages that are over."""


class Child:
    """A process that carries out orders, one at a time.

    Args:
        command: that starts it.
        settings: of the program, as JSON; without secrets.
        limits: of it.
        threads: that numpy's libraries use.
        log_level: from which on it logs.
        hard_memory: whether it may be kept from taking more memory at all; it is watched in any case.

    """

    def __init__(  # noqa: PLR0913 - each is said once, where it is made
        self,
        command: Sequence[str],
        settings: str,
        limits: Limits,
        *,
        threads: int,
        log_level: str,
        hard_memory: bool = True,
    ) -> None:
        self._limits = limits
        self._busy = False
        self._scratch = Scratch()
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(self._scratch.files, threads),
            bufsize=0,
        )
        self._line = _line(self._process)
        self._watch = Watch(self._process)
        self._settings = settings
        self._begin = Begin(
            log_level=log_level,
            threads=threads,
            memory_bytes=limits.memory_bytes if hard_memory else None,
            file_bytes=limits.file_bytes,
            parent=os.getpid(),
        )

    def warm_up(self) -> Ready:
        """Wait until it is warm, and hear what it is; where it cannot be, it is ended.

        Raises:
            Rejected: the program cannot be put together.
            NotStarted: it died before it was ready, or was ended.
        """
        self._busy = True
        try:
            self._line.send(self._begin.encoded(), self._settings.encode())
            return self._started()
        except (Ended, Garbled) as error:
            raise NotStarted(str(self._death(error))) from error
        except BaseException:
            self.end()
            raise
        finally:
            self._busy = False

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it can be given orders."""
        return self._watch.why is None and self._process.poll() is None

    def carry_out(self, job: Job) -> Outcome:
        """Have an order carried out.

        Raises:
            Rejected: it can never succeed.
            Postponed: it may succeed later.
            Crashed: the child died over it, or did what no order leads to, and was ended.
            TooCostly: it took more than it may, and was ended.
            Exception: a bug, of the child's kind.
        """
        seconds = self._limits.seconds[job.order.kind]
        self._busy = True
        self._watch.begin(Allowance(seconds, seconds * self._limits.patience, self._limits.memory_bytes))
        desk = Desk(self._line, job.store, job.reach)
        try:
            fields = {name: one for name, one in job.fields.items() if isinstance(one, str | int | float)}
            self._line.send(Carry(fields=fields).encoded(), encoded(job.order))
            return self._served(desk, job)
        except (Ended, Garbled, TooLarge) as error:
            raise self._death(error) from error
        finally:
            self._busy = False
            self._watch.end()
            desk.close()

    def end(self) -> None:
        """End it; what it has in hand is left undone. Its scratch files are deleted."""
        self._watch.close()
        if self._busy:
            self._process.kill()
        else:
            self._line.end()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._line.close()
        self._scratch.delete()

    def _started(self) -> Ready:
        word = heard(FROM_CHILD, self._line.receive()[0])
        if isinstance(word, Refused):
            raise Rejected(word.reason, code=word.code)
        if isinstance(word, Later):
            raise Postponed(word.reason, after_seconds=word.after_seconds)
        if not isinstance(word, Ready):
            msg = f"{word.do} before it was ready"
            raise Garbled(msg)
        return word

    def _served(self, desk: Desk, job: Job) -> Outcome:
        """Answer until the child says how the order ended."""
        stages = 0
        while True:
            head, body = self._line.receive()
            match heard(FROM_CHILD, head):
                case Stage(name=name, seconds=seconds):
                    stages += 1
                    if name in STAGES and stages <= MOST_STAGES:
                        job.stage(name, seconds)
                case Done():
                    outcome = parsed_outcome(body)
                    job.reach.check_outcome(outcome)
                    return outcome
                case Refused(reason=reason, code=code):
                    raise Rejected(reason, code=code)
                case Later(reason=reason, after_seconds=after):
                    raise Postponed(reason, after_seconds=after)
                case Costly():
                    self._process.kill()
                    self._process.wait()
                    raise TooCostly(too_much_memory(self._limits.memory_bytes))
                case Failed(error=kind, message=message, traceback=told):
                    raise failed_inside(kind, message, told)
                case Ready() | Part() as word:
                    msg = f"{word.do} while an order was in hand"
                    raise Garbled(msg)
                case request:
                    desk.answer(request)

    def _death(self, error: Exception) -> Exception:
        """End the child, and say why."""
        if not isinstance(error, Ended):
            self._process.kill()
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:  # it closed the line, and goes on
            self._process.kill()
            code = self._process.wait()
        why = self._watch.why
        self.end()
        if why is not None:
            return TooCostly(why)
        if isinstance(error, TooLarge):
            return Rejected(str(error), code="too-large")
        if isinstance(error, Garbled):
            return Crashed(f"the process that decodes files did what no order leads to, and was ended: {error}")
        return Crashed(f"the process that decodes files died: {_how(code)}")


def _line(process: subprocess.Popen[bytes]) -> Line:
    assert process.stdin is not None  # noqa: S101 - they are pipes, as was asked
    assert process.stdout is not None  # noqa: S101 - as above
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ImportError):
            import fcntl  # noqa: PLC0415 - Windows has none

            fcntl.fcntl(pipe.fileno(), SET_PIPE_BYTES, PIPE_BYTES)
    reader: RawIOBase = process.stdout  # type: ignore[assignment]  # without a buffer it is one
    writer: RawIOBase = process.stdin  # type: ignore[assignment]  # likewise
    return Line(reader, writer, most_body=MOST_BODY)


def _environment(scratch: Path, threads: int) -> dict[str, str]:
    """Only what is known to be no secret."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in KEPT or name.upper().startswith(KEPT_BEGINNINGS)
    }
    counted = dict.fromkeys(THREADS_OF, str(threads))
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    return {**kept, **counted, **places, "COLORISE_SECRETS": os.devnull}


def _how(code: int) -> str:
    if code >= 0:
        return f"it ended by itself, with {code}"
    with contextlib.suppress(ValueError):
        name = signal.Signals(-code).name
        return f"{name}, as the system does where memory runs out" if -code == signal.SIGKILL else name
    return f"signal {-code}"
