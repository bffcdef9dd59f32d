"""What a call asks for: a picture, a link, objects in the store, or an order of the queue's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from functions.errors import Rejected
from functions.jobs import ColoriseImage
from functions.serve.answers import JSON, Answer, Refusal
from functions.serve.parsing import fields_of, message_of, order_of, wishes_of
from functions.serve.vocabulary import LinkCall, placed
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from functions.serve.calls import Sent
    from functions.serve.function import ColoriseBytes, Function
    from functions.serve.work import Work
    from functions.stores.protocol import ObjectStore

Task: TypeAlias = Callable[[], Awaitable[Answer]]
"""What was understood of a call; doing it raises `Rejected` or `Postponed`."""

UNDECLARED: Final = frozenset({"", "application/octet-stream", "application/x-www-form-urlencoded", "text/plain"})
"""What curl, faas-cli and proxies send when they were told nothing: the content itself decides."""

FIRST_BYTES: Final = b"{"
"""Of JSON, after white space; no picture begins so."""


class Modes:
    """Understands calls; nothing is done for them here.

    Args:
        function: that is called.
        work: what can be done.
    """

    def __init__(self, function: Function, work: Work) -> None:
        self._function = function
        self._work = work

    def max_bytes(self, media_type: str) -> int:
        """How large a body of this type may be.

        Raises:
            Refusal: 415.
        """
        limits, pictures = self._function.limits, self._function.colorise_bytes is not None
        if media_type == JSON or (media_type in UNDECLARED and not pictures):
            return limits.max_json_bytes
        if media_type in UNDECLARED or (media_type.startswith("image/") and pictures):
            return limits.max_body_bytes
        raise self._unsupported(media_type)

    def understood(self, sent: Sent, call_id: str) -> Task:
        """Find out what a call asks for.

        Raises:
            Rejected: the JSON is not this function's.
            Refusal: the call is none that this function takes.
        """
        if sent.media_type == JSON or (sent.media_type in UNDECLARED and sent.body.lstrip().startswith(FIRST_BYTES)):
            return self._json(sent, call_id)
        wishes = wishes_of(sent.query)
        colorise = self._colorise_bytes(sent.media_type)
        if not sent.body:
            raise Refusal(400, "the body is empty: send a picture, or JSON", code="empty")
        return partial(self._work.picture, colorise, sent.body, wishes)

    def _json(self, sent: Sent, call_id: str) -> Task:
        function = self._function
        if sent.query:
            reason = "parameters are for pictures sent as they are; in JSON they belong into `wishes`"
            raise Refusal(400, reason, code="unknown-parameter")
        if len(sent.body) > function.limits.max_json_bytes:
            reason = f"the JSON is larger than {function.limits.max_json_bytes / 1e3:,.1f} kB"
            raise Refusal(413, reason, code="too-large")
        fields = fields_of(sent.body)
        modes = {"kind": self._order, function.vocabulary.source: self._object}
        if function.vocabulary.order is ColoriseImage:
            modes["url"] = self._link
        for field, mode in modes.items():
            if field in fields:
                return mode(sent.body, call_id)
        wanted = " or ".join(f'"{field}"' for field in modes)
        msg = f"the JSON says nothing that this function knows: it must have {wanted}"
        raise Rejected(msg, code="bad-message")

    def _order(self, body: bytes, _call_id: str) -> Task:
        order = order_of(body)
        if order.kind not in self._function.handlers:
            kinds = ", ".join(self._function.handlers) or "none"
            msg = f"this function does not carry out {order.kind} (of the orders, it does {kinds})"
            raise Rejected(msg, code="not-its-kind")
        return partial(self._work.order, order)

    def _object(self, body: bytes, call_id: str) -> Task:
        vocabulary = self._function.vocabulary
        call = message_of(vocabulary.call, body)
        self._store()
        source = placed(getattr(call, vocabulary.source), INBOX)
        return partial(self._work.stored_object, source, placed(call.output_filename, OUTBOX), call.wishes, call_id)

    def _link(self, body: bytes, call_id: str) -> Task:
        call = message_of(LinkCall, body)
        if call.output_filename is None:
            return partial(self._work.linked_picture, self._colorise_bytes(JSON), call.url, call.wishes)
        target = placed(call.output_filename, OUTBOX)
        return partial(self._work.linked_object, self._store(), call.url, target, call.wishes, call_id)

    def _store(self) -> ObjectStore:
        if self._function.store is None:
            msg = "this function has no store; send a picture's bytes"
            raise Rejected(msg, code="no-store")
        return self._function.store

    def _colorise_bytes(self, media_type: str) -> ColoriseBytes:
        if self._function.colorise_bytes is None:
            raise self._unsupported(media_type)
        return self._function.colorise_bytes

    def _unsupported(self, media_type: str) -> Refusal:
        takes = f"{JSON}, image/*, application/octet-stream" if self._function.colorise_bytes else JSON
        reason = f"a body of the type {media_type or 'unknown'!r} is not understood here (these are: {takes})"
        return Refusal(415, reason, code="unsupported-media-type", headers={"Accept": takes})
