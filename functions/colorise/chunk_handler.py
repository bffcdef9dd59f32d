"""Carries out orders for chunks of films: a coloured piece each, and word to join them when all are there."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from functions.colorise.film import colorise_chunk
from functions.errors import Rejected
from functions.film_work.pieces import Account, Pieces
from functions.film_work.planned import PlannedFilm
from functions.film_work.scratch import scratch_file
from functions.jobs import ChunkColorised, JoinVideo
from functions.outcome import Outcome
from functions.telemetry.context import stage

if TYPE_CHECKING:
    from functions.colorise.engine import Engine
    from functions.jobs import ColoriseChunk
    from functions.stores.protocol import ObjectInfo, ObjectStore

log = logging.getLogger(__name__)


class ChunkHandler:
    """Colours the chunk of an order.

    Args:
        store: where plans, films and pieces are.
        engine: the network, with one thread: else the bytes of a piece would depend on the machine.
    """

    def __init__(self, store: ObjectStore, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self._latest: tuple[ObjectInfo, PlannedFilm] | None = None

    def __call__(self, order: ColoriseChunk) -> Outcome:
        """Put the chunk's piece into the store, unless it is there; whoever finds all of them there has them joined.

        Of two that finish the last two pieces at once both may find so: the join is ordered once all the same.

        Raises:
            Rejected: the plan or the film is gone, or was deleted meanwhile, or is another; or no frame of the chunk
                can be decoded.
            Postponed: the store is out of reach, this machine's disk is full, or another network is wanted.
        """
        planned = self._planned(order.plan)
        chunks = len(planned.plan.chunks)
        if order.chunk >= chunks:
            msg = f"the film has no chunk {order.chunk}: it has {chunks}"
            raise Rejected(msg, code="bad-chunk")
        pieces = Pieces(self._store, planned.key)
        account = pieces.account(order.chunk)
        if account is None:
            account = self._colour(order, planned, pieces)
        else:
            log.info("chunk is there already", extra={"plan": order.plan, "chunk": order.chunk})
        report = account.report
        told = ChunkColorised(
            job_id=order.job_id,
            trace_id=order.trace_id,
            chunk=order.chunk,
            frames=report.frames,
            inferred=report.inferred,
            repeats=report.repeats,
            shots=report.shots,
            damaged=report.damaged,
            seconds=account.seconds,
        )
        if not pieces.finished().issuperset(range(chunks)):
            return Outcome((told,))
        join = JoinVideo(
            job_id=order.job_id,
            trace_id=order.trace_id,
            asked_at=order.asked_at,
            network=order.network,
            plan=order.plan,
        )
        return Outcome((told,), once=(join,))

    def _colour(self, order: ColoriseChunk, planned: PlannedFilm, pieces: Pieces) -> Account:
        coloriser = self._engine.coloriser(order.network)
        open_source = planned.source(self._store)
        chunk = planned.plan.chunks[order.chunk]
        begun = time.perf_counter()
        with scratch_file() as path, path.open("w+b") as file:
            with stage("colour"):  # reading by ranges, decoding and encoding among it
                report = colorise_chunk(open_source, planned.film, chunk, coloriser, planned.wishes, file)
            account = Account(report, self._engine.identity(order.network), time.perf_counter() - begun)
            file.seek(0)
            with stage("write"):
                if self._store.find(order.plan) is None:
                    msg = f"{order.plan} was deleted while a part of its film was coloured: ask for the film again"
                    raise Rejected(msg, code="missing-object")
                pieces.keep(order.chunk, file, account)
        return account

    def _planned(self, name: str) -> PlannedFilm:
        """The plan of this name; the latest one is at hand, for a worker is likely to be given the next chunk of it.

        It is looked for all the same: it may have been erased, and written anew for another source.
        """
        found, latest = self._store.find(name), self._latest
        if found is None or latest is None or latest[0] != found:
            planned = PlannedFilm.read(self._store, name)
            self._latest = None if found is None else (found, planned)
            return planned
        return latest[1]
