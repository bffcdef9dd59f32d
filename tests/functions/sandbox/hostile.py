"""A program whose child does, with each order, what its source is named after: a file that has taken it over.

`python -m tests.functions.sandbox.hostile worker`; over HTTP, with whatever a body says instead of a source.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

import functions.telemetry.logs  # noqa: F401 - all that is needed is imported before the rights are given up
from functions.colorise.picture_file.encoder import encode as encoded
from functions.colorise.picture_file.metadata import Metadata
from functions.errors import Rejected
from functions.jobs import ImageColorised
from functions.outcome import Outcome
from functions.program.command import main
from functions.program.parts import Parts, Program
from functions.program.settings import ProgramSettings
from functions.sandbox import inside, remote_store  # noqa: F401 - as above
from functions.stopping import leave
from functions.stores.names import answer_name
from functions.telemetry.context import stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from functions.jobs import ColoriseImage
    from functions.passing_on import OrderSink
    from functions.serve import Function
    from functions.stores.protocol import ObjectStore

MOST_MEMORY = 64 << 20
"""Bytes that it takes at once."""


def told(reason: str) -> NoReturn:
    """Say something to whoever asked."""
    raise Rejected(reason, code="told")


def segfault(_: ObjectStore, order: ColoriseImage) -> None:
    ctypes.string_at(0)
    told(order.source)


def eat(_: ObjectStore, __: ColoriseImage) -> None:
    eaten = [b""]
    while True:
        eaten.append(b"x" * MOST_MEMORY)


def encode(_: ObjectStore, __: ColoriseImage) -> None:
    """Write a picture in the way that takes the most memory."""
    encoded(np.zeros((6000, 8000, 3), np.uint8), None, kind="webp", quality=101, metadata=Metadata())
    told("written")


class _Knot:
    """Holds itself."""

    def __init__(self) -> None:
        self.end = self
        self.held = b"x" * MOST_MEMORY


def knot(_: ObjectStore, __: ColoriseImage) -> None:
    """Leave memory in an object that only the collector finds."""
    _Knot()
    told("knotted")


def eat_shared(_: ObjectStore, __: ColoriseImage) -> None:
    """Memory that could be shared with others, which the system's limit does not count."""
    eaten = []
    while True:
        eaten.append(mmap.mmap(-1, MOST_MEMORY))
        eaten[-1].write(b"x" * MOST_MEMORY)


def burn(_: ObjectStore, __: ColoriseImage) -> None:
    while True:
        pass


def sleep(_: ObjectStore, __: ColoriseImage) -> None:
    with stage("read"):
        pass  # it is told that it has begun
    while True:
        time.sleep(3600)


def connect(store: ObjectStore, order: ColoriseImage) -> None:
    """Reach a server on loopback, whose port the picture says."""
    port = int(store.read(order.source))
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    except OSError as error:
        told(f"no socket: {type(error).__name__}")
    try:
        socket.create_connection(("127.0.0.1", port), timeout=20).close()
    except OSError as error:
        told(f"no network: {type(error).__name__}")
    told("connected")


def other_picture(store: ObjectStore, _: ColoriseImage) -> None:
    told(repr(store.read("inbox/other.png")))


def other_target(store: ObjectStore, _: ColoriseImage) -> None:
    store.write("outbox/other.png", b"mine", content_type="image/png")
    told("overwritten")


def hostile_name(store: ObjectStore, order: ColoriseImage) -> None:
    """The name lies in the picture."""
    told(repr(store.find(store.read(order.source).decode())))


def giant(store: ObjectStore, order: ColoriseImage) -> None:
    store.write(answer_name(order.target), bytes(1 << 24), content_type="application/json")
    told("written")


def giant_file(_: ObjectStore, __: ColoriseImage) -> None:
    with tempfile.TemporaryFile() as file:
        try:
            os.posix_fallocate(file.fileno(), 0, 1 << 40)
            told("made")
        except OSError as error:
            told(str(error.strerror))


