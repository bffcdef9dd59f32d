"""A process that colours chunks of films: told over a pipe, ended with its parent.

At the top stand imports of the standard library only: what the number of threads is read from must be set first.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from cli.film_messages import ChunkReported, Failed, Network, Ready, RunOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from functions.colorise.coloriser import Coloriser
    from functions.colorise.film import ChunkReport
    from functions.video.plan import Chunk

ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A worker a core is faster than threads that wait for each other, and its bytes do not depend on the machine."""


def work(orders: Connection[Any, Any], network: Network) -> None:
    """Colour the chunks that come, until there are no more or the parent has gone; be a process's main function."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ |= ONE_THREAD
    try:
        coloriser = _coloriser(network)
        orders.send(Ready())
        while True:
            _colour(orders.recv(), coloriser, orders.send)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent says it
        orders.send(Failed(_portable(error)))


def _end_with_parent() -> None:
    """Do not outlive the parent, however it ended, not even by the rest of a frame."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _coloriser(network: Network) -> Coloriser:
    import cv2  # noqa: PLC0415 - after the threads were counted

    from cli.library import open_model  # noqa: PLC0415 - as above
    from functions.colorise.coloriser import Coloriser  # noqa: PLC0415 - as above
    from functions.colorise.session import NetworkSession  # noqa: PLC0415 - as above
    from functions.errors import Rejected  # noqa: PLC0415 - as above

    cv2.setNumThreads(1)
    card, weights = open_model(network.model)
    if card.weights.sha256 != network.sha256:
        msg = f"model {network.model} was replaced while the film was coloured: start again"
        raise Rejected(msg, code="changed")
    return Coloriser(NetworkSession(weights, card, threads=1, gpus=()), side=network.side)


def _colour(order: RunOrder, coloriser: Coloriser, tell: Callable[[ChunkReported], None]) -> None:
    """Write pieces, and after each what was done for it: then it counts as finished."""
    from cli.film_pieces import piece_path, write_report  # noqa: PLC0415 - after the threads were counted
    from functions.colorise.film import colorise_chunks  # noqa: PLC0415 - as above
    from functions.whole_file import replacing  # noqa: PLC0415 - as above

    film = order.film

    @contextlib.contextmanager
    def open_piece(chunk: Chunk) -> Iterator[BinaryIO]:
        with replacing(piece_path(film.folder, chunk.number)) as partial, partial.open("w+b") as file:
            yield file

    def open_source() -> BinaryIO:
        return film.source.open("rb")

    def on_frame(report: ChunkReport) -> None:
        tell(ChunkReported(report, finished=False))

    reports = colorise_chunks(
        open_source, film.film, order.chunks, coloriser, film.wishes, open_piece, on_frame=on_frame
    )
    for report in reports:
        write_report(film.folder, report)
        tell(ChunkReported(report, finished=True))


def _portable(error: Exception) -> Exception:
    """The error as the parent can read it: FFmpeg's own carry what does not cross to another process."""
    from functions.errors import Rejected  # noqa: PLC0415 - after the threads were counted

    if isinstance(error, Rejected | MemoryError):
        return error
    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror or str(error), error.filename)
    return RuntimeError(f"{type(error).__name__}: {error}")
