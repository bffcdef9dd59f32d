"""From a picture in the store to one in colour: ordered, followed, and told to who waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from demo.clip_preview import preview
from demo.prints import grey_print
from demo.uploads import MAX_PIXELS
from demo.visit import Coloured, Refused
from functions.errors import Postponed, Rejected
from functions.jobs import (
    ChunkColorised,
    ColoriseImage,
    ImageColorised,
    ImageWishes,
    JobFailed,
    SplitVideo,
    VideoColorised,
    VideoPlanned,
    VideoWishes,
)
from functions.queues.sorted_results import SortedResults
from functions.stopping import end
from functions.telemetry.context import about

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from demo.foreman import Foreman
    from demo.rules import RuleBook, Rules
    from demo.visit import Visit
    from demo.visits import Live, Visits
    from functions.jobs import AnyResult
    from functions.queues.protocol import Queue
    from functions.queues.sorted_results import Following
    from functions.stores.protocol import ObjectStore

PHOTO_WISHES: Final = ImageWishes(
    kind="jpeg",  # every browser shows it and every phone saves it; a lossless 12 megapixels take seconds to write
    keep_metadata=False,  # it goes before everybody's eyes
    max_pixels=MAX_PIXELS,
)

CLIP_SIDE: Final = 2048
"""Pixels of a clip, either way: more of them take minutes on a laptop."""

FRAME_RATE: Final = 60
"""Of a clip, at most; with its seconds it bounds the frames that are coloured."""

LOOK_SECONDS: Final = 15.0
"""Until a result that does not come is looked for, and its order sent again: harmless, and right should it be lost."""

AGAIN_SECONDS: Final = 1.0
"""Before what is out of reach is tried again."""

AT_END_SECONDS: Final = 0.1
"""After which a visit's task that goes on is told of the end once more: they ask the queue several times a second."""

PRINTS_AT_ONCE: Final = 2
"""Pictures that are decoded here at the same time: one of 100 megapixels takes some 400 MB."""

log = logging.getLogger(__name__)


def order_of(visit: Visit, rules: Rules) -> ColoriseImage | SplitVideo:
    """The order for what is in the store: equal however often it is made."""
    common: dict[str, Any] = {
        "job_id": visit.job_id,
        "trace_id": visit.trace_id,
        "asked_at": visit.began_at,
        "source": visit.source,
        "target": visit.after,
    }
    if visit.kind == "photo":
        return ColoriseImage(**common, wishes=PHOTO_WISHES)
    wishes = VideoWishes(
        container="mp4",
        max_width=CLIP_SIDE,
        max_height=CLIP_SIDE,
        max_frame_rate=FRAME_RATE,
        max_frames=max(1, round(rules.max_clip_seconds * FRAME_RATE)),
        audio="aac",
        plain=True,
    )
    return SplitVideo(**common, wishes=wishes)


