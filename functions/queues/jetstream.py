"""The queue on NATS JetStream."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from typing import TYPE_CHECKING, Final, Self

from pydantic import ValidationError

from functions.errors import Rejected
from functions.jobs import DeadLetter, encoded, parse_result
from functions.queues.jetstream_bell import Bell
from functions.queues.jetstream_connection import JetStreamConnection
from functions.queues.jetstream_deliveries import Hand, NatsDeliveries
from functions.queues.jetstream_layout import (
    CLAIMS,
    DEAD,
    HISTORY,
    ORDERS,
    RESULTS,
    bell_of,
    bucket,
    bucket_of,
    consumer,
    layout,
    worker_of,
)
from functions.queues.jetstream_records import NatsRecords
from functions.queues.jetstream_results import NatsResults
from functions.queues.keeping import ACK_WAIT_SECONDS
from functions.queues.protocol import Depth, KeptLetter
from functions.queues.subjects import cancelled, order_subject, orders_of, result_subject, results_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from functions.jobs import AnyResult, Order
    from functions.queues.nats import Ear
    from functions.queues.protocol import Delivery
    from functions.queues.records import Records

ANSWER_SECONDS: Final = 10.0
"""A server that was only restarted is back before that."""

_LOOK: Final = "look into the queue"

_log = logging.getLogger(__name__)


class NatsQueue:
    """Orders, results, dead letters and claims on a NATS server; open it with `NatsQueue.open`.

    Everything that must be there is made, or brought up to date, whenever it connects.
    """

    def __init__(
        self, connection: JetStreamConnection, *, ack_wait_seconds: float, replicas: int | None, worker: str
    ) -> None:
        self._connection = connection
        self._ack_wait_seconds = ack_wait_seconds
        self._replicas = replicas
        self._worker = worker
        self._claims = NatsRecords(connection, CLAIMS)
        self._histories = NatsRecords(connection, HISTORY)
        self._bell = Bell()
        self._bell_ear: Ear | None = None

    @classmethod
    async def open(  # noqa: PLR0913 - as many as there are settings
        cls,
        servers: Sequence[str],
        *,
        user: str | None = None,
        password: str | None = None,
        ack_wait_seconds: float = ACK_WAIT_SECONDS,
        replicas: int | None = None,
        wait_seconds: float | None = 30.0,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> Self:
        """Connect.

        Args:
            servers: addresses of one server or cluster, such as `nats://127.0.0.1:4222`.
            user: None where the server asks for none.
            password: of the user.
            ack_wait_seconds: silence after which an order is given to another worker; all programs must agree.
            replicas: copies of everything, in a cluster of as many servers; None leaves them as they are.
            wait_seconds: how long to look for the server; None is without end.
            answer_seconds: that each method waits for the server's answer, over a short outage.

        Raises:
            Postponed: it is not there.
        """
        worker = f"{socket.gethostname()}-{os.getpid()}"
        wanted = layout(ack_wait_seconds=ack_wait_seconds, replicas=replicas)
        connection = JetStreamConnection(
            servers,
            user=user,
            password=password,
            layout=wanted,
            name=f"colorise {worker}",
            answer_seconds=answer_seconds,
        )
        await connection.open(wait_seconds=wait_seconds)
        return cls(connection, ack_wait_seconds=ack_wait_seconds, replicas=replicas, worker=worker)

    @property
    def connected(self) -> bool:
        """Whether the server is there now."""
        return self._connection.connected

    async def send(self, order: Order) -> bool:
        """Put an order into the queue; False where it was sent before, maybe by oneself just before an outage."""
        return await self.send_bytes(order_subject(order), encoded(order), message_id=order.message_id)

    async def send_bytes(self, subject: str, data: bytes, *, message_id: str) -> bool:
        """Put into the queue what may be no order at all."""
        return await self._connection.store("send an order", subject, data, headers={"Nats-Msg-Id": message_id})

    async def tell(self, result: AnyResult) -> None:
        """Publish a result."""
        # With a name of its own it is stored once, however often the server is asked for that.
        headers = {"Nats-Msg-Id": self._connection.new_inbox()}
        await self._connection.store("tell a result", result_subject(result), encoded(result), headers=headers)

    @contextlib.asynccontextmanager
    async def deliveries(self, kinds: Sequence[str]) -> AsyncIterator[AsyncIterator[Delivery]]:
        """Orders of these kinds, one at a time; several of these may run side by side in one program."""
        for kind in kinds:
            await self._connection.need(consumer(kind, ack_wait_seconds=self._ack_wait_seconds))
        if self._bell_ear is None:
            self._bell_ear = await self._connection.listen(bell_of(), self._bell.hear)
        deliveries = NatsDeliveries(Hand(self._connection, self._histories, self._bell, self._worker), kinds)
        try:
            yield deliveries
        finally:
            await deliveries.let_go()

    @contextlib.asynccontextmanager
    async def results(self, job_id: str | None = None) -> AsyncIterator[AsyncIterator[AnyResult]]:
        """Results of a job, from its first on, or of all jobs from now on."""
        results = NatsResults(self._connection, job_id)
        await results.begin()
        try:
            yield results
        finally:
            await results.end()

    async def last_result(self, job_id: str) -> AnyResult | None:
        """What was told of a job last: one question, and nothing made on the server for it."""
        kept = await self._connection.kept("look up a result", RESULTS, {"last_by_subj": results_of(job_id)})
        if kept is None:
            return None
        try:
            return parse_result(kept.data)
        except Rejected as error:
            _log.warning("a result was skipped: %s", error.reason, extra={"job_id": job_id})
            return None

    async def cancel(self, job_id: str) -> int:
        """Take a job's orders out of the queue, and keep what is in hand from sending more."""
        await self.reclaim(cancelled(job_id), "")
        purged = await self._connection.api(
            "cancel a job", f"STREAM.PURGE.{ORDERS}", {"filter": orders_of(job_id=job_id)}
        )
        return int(purged["purged"])

    async def claim(self, key: str, value: str = "") -> bool:
        """Compare-and-set."""
        return await self._claims.create(key, value.encode()) is not None

    async def claimed(self, key: str) -> str | None:
        """The value under which a key was claimed."""
        found = await self._claims.get(key)
        return None if found is None else found.value.decode()

    async def reclaim(self, key: str, value: str) -> None:
        """Change the value of a claim."""
        await self._claims.put(key, value.encode())

    async def records(self, name: str, *, keep_seconds: float | None) -> Records:
        """Open a book of records: the bucket `COLORISE_NAME`."""
        book = bucket_of(name)
        await self._connection.need(bucket(book, keep_seconds=keep_seconds, replicas=self._replicas))
        return NatsRecords(self._connection, book)

    async def depths(self) -> dict[str, Depth]:
        """Kind of order → how much there is of it; the server counts what waits for its next try as in hand."""
        answer = await self._connection.api("count orders", f"CONSUMER.LIST.{ORDERS}")
        prefix = worker_of("")
        return {
            info["name"].removeprefix(prefix): Depth(info["num_pending"], info["num_ack_pending"])
            for info in answer["consumers"]
            if info["name"].startswith(prefix)
        }

    async def oldest(self) -> dict[str, datetime]:
        """Kind of order → when the one that has waited longest was sent, of those that nobody has been given yet."""
        answer = await self._connection.api("find the oldest order", f"CONSUMER.LIST.{ORDERS}")
        found: dict[str, datetime] = {}
        for info in answer["consumers"]:
            kind = info["name"].removeprefix(worker_of(""))
            if info["name"] != worker_of(kind) or not info["num_pending"]:
                continue
            which = {"seq": info["delivered"]["stream_seq"] + 1, "next_by_subj": orders_of(kind)}
            first = await self._connection.kept("find the oldest order", ORDERS, which)
            if first is not None:  # it may have been given to somebody meanwhile
                found[kind] = first.at
        return found

    async def orders(self, job_id: str | None = None) -> AsyncIterator[tuple[str, bytes]]:
        """Subject and bytes of orders that are in the queue."""
        jobs = "*" if job_id is None else job_id
        async for kept in self._connection.all_kept(_LOOK, ORDERS, orders_of(job_id=jobs)):
            yield kept.subject, kept.data

    async def dead_letters(self) -> AsyncIterator[KeptLetter]:
        """All of them, oldest first."""
        async for kept in self._connection.all_kept(_LOOK, DEAD, "dead.*"):
            try:
                yield KeptLetter(kept.number, DeadLetter.model_validate_json(kept.data))
            except ValidationError:
                _log.warning("dead letter %d cannot be read: a newer program wrote it?", kept.number)

    async def retry(self, number: int) -> bool:
        """Put a dead letter's order into the queue again."""
        async for found in self._connection.all_kept(_LOOK, DEAD, "dead.*", first=number):
            if found.number != number:
                break
            letter = DeadLetter.model_validate_json(found.data)
            # The same name for all who retry this letter: whoever dies before the next line has sent it once.
            message_id = f"retry.{number}.{letter.died_at:%Y%m%d%H%M%S%f}"
            await self.send_bytes(letter.subject, letter.data.encode(), message_id=message_id)
            await self.purge_dead(number)
            return True
        return False

    async def purge_dead(self, number: int | None = None) -> int:
        """Delete a dead letter, or all of them."""
        what = "delete dead letters"
        if number is None:
            return int((await self._connection.api(what, f"STREAM.PURGE.{DEAD}"))["purged"])
        async for found in self._connection.all_kept(_LOOK, DEAD, "dead.*", first=number):
            if found.number == number:
                await self._connection.api(what, f"STREAM.MSG.DELETE.{DEAD}", {"seq": number})
                return 1
            break
        return 0

    async def close(self) -> None:
        """Let go of the server."""
        await self._connection.close()
