"""The connection to NATS, the only place that knows its client.

The client can reconnect by itself, but it sends what was asked for before an outage after it, when nobody waits for
the answer any more (an order would be given to nobody); and some errors close it for good. So a client lives as long
as its connection, and this makes a new one, without end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from nats.aio.client import Client
from nats.errors import (
    AuthorizationError,
    ConnectionClosedError,
    ConnectionDrainingError,
    ConnectionReconnectingError,
    MaxPayloadError,
    NoRespondersError,
    OutboundBufferLimitError,
    StaleConnectionError,
)
from nats.errors import Error as NatsError

from functions.errors import Postponed, Rejected
from functions.queues.heard import Heard, Place, ServerError, agreed
from functions.queues.jetstream_layout import make
from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

    from functions.queues.jetstream_layout import Piece

TRY_SECONDS: Final = 3.0
"""Until a question is asked again; a healthy server answers in a few milliseconds."""

PAUSE_SECONDS: Final = 0.1
"""Between tries while the server is there but JetStream is still reading its disk."""

LONGEST_PAUSE_SECONDS: Final = 2.0
"""Between tries to connect: the first come quickly, for a server that was only restarted."""

CONNECT_SECONDS: Final = 5

PING_SECONDS: Final = 5
"""A server that does not answer two pings is taken for lost."""

_log = logging.getLogger(__name__)

_PASSING: Final = (
    TimeoutError,
    OSError,
    ConnectionClosedError,
    ConnectionDrainingError,
    ConnectionReconnectingError,
    OutboundBufferLimitError,
    StaleConnectionError,
)


@dataclass(slots=True, eq=False)
class Ear:
    """Somebody who listens."""

    subject: str
    hear: Callable[[Heard | None], None]
    client: Client | None = None
    """That it listens with now."""
    subscription: Subscription | None = None


class NatsConnection:
    """A connection that comes back by itself, for one event loop.

    Args:
        servers: addresses, such as `nats://127.0.0.1:4222`.
        user: None where the server asks for none.
        password: of the user.
        layout: what is made sure of on every new connection before anybody uses it.
        name: by which the server's monitoring shows it.
        answer_seconds: that whoever asks is willing to wait, over a short outage.
    """

    def __init__(  # noqa: PLR0913 - a connection has as many sides
        self,
        servers: Sequence[str],
        *,
        user: str | None,
        password: str | None,
        layout: Sequence[Piece],
        name: str,
        answer_seconds: float,
    ) -> None:
        self._servers = list(servers)
        self._where = ", ".join(server.rpartition("@")[2] for server in servers)
        self._user = user
        self._password = password
        self.layout = list(layout)
        self._name = name
        self._answer_seconds = answer_seconds
        self._client = Client()
        self._online = asyncio.Event()
        self._lost = asyncio.Event()
        self._online_since = 0.0
        self._trouble = "it has not answered yet"
        self._waits: set[asyncio.Timeout] = set()
        self._ears: list[Ear] = []
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def connected(self) -> bool:
        """Whether the server is there, with all that must be on it."""
        return self._online.is_set()

    async def open(self, *, wait_seconds: float | None) -> None:
        """Connect.

        Args:
            wait_seconds: how long to look for the server; None is without end.

        Raises:
            Postponed: it is not there.
        """
        self._keeper = asyncio.create_task(self._keep(), name="connection to NATS")
        try:
            async with asyncio.timeout(wait_seconds):
                await self._online.wait()
        except TimeoutError as error:
            trouble = self._trouble
            await self.close()
            self._trouble = trouble
            what = "connect"
            raise self._out_of_reach(what) from error
        except asyncio.CancelledError:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the server, at once; what was answered before has arrived."""
        self._closed = True
        if self._keeper is not None:
            await end([self._keeper])

    async def wait_online(self) -> None:
        """Wait for the server, for ever."""
        await self._online.wait()

    async def ask(
        self,
        what: str,
        subject: str,
        data: bytes = b"",
        *,
        headers: dict[str, Any] | None = None,
        once: bool = False,
    ) -> Heard:
        """Ask the server; the question is put again, over a short outage, until somebody answers.

        Args:
            what: for whoever reads the error: `cannot {what}`.
            subject: that the question is put under.
            data: of the question.
            headers: of the question.
            once: the question cannot be repeated harmlessly.

        Raises:
            Postponed: nobody answers in time.
            Rejected: the server takes no message as large as this ("too-large").
        """
        if self._closed:
            raise self._out_of_reach(what)
        repeated = False
        try:
            async with asyncio.timeout(self._answer_seconds):
                while True:
                    await self._online.wait()
                    try:
                        return replace(await self._asked(subject, data, headers), repeated=repeated)
                    except NoRespondersError:
                        self._doubt("a stream is missing, or JetStream is off")
                    except _PASSING as error:
                        self._check()
                        if once:
                            raise self._out_of_reach(what) from error
                        repeated = True
                    except MaxPayloadError as error:
                        msg = f"cannot {what}: {len(data)} bytes are more than the queue takes"
                        raise Rejected(msg, code="too-large") from error
                    await asyncio.sleep(PAUSE_SECONDS)
        except TimeoutError as error:
            raise self._out_of_reach(what) from error

    async def pull(self, subject: str, data: bytes) -> Heard:
        """Ask a consumer for a message, once: what comes too late is given to somebody else, after `ack_wait`.

        Raises:
            Postponed: it does not answer, or is not there.
        """
        try:
            # An order comes under its own subject, so the client's shared inbox would not know whom it is for.
            return await self._asked(subject, data, None, own_inbox=True)
        except (NoRespondersError, *_PASSING) as error:
            if isinstance(error, NoRespondersError):
                self._doubt("a consumer is missing, or JetStream is off")
            self._check()
            what = "ask for orders"
            raise self._out_of_reach(what) from error

    async def publish(self, subject: str, data: bytes = b"", *, reply: str = "") -> None:
        """Send without waiting for anything; while the server is away it is lost."""
        with contextlib.suppress(*_PASSING):
            await self._client.publish(subject, data, reply=reply)

    def new_inbox(self) -> str:
        """A subject that nobody else listens to."""
        return self._client.new_inbox()

    async def listen(self, subject: str, hear: Callable[[Heard | None], None]) -> Ear:
        """Have `hear` called with every message under `subject`, and with None when some may have been missed."""
        ear = Ear(subject, hear)
        self._ears.append(ear)
        if self.connected:
            with contextlib.suppress(*_PASSING):  # then it is done on the next connection
                await _listen(self._client, ear)
        return ear

    async def forget(self, ear: Ear) -> None:
        """Listen no more."""
        self._ears.remove(ear)
        if ear.subscription is not None:
            with contextlib.suppress(NatsError):  # the connection that it belonged to is gone
                await ear.subscription.unsubscribe()

    async def _asked(
        self, subject: str, data: bytes, headers: dict[str, Any] | None, *, own_inbox: bool = False
    ) -> Heard:
        """Ask once; over when the connection is lost, since the client would wait for its answer to the end."""
        async with asyncio.timeout(None) as wait:
            self._waits.add(wait)
            try:
                message = await self._client.request(
                    subject, data, timeout=TRY_SECONDS, headers=headers, old_style=own_inbox
                )
            finally:
                self._waits.discard(wait)
        return _heard(message)

    async def _keep(self) -> None:
        """Connect, and connect again whenever the connection is lost."""
        pause = PAUSE_SECONDS
        quiet = False
        while True:
            client, lost = Client(), asyncio.Event()
            try:
                await self._connect(client, lost)
                for piece in self.layout:
                    await _make(client, piece)
                while deaf := [ear for ear in self._ears if ear.client is not client]:
                    for ear in deaf:
                        await _listen(client, ear)
                self._client, self._lost = client, lost
                self._online_since = time.monotonic()
                self._online.set()
                pause, quiet = PAUSE_SECONDS, False
                _log.info("connected to NATS", extra={"server": self._where})
                for ear in list(self._ears):
                    ear.hear(None)
                await _over(client, lost)
                self._trouble = "the connection was lost"
            except (NatsError, OSError, TimeoutError, ServerError) as error:
                self._trouble = _told(error, self._user)
            except Exception as error:  # noqa: BLE001 - whatever the client stumbles over, it is looked for again
                self._trouble = f"{type(error).__name__}: {error}"
                _log.exception("the client of NATS failed")
            finally:
                self._online.clear()
                for wait in self._waits:  # nobody answers them any more
                    wait.reschedule(asyncio.get_running_loop().time())
                await _closed(client)
            if not quiet:
                _log.warning("NATS is out of reach: %s", self._trouble, extra={"server": self._where})
                quiet = True
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that not all come back at once
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _connect(self, client: Client, lost: asyncio.Event) -> None:
        async def over() -> None:
            lost.set()

        async def error(error: Exception) -> None:
            _log.debug("NATS: %s", error)

        await client.connect(
            self._servers,
            name=self._name,
            user=self._user,
            password=self._password,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # to find any server of the list
            reconnect_time_wait=0,
            connect_timeout=CONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=2,
            error_cb=error,
            disconnected_cb=over,
            closed_cb=over,
        )

    def _doubt(self, trouble: str) -> None:
        """Connect again, to make what may be missing; not more than once a second."""
        if time.monotonic() - self._online_since > 1:
            self._trouble = trouble
            self._lost.set()

    def _check(self) -> None:
        """Connect again at once where the client has closed."""
        if self._client.is_closed:
            self._lost.set()

    def _out_of_reach(self, what: str) -> Postponed:
        msg = f"cannot {what}: NATS at {self._where} is out of reach ({self._trouble}); is it running, with -js?"
        return Postponed(msg, after_seconds=PING_SECONDS)