def garbage(store: Any, _: ColoriseImage) -> None:
    store._line._writer.write(b"garbage " * 100)
    sleep(store, _)


def flood(store: Any, _: ColoriseImage) -> None:
    """Promise the longest frame there could be."""
    store._line._writer.write(b"\xff" * 8)
    sleep(store, _)


def wrong_word(store: Any, _: ColoriseImage) -> None:
    store._line.send(b'{"do": "ready", "kinds": [], "model": null, "guards": {}}')
    sleep(store, _)


def impostor(_: ObjectStore, order: ColoriseImage) -> Outcome:
    return Outcome((coloured(order).model_copy(update={"job_id": "somebody-else"}),))


def other_result(_: ObjectStore, order: ColoriseImage) -> Outcome:
    return Outcome((coloured(order).model_copy(update={"target": "outbox/other.png"}),))


def look_around(store: ObjectStore, order: ColoriseImage) -> None:
    """Read whatever might hold a key: files the picture names, the environment, the parent's own."""
    seen = [name for name in os.environ if "hunter2" in os.environ[name]]
    for path in [f"/proc/{os.getppid()}/environ", *store.read(order.source).decode().split("\n")]:
        with contextlib.suppress(OSError):
            seen.append(f"{path}: {Path(path).read_bytes()[:20]!r}")
    told(f"seen: {seen}")


def kill_parent(_: ObjectStore, __: ColoriseImage) -> None:
    try:
        os.kill(os.getppid(), signal.SIGKILL)
    except OSError as error:
        told(str(error.strerror))


def start_program(_: ObjectStore, __: ColoriseImage) -> None:
    try:
        subprocess.run([sys.executable, "-c", ""], check=False)
    except OSError as error:
        told(f"no program: {type(error).__name__}")
    told("started")


def bug(_: ObjectStore, __: ColoriseImage) -> None:
    msg = "by zero"
    raise ZeroDivisionError(msg)


def decent(store: ObjectStore, order: ColoriseImage) -> Outcome:
    store.write(order.target, store.read(order.source), content_type="image/png")
    return Outcome((coloured(order),))


def coloured(order: ColoriseImage) -> ImageColorised:
    return ImageColorised(
        job_id=order.job_id,
        trace_id=order.trace_id,
        target=order.target,
        picture_kind="png",
        width=os.getpid(),
        height=1,
        verdict="grey",
        seconds=0,
    )


DEEDS: Final[Mapping[str, Callable[[Any, Any], Outcome | None]]] = {
    deed.__name__: deed
    for deed in (
        *(segfault, eat, encode, eat_shared, burn, sleep, connect, other_picture, other_target, hostile_name, giant),
        *(giant_file, garbage, flood, wrong_word, impostor, other_result, look_around, kill_parent, start_program),
        *(knot, bug, decent),
    )
}


def _assemble(_: ProgramSettings, store: ObjectStore | None) -> Parts:
    def handler(order: ColoriseImage) -> Outcome:
        name = order.source.split("/")[1]
        assert store is not None
        deed = DEEDS.get(name) or DEEDS[store.read(order.source).decode().split()[0]]
        return deed(store, order) or Outcome()

    return Parts(handlers={"colorise-image": handler}, model=("none", "0" * 64))


def _function(_: ProgramSettings, parts: Parts, store: ObjectStore | None, queue: OrderSink | None) -> Function:
    from functions.serve import PICTURES, Function  # noqa: PLC0415 - a child has no web

    return Function(
        name="hostile",
        handlers=parts.handlers,
        vocabulary=PICTURES,
        store=store,
        colorise_bytes=parts.colorise_bytes,
        queue=queue,
    )


PROGRAM: Final = Program(
    name="tests.functions.sandbox.hostile",
    settings=ProgramSettings,
    kinds=("colorise-image",),
    needs_store=False,
    assemble=_assemble,
    function=_function,
)

if __name__ == "__main__":
    leave(main(PROGRAM))
