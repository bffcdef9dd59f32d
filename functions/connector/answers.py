"""What an answer says of an order: what came of it, or what is to be done about it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, StringConstraints, ValidationError

from functions.errors import Postponed, Rejected, Suspected
from functions.outcome import RESULTS_OF, OrderCarriedOut

if TYPE_CHECKING:
    from functions.connector.gateway import Reply
    from functions.jobs import AnyOrder
    from functions.outcome import Outcome

USUAL_SECONDS: Final = 1.0
"""Before the next call, where a function that is busy does not say: about what a picture takes."""

LONGEST_SECONDS: Final = 3600.0
"""That anybody on the way can put an order off for."""

OPERATOR_SECONDS: Final = 120.0
"""Before the next try at what an operator has to put right: there will be some hundreds in a day, all of them noted."""

BUSY: Final = frozenset({"busy", "warming-up", "stopping", "too-slow", "broken-off"})
"""Codes of a function that did not carry out a call, and another time will."""

NOT_ITS_OWN: Final = frozenset(
    {
        "no-such-address",
        "no-such-method",
        "not-its-kind",
        "unknown-parameter",
        "unsupported-encoding",
        "unsupported-media-type",
    }
)
"""Codes of a function that is not the one that was meant, or is not set up for this: no order is to blame."""

ONCE_MORE: Final = frozenset({"bug", "crashed", "too-costly"})
"""Codes of what may not be so the next time: a bug, and a file over which the process that decodes was lost. The
function counts, and refuses such a file in the end."""

_OURS: Final = frozenset({*range(400, 500), 500, 503})
"""Statuses with which a function of ours does not carry out a call."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}")


class Later(Exception):  # noqa: N818 - what is to be done, not only an error
    """Call again soon: it is worth keeping the order in hand.

    Args:
        reason: one sentence that an operator understands.
        seconds: to wait.
    """

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds


class Lost(Exception):  # noqa: N818 - as above
    """The call came to nothing on its way: the function may have died over it, or somebody in between."""


class CallTimedOut(Suspected):
    """A call took longer than somebody allows."""

    code = "failed"
    told = "it takes longer than the time that a call of the function is given: a smaller picture or film would help"


class CallLost(Suspected):
    """Calls broke off over an order, although the function was well before."""

    code = "kept-failing"
    told = "the function that does it is lost over it, each time that it is tried: a smaller picture or film would help"


class UnexpectedAnswer(RuntimeError):  # noqa: N818 - as above
    """The function, or somebody on the way, answered what no function of ours does."""


class _Failure(BaseModel):
    """What a function of ours answers where it does not carry out a call."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]


def understood(reply: Reply, order: AnyOrder, function: str) -> Outcome:
    """What came of an order.

    Args:
        reply: to the call.
        order: that it was made for.
        function: that was called.

    Raises:
        Rejected: the function says that it can never succeed.
        Postponed: it can another time; or an operator has to put something right.
        Later: it can soon.
        Lost: nobody can say what became of the call.
        CallTimedOut: somebody on the way waited for too long.
        UnexpectedAnswer: it is a bug, there or on the way.
    """
    if reply.status == HTTPStatus.OK:
        return _outcome(reply, order, function)
    failure = _failure(reply)
    if failure is None:
        raise _by_status(reply, function)
    told = f"{function}: {failure.reason}"
    if failure.code in BUSY:
        raise Later(told, seconds=_seconds(reply))
    if failure.code in NOT_ITS_OWN:
        msg = f"the function is not the one that is meant, or lacks its store: {told}"
        raise Postponed(msg, after_seconds=OPERATOR_SECONDS)
    if reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise Postponed(told, after_seconds=_seconds(reply))
    if reply.status == HTTPStatus.INTERNAL_SERVER_ERROR and failure.code in ONCE_MORE:
        raise UnexpectedAnswer(told)
    raise Rejected(failure.reason, code=failure.code)


def _outcome(reply: Reply, order: AnyOrder, function: str) -> Outcome:
    try:
        outcome = OrderCarriedOut.model_validate_json(reply.body).outcome()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        msg = f"{function} answers 200 with what is not the outcome of an order: {first['loc']}: {first['msg']}"
        raise UnexpectedAnswer(msg) from error
    strangers = {one.job_id for one in (*outcome.results, *outcome.orders, *outcome.once)} - {order.job_id}
    if strangers:
        msg = f"{function} answers with what is of another job: {', '.join(sorted(strangers))}"
        raise UnexpectedAnswer(msg)
    if not {result.kind for result in outcome.results} & {*RESULTS_OF[order.kind]}:
        msg = f"{function} answers {order.kind} without a result of it"
        raise UnexpectedAnswer(msg)
    return outcome


def _failure(reply: Reply) -> _Failure | None:
    """What a function of ours says; None where the answer is somebody else's."""
    if reply.status not in _OURS:
        return None
    try:
        return _Failure.model_validate_json(reply.body)
    except ValidationError:
        return None


def _by_status(reply: Reply, function: str) -> Exception:  # noqa: PLR0911 - one for each thing that can be the matter
    """What to do about an answer that no function of ours gave."""
    status, said = reply.status, reply.body[:200].decode(errors="replace").strip()
    told = f"the gateway answers {status} for {function}" + (f": {said}" if said else "")
    match status:
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE | HTTPStatus.REQUEST_TIMEOUT:
            return Later(told, seconds=_seconds(reply))
        case HTTPStatus.NOT_FOUND:
            msg = f"{function} is not deployed, or COLORISE_GATEWAY_URL is not the gateway's address: {told}"
            return Postponed(msg, after_seconds=OPERATOR_SECONDS)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN | HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            msg = f"the gateway lets us not in (COLORISE_GATEWAY_USER, COLORISE_GATEWAY_PASSWORD): {told}"
            return Postponed(msg, after_seconds=OPERATOR_SECONDS)
        case HTTPStatus.GATEWAY_TIMEOUT:
            return CallTimedOut(f"{told}, after {reply.seconds:.1f} s: its timeouts are shorter than this order takes")
        case HTTPStatus.INTERNAL_SERVER_ERROR | HTTPStatus.BAD_GATEWAY:
            return Lost(f"{told}, after {reply.seconds:.1f} s")
        case _ if 300 <= status < 400:  # noqa: PLR2004 - redirects, which are not followed
            msg = f"COLORISE_GATEWAY_URL leads on to {reply.headers.get('Location')!r}: say that address instead"
            return Postponed(msg, after_seconds=OPERATOR_SECONDS)
    return UnexpectedAnswer(told)


def _seconds(reply: Reply) -> float:
    """What `Retry-After` asks for."""
    said = reply.headers.get("Retry-After", "")
    return min(max(float(said), USUAL_SECONDS), LONGEST_SECONDS) if _SECONDS.fullmatch(said) else USUAL_SECONDS