async def _over(client: Client, lost: asyncio.Event) -> None:
    """Wait until a client has lost its connection; when it stumbles while closing, it tells nobody."""
    while not client.is_closed and not lost.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await lost.wait()


async def _make(client: Client, piece: Piece) -> None:
    """Make a stream or a consumer, or bring it up to date.

    Raises:
        ServerError: NATS refuses, or its JetStream is off.
    """
    what = f"set up {piece.create.split('.')[2]}"

    async def asked(request: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = await client.request(f"$JS.API.{request}", json.dumps(body).encode(), timeout=TRY_SECONDS)
        return agreed(what, answer.data)

    try:
        await make(piece, asked)
    except NoRespondersError as error:
        msg = "its JetStream is off, or not ready: start it with `nats-server -js`"
        raise ServerError(msg, code=0) from error


async def _listen(client: Client, ear: Ear) -> None:
    async def hear(message: Msg) -> None:
        ear.hear(_heard(message))

    ear.client = client
    ear.subscription = await client.subscribe(ear.subject, cb=hear)


async def _closed(client: Client) -> None:
    with contextlib.suppress(NatsError, OSError, TimeoutError):
        async with asyncio.timeout(1):
            await client.close()


def _heard(message: Msg) -> Heard:
    place = None
    if message.reply.startswith("$JS.ACK."):
        found = message.metadata
        place = Place(found.sequence.stream, found.num_delivered, found.sequence.consumer, found.timestamp)
    return Heard(message.data, message.subject, message.headers or {}, message.reply, place)


def _told(error: Exception, user: str | None) -> str:
    if isinstance(error, AuthorizationError) or "Authorization Violation" in str(error):
        return f"it refuses {f'user {user}' if user else 'access without a user'}: see COLORISE_NATS_USER"
    return str(error) or type(error).__name__
