"""What is done for a call, once it is understood."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from functions.errors import Postponed, Rejected
from functions.jobs import ColoriseImage
from functions.outcome import OrderCarriedOut
from functions.passing_on import pass_on
from functions.serve.answers import Answer, json_answer
from functions.serve.calls import job_id_of, trace_id_of
from functions.stores.protocol import INBOX
from functions.telemetry.context import about, stages_told_to
from functions.web_files import media_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.jobs import AnyOrder, ImageWishes, SplitVideo, VideoWishes
    from functions.outcome import Outcome
    from functions.serve.function import ColoriseBytes, Function
    from functions.serve.threads import Threads
    from functions.stores.protocol import ObjectStore
    from functions.telemetry.metrics import Ending

_Params = ParamSpec("_Params")
_Given = TypeVar("_Given")


class Work:
    """Carries out what callers ask for; raises `Rejected` and `Postponed` as the handlers do.

    Args:
        function: that is called.
        threads: where whatever blocks is done.
    """

    def __init__(self, function: Function, threads: Threads) -> None:
        self._function = function
        self._threads = threads

    async def picture(self, colorise: ColoriseBytes, data: bytes, wishes: ImageWishes) -> Answer:
        """From bytes to bytes."""
        kind = str(self._function.vocabulary.order.model_fields["kind"].default)
        coloured = await self._handled(kind, colorise, data, self._within(wishes))
        headers = {
            "X-Picture-Size": f"{coloured.width}x{coloured.height}",
            "X-Picture-Seconds": f"{coloured.seconds:.3f}",
            "X-Picture-Notes": json.dumps(coloured.notes),  # in ASCII, as headers are
        }
        return Answer(200, coloured.data, f"image/{coloured.kind}", headers)

    async def linked_picture(self, colorise: ColoriseBytes, url: str, wishes: ImageWishes) -> Answer:
        """From a link to bytes."""
        return await self.picture(colorise, await self._function.links.fetch(url), wishes)

    async def linked_object(
        self, store: ObjectStore, url: str, target: str, wishes: ImageWishes, call_id: str
    ) -> Answer:
        """From a link into the store; the same file again stores nothing new."""
        data = await self._function.links.fetch(url)
        source = f"{INBOX}/link-{hashlib.sha256(data).hexdigest()[:32]}"

        def keep() -> None:
            if store.find(source) is None:
                store.write(source, data, content_type=media_type(data))

        await self._threads.run(keep)
        return await self.stored_object(source, target, wishes, call_id)

    async def stored_object(self, source: str, target: str, wishes: ImageWishes | VideoWishes, call_id: str) -> Answer:
        """From store to store; answered with the result's fields, and with those that the ancestor had."""
        started = time.perf_counter()
        order: ColoriseImage | SplitVideo = self._function.vocabulary.order.model_validate(
            {
                "job_id": job_id_of(call_id),
                "trace_id": trace_id_of(call_id),
                "asked_at": datetime.now(UTC),
                "source": source,
                "target": target,
                "wishes": wishes,
            }
        )
        outcome = await self._carried_out(order)
        answers = self._function.vocabulary.answers
        for result in outcome.results:
            if result.kind in answers:
                answer = answers[result.kind].model_validate(
                    {
                        **dict(result),
                        "duration": time.perf_counter() - started,
                        "output_filename": target,
                        "orders": outcome.orders,
                        "once": outcome.once,
                    }
                )
                return json_answer(200, answer.model_dump(mode="json"))
        msg = f"{order.kind} led to no result that can be answered"
        raise RuntimeError(msg)

    async def order(self, order: AnyOrder) -> Answer:
        """Carry out one of the queue's orders."""
        outcome = await self._carried_out(order)
        answer = OrderCarriedOut.of(outcome)
        return json_answer(200, answer.model_dump(mode="json"))

    async def _carried_out(self, order: AnyOrder) -> Outcome:
        """Call the handler; with a queue, what follows is in it when this returns."""
        if isinstance(order, ColoriseImage):
            order = order.model_copy(update={"wishes": self._within(order.wishes)})
        with about(kind=order.kind, job_id=order.job_id, trace_id=order.trace_id):
            outcome = await self._handled(order.kind, self._function.handlers[order.kind], order)
            queue = self._function.queue
            if queue is None:
                return outcome
            await pass_on(outcome, queue)
            return replace(outcome, orders=(), once=())

    async def _handled(
        self, kind: str, handler: Callable[_Params, _Given], *args: _Params.args, **kwargs: _Params.kwargs
    ) -> _Given:
        """Do the work itself, counted and timed as a worker's."""
        metrics = self._function.metrics
        ending: Ending = "failed"
        try:
            with (
                metrics.in_flight(kind, attempt=1),
                metrics.timed(kind, "handle"),
                stages_told_to(metrics.stages_of(kind)),
            ):
                given = await self._threads.run(handler, *args, **kwargs)
            ending = "done"
        except Rejected:
            ending = "rejected"
            raise
        except Postponed:
            ending = "postponed"
            raise
        finally:
            metrics.ended(kind, ending)
        return given

    def _within(self, wishes: ImageWishes) -> ImageWishes:
        most = min(wishes.max_pixels, self._function.limits.max_pixels)
        return wishes.model_copy(update={"max_pixels": most})