class Colourist:
    """Has visits coloured, each in a task of its own.

    Args:
        store: with what was brought.
        queue: where orders go.
        visits: that are told of what happens.
        foreman: knows who is being worked on.
        rules: of the stand.
        ended: is told of each that is settled.
        now: the clock.
    """

    def __init__(  # noqa: PLR0913 - as many parts as the way has
        self,
        store: ObjectStore,
        queue: Queue,
        visits: Visits,
        foreman: Foreman,
        rules: RuleBook,
        *,
        ended: Callable[[Live], None],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._queue = queue
        self._visits = visits
        self._foreman = foreman
        self._rules = rules
        self._ended = ended
        self._now = now
        self._results = SortedResults()
        self._tasks: set[asyncio.Task[None]] = set()
        self._printing = asyncio.Semaphore(PRINTS_AT_ONCE)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear results while the block lasts; whatever is in work at its end is left to the next life."""
        heard = asyncio.Event()
        following = asyncio.create_task(self._results.follow(self._told(heard)), name="results")
        try:
            await heard.wait()
            yield
        finally:
            await end([following, *self._tasks], again_seconds=AT_END_SECONDS)

    def start(self, live: Live, data: bytes | None = None, *, resumed: bool = False) -> None:
        """Have a visit coloured, whose source is in the store.

        Args:
            live: the visit.
            data: a photo's source, where it is at hand.
            resumed: an earlier life may have ordered it, and its result may be there.
        """
        live.task = asyncio.create_task(self._work(live, data, resumed=resumed), name=f"visit {live.visit.id}")
        self._tasks.add(live.task)
        live.task.add_done_callback(self._tasks.discard)

    async def _told(self, heard: asyncio.Event) -> AsyncIterator[AnyResult]:
        """All results, without end: over an outage, those that were missed are looked for later."""
        while True:
            try:
                async with self._queue.results() as told:
                    heard.set()
                    async for result in told:
                        yield result
            except Postponed as error:
                log.warning("results are not heard now: %s", error.reason)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _work(self, live: Live, data: bytes | None, *, resumed: bool) -> None:
        """Insist until it is settled, or gone."""
        visit = live.visit
        with about(trace_id=visit.trace_id, job_id=visit.job_id):
            while not live.is_gone:
                try:
                    await self._settle(live, data, resumed=resumed)
                except Postponed as error:
                    log.warning("a visit waits: %s", error.reason)
                except Exception:  # the visitor must be told, and the next one served
                    log.exception("a visit failed: a bug")
                    await self._refuse(live, "failed", "something went wrong on our side")
                if live.visit.is_settled:
                    return
                await asyncio.sleep(AGAIN_SECONDS)

    async def _settle(self, live: Live, data: bytes | None, *, resumed: bool) -> None:
        printing = asyncio.create_task(self._print(live, data)) if live.visit.kind == "photo" else None
        try:
            result = await self._result(live, resumed=resumed)
            if isinstance(result, JobFailed):
                await self._refuse(live, _code(live.visit, result), result.reason)
                return
            if printing is not None and not await printing:
                await self._print(live, await asyncio.to_thread(self._store.read, live.visit.after))
        except Rejected as error:
            await self._refuse(live, error.code, error.reason)
            return
        finally:
            if printing is not None:
                # Not cancelled: its thread would write on, when the visit may be deleted already.
                await asyncio.gather(printing, return_exceptions=True)
            self._foreman.settled(_kind(live.visit), live.visit.job_id)
        await self._finish(live, result)

    async def _print(self, live: Live, data: bytes | None) -> bool:
        """Put the grey picture beside the coloured one; False where it cannot be read: the workers say why."""

        def made() -> None:
            source = self._store.read(live.visit.source) if data is None else data
            self._store.write(live.visit.before, grey_print(source, max_pixels=MAX_PIXELS), content_type="image/jpeg")

        try:
            async with self._printing:
                await asyncio.to_thread(made)
        except Rejected as error:
            log.info("no grey picture of the source: %s", error.reason)
            return False
        return True

    async def _result(self, live: Live, *, resumed: bool) -> AnyResult:
        """The last thing that is told of a job; what is told before goes to who follows it."""
        visit = live.visit
        async with self._results.of(visit.job_id) as following:
            known = {stage for stage, _ in visit.stages}
            result = await self._queue.last_result(visit.job_id) if resumed or "ordered" in known else None
            if result is None:
                await self._send(live)
            while result is None or not result.final:
                if result is not None:
                    await self._passed(live, result)
                result = await self._next(live, following)
        return result

    async def _send(self, live: Live) -> None:
        order = order_of(live.visit, self._rules.now)
        await self._queue.send(order)
        self._foreman.sent(order.kind, live.visit.job_id)
        self._reach(live, "ordered")

    async def _next(self, live: Live, following: Following) -> AnyResult:
        """The next result; says meanwhile that somebody has begun."""
        kind, job = _kind(live.visit), live.visit.job_id
        waited = 0.0
        while not live.is_gone:
            is_waiting = live.visit.stages[-1][0] == "ordered"
            seconds = self._foreman.look_seconds if is_waiting else LOOK_SECONDS
            try:
                async with asyncio.timeout(seconds):
                    return await following()
            except TimeoutError:
                waited += seconds
            if is_waiting and await self._foreman.has_taken(kind, job):
                self._reach(live, "colouring")
            if waited >= LOOK_SECONDS:
                waited = 0.0
                result = await self._queue.last_result(job)
                if result is None:
                    await self._send(live)
                elif result.final:
                    return result
        raise asyncio.CancelledError

    async def _passed(self, live: Live, result: AnyResult) -> None:
        """A clip is on its way."""
        self._reach(live, "colouring")
        if isinstance(result, VideoPlanned):
            if result.plan != live.visit.plan:
                self._visits.change(live, live.visit.model_copy(update={"plan": result.plan}))
                await self._visits.write(live)  # or its pieces would not be found when it is to be deleted
            done = round(result.frames * result.finished / max(1, result.chunks))
            live.progress.append({"done": done, "of": result.frames, "preview": None})
        elif isinstance(result, ChunkColorised):
            before = live.progress[-1] if live.progress else {"done": 0, "of": result.frames}
            of = int(before["of"])
            picture = await self._preview(live, result.chunk)
            if picture is not None:
                live.previews.append((result.chunk, picture))
            shown = None if picture is None else result.chunk
            live.progress.append({"done": min(of, before["done"] + result.frames), "of": of, "preview": shown})
        live.tell()

    async def _preview(self, live: Live, chunk: int) -> bytes | None:
        if live.visit.plan is None:
            return None
        try:
            return await asyncio.to_thread(preview, self._store, live.visit.plan, chunk)
        except (Rejected, Postponed, OSError) as error:
            log.info("no preview of a clip: %s", error)
            return None

    async def _finish(self, live: Live, result: AnyResult) -> None:
        if isinstance(result, ImageColorised):
            content_type, tint = f"image/{result.picture_kind}", result.tint
        elif isinstance(result, VideoColorised):
            content_type, tint = "video/mp4", None
        else:
            msg = f"a result of a kind that this program does not know: {result.kind}"
            raise Postponed(msg, after_seconds=60)
        coloured = Coloured(
            width=result.width,
            height=result.height,
            seconds=result.seconds,
            tint=tint,
            notes=result.notes,
            content_type=content_type,
        )
        await self._end(live, {"coloured": coloured})

    async def _refuse(self, live: Live, code: str, reason: str) -> None:
        await self._end(live, {"refused": Refused(code=code, reason=reason)})

    async def _end(self, live: Live, update: dict[str, Any]) -> None:
        """Tell the visitor, and then write it down: should that fail, the next life asks the queue again."""
        visit = live.visit if "refused" in update else live.visit.reached("done", self._now())
        self._visits.change(live, visit.model_copy(update=update))
        self._ended(live)
        while not live.is_gone:
            try:
                await self._visits.write(live)
            except Postponed as error:
                log.warning("a visit is written down later: %s", error.reason)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    def _reach(self, live: Live, stage: Any) -> None:
        if stage not in {name for name, _ in live.visit.stages}:
            self._visits.change(live, live.visit.reached(stage, self._now()))


def _kind(visit: Visit) -> str:
    return "colorise-image" if visit.kind == "photo" else "split-video"


def _code(visit: Visit, failed: JobFailed) -> str:
    """The code that a visitor is told: of a clip, what is too much is its frames unless they are too large."""
    if failed.code == "too-large" and visit.kind == "clip" and " frames, and " in failed.reason:
        return "too-long"
    return failed.code
