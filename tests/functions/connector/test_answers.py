"""Claims about what is made of an answer: a result, a verdict, a while to wait, or a failure that counts."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from functions.connector.answers import (
    OPERATOR_SECONDS,
    CallTimedOut,
    Later,
    Lost,
    UnexpectedAnswer,
    understood,
)
from functions.connector.gateway import ANSWER_BYTES, Reply
from functions.errors import Postponed, Rejected
from functions.jobs import (
    ChunkColorised,
    ColoriseChunk,
    ColoriseImage,
    ImageColorised,
    ImageWishes,
    JoinVideo,
    Network,
    SplitVideo,
    VideoColorised,
    VideoPlanned,
    VideoWishes,
    encoded,
)
from functions.outcome import RESULTS_OF, OrderCarriedOut, Outcome
from functions.queues.subjects import KINDS
from functions.serve.answers import STATUSES, failure, json_answer
from tests.orders import TRACE, order

if TYPE_CHECKING:
    from functions.jobs import AnyOrder, AnyResult

PICTURE = order(ColoriseImage, source="inbox/1.jpg", target="outbox/1.jpg")
CHUNK = order(ColoriseChunk, plan="work/f/plan.json", chunk=0)
SPLIT = order(SplitVideo, source="inbox/1.mp4", target="outbox/1.mp4")
JOIN = order(JoinVideo, plan="work/f/plan.json")

_FILM: dict[str, Any] = {"width": 64, "height": 48, "frames": 24, "job_id": "wedding", "trace_id": TRACE}
_COUNTS: dict[str, Any] = {"inferred": 2, "repeats": 0, "shots": 1, "seconds": 0.5}
COLOURED = ImageColorised(
    job_id="wedding",
    trace_id=TRACE,
    target="outbox/1.jpg",
    picture_kind="jpeg",
    width=40,
    height=30,
    verdict="grey",
    seconds=0.125,
)
PLANNED = VideoPlanned(plan="work/f/plan.json", chunks=2, finished=0, **_FILM)
PIECE = ChunkColorised(job_id="wedding", trace_id=TRACE, chunk=0, frames=12, **_COUNTS)
FILM = VideoColorised(target="outbox/1.mp4", **_FILM, **_COUNTS)


def reply(status: int, body: object = b"", **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, data, {name.replace("_", "-"): text for name, text in headers.items()}, 12.5)


def said(answer: Reply, asked: AnyOrder = PICTURE) -> Outcome:
    return understood(answer, asked, "colorise")


def carried_out(*results: AnyResult, orders: tuple[AnyOrder, ...] = (), once: tuple[AnyOrder, ...] = ()) -> Reply:
    return reply(200, OrderCarriedOut(results=results, orders=orders, once=once).model_dump_json().encode())


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        (PICTURE, Outcome((COLOURED,))),
        (CHUNK, Outcome((PIECE,))),
        (CHUNK, Outcome((PIECE,), once=(JOIN,))),
        (SPLIT, Outcome((PLANNED,), (CHUNK, CHUNK.model_copy(update={"chunk": 1})))),
        (SPLIT, Outcome((PLANNED,), once=(JOIN,))),
        (SPLIT, Outcome((FILM,))),
        (JOIN, Outcome((FILM,))),
    ],
)
def test_what_a_function_has_done_is_taken_over_as_it_is(asked: AnyOrder, outcome: Outcome) -> None:
    assert said(carried_out(*outcome.results, orders=outcome.orders, once=outcome.once), asked) == outcome


def test_every_kind_of_order_has_its_results() -> None:
    assert set(RESULTS_OF) == set(KINDS)


@pytest.mark.parametrize(
    "answer",
    [
        carried_out(COLOURED.model_copy(update={"job_id": "funeral"})),
        carried_out(COLOURED, orders=(CHUNK.model_copy(update={"job_id": "funeral"}),)),
        carried_out(COLOURED, once=(JOIN.model_copy(update={"job_id": "funeral"}),)),
        carried_out(),
        carried_out(PIECE),
        reply(200, b""),
        reply(200, b"\xff\xd8\xff"),
        reply(200, b'{"results"'),
        reply(200, {}),
        reply(200, {"results": [{"kind": "image-colorised"}]}),
        reply(200, {"results": [], "more": 1}),
        reply(202, {"call_id": "1"}),
        reply(204),
        reply(400, b"<html>bad request</html>"),
        reply(413, b"<html>too large</html>"),
        reply(400, {"reason": "", "code": "bad-message"}),
        reply(400, {"reason": "a"}),
        reply(501),
        reply(500, {"reason": "its log says what", "code": "bug"}),
        reply(500, {"reason": "a process died; once more may help", "code": "crashed"}),
        reply(500, {"reason": "it took too much; once more may help", "code": "too-costly"}),
    ],
)
def test_an_answer_that_no_function_of_ours_gives_is_a_bug(answer: Reply) -> None:
    with pytest.raises(UnexpectedAnswer):
        said(answer)


@pytest.mark.parametrize("code", sorted({*STATUSES, "unreadable", "nothing-to-colour"} - {"not-its-kind"}))
def test_whatever_a_function_rejects_is_rejected_with_its_words_and_code(code: str) -> None:
    answered = failure(Rejected("no such picture", code=code))
    with pytest.raises(Rejected) as rejected:
        said(reply(answered.status, answered.body))
    assert (rejected.value.reason, rejected.value.code) == ("no such picture", code)


def test_whatever_a_function_postpones_is_postponed_for_as_long() -> None:
    answered = failure(Postponed("the store is away", after_seconds=42))
    with pytest.raises(Postponed, match="the store is away") as postponed:
        said(reply(answered.status, answered.body, **dict(answered.headers)))
    assert postponed.value.after_seconds == 42


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (reply(429, {"reason": "2 calls are in hand", "code": "busy"}, Retry_After="3"), 3),
        (reply(503, {"reason": "warming up", "code": "warming-up"}, Retry_After="5"), 5),
        (reply(503, {"reason": "about to stop", "code": "stopping"}, Retry_After="1"), 1),
        (reply(408, {"reason": "the body took too long", "code": "too-slow"}), 1),
        (reply(429), 1),
        (reply(429, Retry_After="0"), 1),
        (reply(429, Retry_After="Sat, 28 Nov 2026 20:00:00 GMT"), 1),
        (reply(429, Retry_After="-5"), 1),
        (reply(429, Retry_After="999999999"), 3600),
        (reply(503, b"No endpoints available for: colorise."), 1),
    ],
)
def test_a_function_that_has_no_room_is_called_again_soon(answer: Reply, seconds: float) -> None:
    with pytest.raises(Later) as later:
        said(answer)
    assert later.value.seconds == seconds


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (reply(404, b"error finding function colorise"), "not deployed"),
        (reply(404, b"<html>"), "COLORISE_GATEWAY_URL"),
        (reply(401, b"invalid credentials"), "COLORISE_GATEWAY_PASSWORD"),
        (reply(403), "COLORISE_GATEWAY_USER"),
        (reply(301, Location="https://elsewhere.example/"), "https://elsewhere.example/"),
        (reply(308), "COLORISE_GATEWAY_URL"),
        (reply(404, {"reason": "there is nothing here", "code": "no-such-address"}), "there is nothing here"),
        (reply(415, {"reason": "not understood", "code": "unsupported-media-type"}), "not understood"),
        (reply(400, {"reason": "it does none", "code": "not-its-kind"}), "it does none"),
    ],
)
def test_what_an_operator_must_put_right_costs_no_order(answer: Reply, named: str) -> None:
    with pytest.raises(Postponed) as postponed:
        said(answer)
    assert named in postponed.value.reason
    assert postponed.value.after_seconds == OPERATOR_SECONDS


@pytest.mark.parametrize("answer", [reply(502), reply(500, b"Can't reach service for: colorise."), reply(500)])
def test_a_call_that_somebody_on_the_way_has_lost_says_nothing_of_its_order_yet(answer: Reply) -> None:
    with pytest.raises(Lost, match=r"12\.5 s"):
        said(answer)


def test_a_gateway_that_waits_no_longer_is_named_with_how_long_it_did() -> None:
    with pytest.raises(CallTimedOut, match=r"504.*12\.5 s.*timeouts"):
        said(reply(504, b"upstream request timeout"))


def longest(prefix: str) -> str:
    """The longest name of an object."""
    return prefix + ("/" + "a" * 121) * 4


def test_the_largest_orders_that_our_programs_make_are_small_and_so_is_what_a_film_of_days_leads_to() -> None:
    network = Network(name="a" * 100, sha256="0" * 64, side=1024)
    common: dict[str, Any] = {"network": network, "job_id": "a" * 64}
    seconds = Fraction("9" * 40 + "/" + "1" * 40)
    ends: dict[str, Any] = {"source": longest("inbox"), "target": longest("outbox"), **common}
    sound = VideoWishes(codec="prores", preset="veryslow", start=seconds, end=seconds, max_bytes=10**12, audio="aac")
    kinds: Any = ("jpeg", "png", "webp", "tiff", "bmp", "avif", "heic")
    wishes = ImageWishes(kind="jpeg", quality=90, kinds=kinds, max_side=4096, max_bytes=5_000_000, mark=True)
    chunk = order(ColoriseChunk, plan="work/" + "a" * 64 + "/plan.json", chunk=99_999, **common)
    orders = (
        order(ColoriseImage, wishes=wishes, **ends),
        order(SplitVideo, wishes=sound, **ends),
        chunk,
        order(JoinVideo, plan=chunk.plan, **common),
    )
    assert {one.kind for one in orders} == set(KINDS)
    assert max(len(encoded(one)) for one in orders) < 2000
    planned = OrderCarriedOut(results=(PLANNED,), orders=(chunk,) * 1000)
    data = json_answer(200, planned.model_dump(mode="json")).body
    assert len(data) < 550 * 1000
    assert ANSWER_BYTES / (len(data) / 1000) * 5 > 3 * 24 * 3600  # chunks of five seconds


def test_words_of_a_stranger_s_answer_are_cut_short() -> None:
    with pytest.raises(UnexpectedAnswer) as error:
        said(reply(400, b"x" * 100_000))
    assert len(str(error.value)) < 500
