"""The processes that colour a film's chunks: one a core, each with the network loaded once."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Final, Self

from cli.film_messages import ChunkReported, Failed, FilmOrder, Network, RunOrder
from cli.film_worker import work
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.process import BaseProcess
    from types import TracebackType

    from functions.video.plan import Chunk

ATTEMPTS: Final = 2
"""Workers that may die over one chunk: one may have been unlucky."""

LONGEST_RUN: Final = 12
"""Chunks that a worker is given at once, two minutes of film: the frames around a run are coloured twice, and longer
runs cost less; but the longer they are, the less evenly they are shared."""

SHARES: Final = 2
"""Runs for each worker that what is left is shared into: they get shorter towards the end, so that none waits long."""


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection[Any, Any]
    left: list[Chunk] = field(default_factory=list)
    """Chunks that it was given and has not finished."""
    ready: bool = False


class FilmPool:
    """Colours chunks in processes of its own; it serves several films, one after another. Use it as a context manager.

    Args:
        network: what each worker loads.
        size: processes at most.
    """

    def __init__(self, network: Network, size: int) -> None:
        self._network = network
        self._size = size
        self._workers: list[_Worker] = []
        self._context = multiprocessing.get_context("spawn")  # forked threads of a network would hang

    def run(self, film: FilmOrder, chunks: Iterable[Chunk]) -> Iterator[ChunkReported]:
        """Colour chunks of a film; reports come while frames are written, and one when a piece is there.

        A worker that dies is replaced, and the chunk it died over made again, once.

        Raises:
            Rejected: a chunk cannot be coloured, or two workers died over it.
            OSError: reading or writing failed, or the disk is full.
        """
        waiting = sorted(chunks, key=lambda chunk: chunk.number)
        deaths: Counter[int | None] = Counter()
        try:
            while waiting or any(worker.left for worker in self._workers):
                self._staff(len(waiting))
                self._assign(film, waiting)
                for worker in self._heard():
                    try:
                        message = worker.pipe.recv()
                    except (EOFError, OSError):
                        self._bury(worker)
                        number = worker.left[0].number if worker.left else None
                        deaths[number] += number is not None or not worker.ready
                        if deaths[number] == ATTEMPTS:
                            raise _died(worker) from None
                        waiting = sorted([*waiting, *worker.left], key=lambda chunk: chunk.number)
                        continue
                    worker.ready = True
                    if isinstance(message, Failed):
                        raise message.error
                    if isinstance(message, ChunkReported):
                        if message.finished:
                            worker.left.pop(0)
                        yield message
        finally:
            for worker in [worker for worker in self._workers if worker.left or not worker.ready]:
                self._bury(worker)

    def _staff(self, waiting: int) -> None:
        """Start workers that are missing."""
        idle = sum(not worker.left for worker in self._workers)
        for _ in range(min(self._size - len(self._workers), waiting - idle)):
            ours, theirs = self._context.Pipe()
            process = self._context.Process(target=work, args=(theirs, self._network), daemon=True)
            with _undisturbed():
                process.start()
            theirs.close()  # or its end would never be heard
            self._workers.append(_Worker(process, ours))

    def _assign(self, film: FilmOrder, waiting: list[Chunk]) -> None:
        """Give each worker that has nothing to do a run of chunks, as far as they go."""
        for worker in self._workers:
            if waiting and worker.ready and not worker.left:
                longest = min(LONGEST_RUN, max(1, len(waiting) // (SHARES * self._size)))
                run = _run(waiting, longest)
                del waiting[: len(run)]
                worker.left = list(run)
                with contextlib.suppress(OSError):  # it has just died: its end is heard next
                    worker.pipe.send(RunOrder(film, run))

    def _heard(self) -> list[_Worker]:
        """Wait until a worker says something, or dies."""
        ends: dict[Any, _Worker] = {}
        for worker in self._workers:
            ends[worker.pipe] = ends[worker.process.sentinel] = worker
        return list(dict.fromkeys(ends[end] for end in wait(list(ends))))

    def _bury(self, worker: _Worker) -> None:
        """End a worker."""
        self._workers.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._workers):
            self._bury(worker)


def _run(chunks: Sequence[Chunk], longest: int) -> tuple[Chunk, ...]:
    """The first chunks, as far as they follow each other."""
    length = 1
    while length < min(longest, len(chunks)) and chunks[length - 1].last == chunks[length].first:
        length += 1
    return tuple(chunks[:length])


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Start a process that Ctrl-C does not reach, not even while Python starts in it; ours comes when this ends."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would lift the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _died(worker: _Worker) -> Rejected:
    code = worker.process.exitcode or 0
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    what = "before it had loaded the network"
    if worker.left:
        what = f"over frames {worker.left[0].first} to {worker.left[0].last - 1}"
    msg = f"a worker {how} {what}, and so did the one before it: too little memory? Try --jobs 1"
    return Rejected(msg, code="worker-lost")
