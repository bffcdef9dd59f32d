"""Carries out orders for whole films: looks at one and has its chunks coloured; puts one together in the end."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, Final

from functions.errors import Rejected, Unreadable
from functions.film_work.pieces import GENERATION, Pieces
from functions.film_work.planned import Delivery, PlannedFilm, version_for
from functions.film_work.scratch import scratch_file
from functions.jobs import ColoriseChunk, JoinVideo, VideoColorised, VideoPlanned
from functions.kept_answers import asked_by, keep_answer, kept_answer
from functions.outcome import Outcome
from functions.telemetry.context import stage
from functions.video.chunk_report import summed
from functions.video.film_key import film_key
from functions.video.film_triage import refuse_color, triage_film
from functions.video.glimpse import glimpses
from functions.video.index import index
from functions.video.join import join
from functions.video.layout import output_layout
from functions.video.probe import probe
from functions.video.wishes import plan_film
from functions.video_split.limits import refuse_large_file, refuse_large_frames, refuse_many_frames, within_bytes
from functions.video_split.wishes import film_wishes

if TYPE_CHECKING:
    from functions.jobs import SplitVideo
    from functions.kept_answers import Asked
    from functions.stores.protocol import ObjectStore
    from functions.video.film import Film
    from functions.video.wishes import FilmWishes

log = logging.getLogger(__name__)

FILM_TYPES: Final = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "gif": "image/gif",
    "y4m": "video/x-yuv4mpeg2",
}
"""Container → type of the object that holds it."""


class SplitHandler:
    """Plans the film of an order.

    Args:
        store: where films are, and plans go.
        max_bytes: of a film; larger ones are refused unread.
    """

    def __init__(self, store: ObjectStore, *, max_bytes: int) -> None:
        self._store = store
        self._max_bytes = max_bytes

    def __call__(self, order: SplitVideo) -> Outcome:
        """Write the film's plan, and order the chunks that are not there; where all are, order the join.

        Raises:
            Rejected: there is no such film, it cannot be read, is larger than is taken or than was asked for, is in
                colour already and not forced, or cannot be written as was asked.
            Postponed: the store is out of reach.
        """
        found = self._store.find(order.source)
        asked = asked_by(order, found)
        answer = kept_answer(self._store, order.target, asked, job_id=order.job_id, trace_id=order.trace_id)
        if answer is not None:
            log.info("film is there already", extra={"target": order.target})
            return Outcome((answer,))
        if found is not None and found.size > self._max_bytes:
            msg = f"the film has {found.size / 1e6:,.0f} MB; the limit is {self._max_bytes / 1e6:,.0f} MB"
            raise Rejected(msg, code="too-large")
        with stage("plan"):
            planned = self._plan(order, asked)
        planned.write(self._store)
        finished = Pieces(self._store, planned.key).finished()
        missing = [chunk.number for chunk in planned.plan.chunks if chunk.number not in finished]
        told = VideoPlanned(
            job_id=order.job_id,
            trace_id=order.trace_id,
            plan=planned.name,
            width=_shown_width(planned.film, planned.wishes),
            height=planned.film.height,
            frames=planned.plan.frames,
            chunks=len(planned.plan.chunks),
            finished=len(planned.plan.chunks) - len(missing),
            notes=planned.notes,
        )
        common = {
            "job_id": order.job_id,
            "trace_id": order.trace_id,
            "asked_at": order.asked_at,
            "network": order.network,
            "plan": planned.name,
        }
        if not missing:
            return Outcome((told,), once=(JoinVideo.model_validate(common),))
        return Outcome((told,), tuple(ColoriseChunk.model_validate({**common, "chunk": number}) for number in missing))

    def _plan(self, order: SplitVideo, asked: Asked) -> PlannedFilm:
        def open_source() -> BinaryIO:
            return self._store.open(order.source)

        begun_at = datetime.now(UTC)
        film = probe(open_source)
        wishes = film_wishes(order.wishes, film, order.target)
        output_layout(film, wishes.encode)
        width = _shown_width(film, wishes)
        refuse_large_frames(order.wishes, width, film.height)
        timeline = index(open_source, film)
        plan = plan_film(film, timeline, wishes, start=order.wishes.start, end=order.wishes.end)
        refuse_many_frames(order.wishes, plan)
        wishes, bounded = within_bytes(order.wishes, film, plan, wishes, width=width)
        delivery = Delivery(max_bytes=order.wishes.max_bytes, audio=order.wishes.audio)
        notes = (*timeline.notes, *bounded)
        if not order.wishes.force:
            shown = range(plan.chunks[0].first, plan.chunks[-1].last)
            looked = triage_film(glimpses(open_source, film, timeline, shown=shown))
            refuse_color(looked, remedy="it can be coloured anew, if that is asked for")
            notes += looked.notes
        return PlannedFilm(
            key=film_key(open_source, film, timeline, plan, wishes, order.network, GENERATION),
            film=film,
            plan=plan,
            wishes=wishes,
            asked=asked,
            target=order.target,
            job_id=order.job_id,
            trace_id=order.trace_id,
            asked_at=order.asked_at,
            begun_at=begun_at,
            notes=notes,
            delivery=delivery,
            version=version_for(wishes, delivery),
        )


class JoinHandler:
    """Puts a coloured film together.

    Args:
        store: where plans and pieces are, and films go.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def __call__(self, order: JoinVideo) -> Outcome:
        """Put the film at its target, unless it is there.

        Raises:
            Rejected: the plan, the film or a piece is gone or damaged, or what came of them is larger than was asked
                for ("too-large").
            Postponed: the store is out of reach, or this machine's disk is full.
        """
        planned = PlannedFilm.read(self._store, order.plan)
        asked, target = planned.asked, planned.target
        answer = kept_answer(self._store, target, asked, job_id=order.job_id, trace_id=order.trace_id)
        if answer is not None:
            log.info("film is there already", extra={"target": target})
            return Outcome((answer,))
        pieces = Pieces(self._store, planned.key)
        accounts = [pieces.account(chunk.number) for chunk in planned.plan.chunks]
        made = [account for account in accounts if account is not None]
        if len(made) < len(accounts):
            gone = len(accounts) - len(made)
            msg = f"{gone} of {len(accounts)} pieces of the film are gone or too old: ask for it again"
            raise Rejected(msg, code="pieces-gone")
        with stage("join"):
            notes = self._join(planned, pieces)
        report = summed(account.report for account in made)
        networks = len({account.network for account in made})
        answer = VideoColorised(
            job_id=order.job_id,
            trace_id=order.trace_id,
            target=target,
            width=_shown_width(planned.film, planned.wishes),
            height=planned.film.height,
            frames=report.frames,
            inferred=report.inferred,
            repeats=report.repeats,
            shots=report.shots,
            damaged=report.damaged,
            notes=(*planned.notes, *report.notes, *_mixed(networks), *notes),
            seconds=(datetime.now(UTC) - planned.begun_at).total_seconds(),
        )
        keep_answer(self._store, asked, answer)
        return Outcome((answer,))

    def _join(self, planned: PlannedFilm, pieces: Pieces) -> tuple[str, ...]:
        """Write the film, and say what could not be kept."""
        openers = [pieces.open(chunk.number) for chunk in planned.plan.chunks]
        encode, delivery = planned.wishes.encode, planned.delivery
        open_source = planned.source(self._store)
        with scratch_file(f".{encode.holder}") as path:
            try:
                notes = join(open_source, planned.film, planned.plan, openers, path, encode, audio=delivery.audio)
            except Unreadable as error:
                if error.code == "bad-piece":
                    pieces.forget()  # or whoever asks again would get the very same ones
                raise
            refuse_large_file(path.stat().st_size, delivery.max_bytes, encode.holder)
            if self._store.find(planned.name) is None:
                msg = f"{planned.name} was deleted while its film was joined: ask for the film again"
                raise Rejected(msg, code="missing-object")
            with path.open("rb") as film:
                self._store.write(planned.target, film, content_type=FILM_TYPES[encode.holder])
        return notes


def _shown_width(film: Film, wishes: FilmWishes) -> int:
    return 2 * film.width if wishes.compare else film.width


def _mixed(networks: int) -> tuple[str, ...]:
    """What to say where workers took different networks for an order that left it open."""
    if networks == 1:
        return ()
    return (f"its parts were coloured by {networks} different networks: colours may change between them",)
