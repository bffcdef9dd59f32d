"""Results from NATS: none is missed and none comes twice, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, Final, Self

from functions.errors import Postponed, Rejected
from functions.jobs import parse_result
from functions.queues.jetstream_layout import RESULTS
from functions.queues.subjects import job_of_result, results_of

if TYPE_CHECKING:
    from functions.jobs import AnyResult
    from functions.queues.heard import Heard
    from functions.queues.jetstream_connection import JetStreamConnection
    from functions.queues.nats import Ear

BATCH: Final = 256
"""Results asked for at once."""

EXPIRES_SECONDS: Final = 30
"""That the server waits for them."""

KEPT_SECONDS: Final = 2 * EXPIRES_SECONDS
"""The server forgets the listener when it has not asked for this long."""

_log = logging.getLogger(__name__)


class NatsResults:
    """Reads on from the last result that it has seen.

    A consumer of its own on the server hands the results out in order. When the connection was lost, or one is missing
    from the consumer's count, another consumer takes over after the last that was seen.
    """

    def __init__(self, connection: JetStreamConnection, job_id: str | None) -> None:
        self._connection = connection
        self._job_id = job_id
        self._heard: asyncio.Queue[Heard | None] = asyncio.Queue()
        self._ear: Ear | None = None
        self._next_subject = ""
        self._left = 0
        """Of the results that were asked for."""
        self._turn = 0
        """Of the last message, in the consumer's count."""
        self._after = 0
        """The last result's number in the stream."""
        self._stream = ""
        """When the stream was made: a new one counts from 1 again."""

    async def begin(self) -> None:
        """Find out where to begin: the job's first result, or for all jobs the next that is told."""
        self._stream, last = await self._looked()
        self._after = last if self._job_id is None else 0

    async def end(self) -> None:
        """Listen no more."""
        ear, self._ear = self._ear, None
        if ear is not None:
            await self._connection.forget(ear)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AnyResult:
        while True:
            try:
                heard = await self._next()
            except Postponed as error:
                _log.debug("still waiting for results: %s", error.reason)
                await self.end()
                continue
            if heard is None or (result := self._read(heard)) is None:
                continue
            return result

    async def _next(self) -> Heard | None:
        """The next result; None where there was something else to hear."""
        if self._ear is None:
            await self._take_over()
        if self._left == 0:
            request = json.dumps({"batch": BATCH, "expires": EXPIRES_SECONDS * 1_000_000_000}).encode()
            self._left = BATCH
            await self._connection.publish(self._next_subject, request, reply=self._ear.subject if self._ear else "")
        try:
            async with asyncio.timeout(EXPIRES_SECONDS + 5):
                heard = await self._heard.get()
        except TimeoutError:
            heard = None
        if heard is None or heard.status == "409":  # a new connection, silence, or a consumer that is gone
            await self.end()
            return None
        if heard.place is None:  # nothing came in the time that was given
            self._left = 0
            return None
        self._left -= 1
        self._turn += 1
        if heard.place.turn != self._turn:
            await self.end()
            return None
        return heard

    def _read(self, heard: Heard) -> AnyResult | None:
        number = heard.place.sequence if heard.place else 0
        if number <= self._after:
            return None
        self._after = number
        try:
            return parse_result(heard.data)
        except Rejected as error:
            _log.warning("a result was skipped: %s", error.reason, extra={"job_id": job_of_result(heard.subject)})
            return None

    async def _take_over(self) -> None:
        await self._connection.wait_online()
        stream, _ = await self._looked()
        if stream != self._stream:
            self._stream, self._after = stream, 0
        inbox = self._connection.new_inbox()
        name = inbox.rpartition(".")[2]
        subject = results_of(self._job_id)
        config: dict[str, Any] = {
            "name": name,
            "filter_subject": subject,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._after + 1,
            "ack_policy": "none",
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": KEPT_SECONDS * 1_000_000_000,
        }
        await self._connection.api(
            "listen to results",
            f"CONSUMER.CREATE.{RESULTS}.{name}.{subject}",
            {"stream_name": RESULTS, "config": config},
        )
        self._next_subject = f"$JS.API.CONSUMER.MSG.NEXT.{RESULTS}.{name}"
        self._left = self._turn = 0
        self._heard = asyncio.Queue()
        self._ear = await self._connection.listen(inbox, self._heard.put_nowait)

    async def _looked(self) -> tuple[str, int]:
        """When the stream was made, and its last number."""
        info = await self._connection.api("listen to results", f"STREAM.INFO.{RESULTS}")
        return info["created"], info["state"]["last_seq"]
