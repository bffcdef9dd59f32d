"""Claims about the messages that cross the queue, and about the page that describes them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError, create_model

from functions.errors import Rejected
from functions.jobs import (
    VERSION,
    ChunkColorised,
    ColoriseChunk,
    ColoriseImage,
    DeadLetter,
    ImageColorised,
    ImageWishes,
    JobFailed,
    JoinVideo,
    Message,
    SplitVideo,
    VideoColorised,
    VideoPlanned,
    VideoWishes,
    encoded,
    parse_order,
    parse_result,
)
from tests.orders import TRACE, order

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "messages.md"

PICTURE = order(ColoriseImage, source="inbox/a.jpg", target="outbox/a.jpg")
FILM = order(SplitVideo, source="inbox/a.mov", target="outbox/a.mp4", wishes={"start": "1/3", "end": 2})
PLAN = "work/00/plan-wedding.json"
ORDERS = (PICTURE, FILM, order(ColoriseChunk, plan=PLAN, chunk=7), order(JoinVideo, plan=PLAN))

FRAMES = {"frames": 240, "inferred": 20, "repeats": 1, "shots": 2, "seconds": 1.5}
RESULTS = tuple(
    kind.model_validate({"job_id": "wedding", "trace_id": TRACE, **fields})
    for kind, fields in (
        (ImageColorised, {"target": "outbox/a.jpg", "picture_kind": "jpeg", "width": 4, "height": 3, "verdict": "grey",
                          "seconds": 0.3}),
        (VideoPlanned, {"plan": PLAN, "width": 4, "height": 2, "frames": 240, "chunks": 1, "finished": 0}),
        (ChunkColorised, {"chunk": 0, "damaged": (3, 4), **FRAMES}),
        (VideoColorised, {"target": "outbox/a.mp4", "width": 4, "height": 2, "notes": ("one", "two"), **FRAMES}),
        (JobFailed, {"order": "split-video", "reason": "no film", "code": "no-video"}),
    )
)  # fmt: skip


def fields_of(message: Message) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(encoded(message))
    return fields


@pytest.mark.parametrize("message", ORDERS, ids=lambda message: str(message.kind))
def test_an_order_arrives_as_it_was_sent(message: ColoriseImage) -> None:
    assert parse_order(encoded(message)) == message


@pytest.mark.parametrize("message", RESULTS, ids=lambda message: str(message.kind))
def test_a_result_arrives_as_it_was_told(message: JobFailed) -> None:
    assert parse_result(encoded(message)) == message


@pytest.mark.parametrize("message", [*ORDERS, *RESULTS], ids=lambda message: str(message.kind))
def test_nobody_changes_a_message(message: Message) -> None:
    for name in type(message).model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(message, name, getattr(message, name))


def test_seconds_stay_exact() -> None:
    film = parse_order(encoded(FILM))
    assert isinstance(film, SplitVideo)
    assert (film.wishes.start, film.wishes.end) == (Fraction(1, 3), Fraction(2))
    assert VideoWishes(start=Fraction(1001, 30000)).model_dump(mode="json")["start"] == "1001/30000"


FIRST_PICTURE = (
    '{"kind":null,"quality":null,"saturation":1.0,"restore_tone":false,"compare":false,"force":false,'
    '"keep_metadata":true,"max_pixels":100000000}'
)
FIRST_FILM = (
    '{"codec":"h264","container":null,"crf":null,"preset":null,"every":null,"smooth":0.5,"saturation":1.0,'
    '"deinterlace":"auto","compare":false,"force":false,"start":null,"end":null}'
)
"""Wishes as the first programs of version 1 write and read them; names of objects follow from these letters."""


def test_wishes_that_came_later_are_not_written_where_they_are_not_made() -> None:
    assert ImageWishes().model_dump_json() == FIRST_PICTURE
    assert VideoWishes().model_dump_json() == FIRST_FILM
    assert fields_of(PICTURE)["wishes"] == json.loads(FIRST_PICTURE)


@pytest.mark.parametrize(
    "wishes",
    [
        ImageWishes(kinds=("webp", "jpeg")),
        ImageWishes(max_side=4096),
        ImageWishes(max_bytes=5_000_000),
        ImageWishes(mark=True),
        VideoWishes(max_width=1920),
        VideoWishes(max_height=1200),
        VideoWishes(max_frame_rate=60),
        VideoWishes(max_frames=350),
        VideoWishes(max_bytes=512_000_000),
        VideoWishes(audio="aac"),
        VideoWishes(plain=True),
    ],
    ids=lambda wishes: f"{type(wishes).__name__}.{''.join(wishes.model_fields_set)}",
)
def test_a_wish_that_came_later_travels_and_an_older_program_refuses_it_by_name(
    wishes: ImageWishes | VideoWishes,
) -> None:
    (name,) = wishes.model_fields_set
    kind: type[ColoriseImage | SplitVideo] = ColoriseImage if isinstance(wishes, ImageWishes) else SplitVideo
    sent = order(kind, source="inbox/a", target="outbox/a", wishes=wishes.model_dump())
    received = parse_order(encoded(sent))
    assert received == sent
    first = FIRST_PICTURE if kind is ColoriseImage else FIRST_FILM
    known = dict.fromkeys(json.loads(first))
    assert set(fields_of(sent)["wishes"]) - set(known) == {name}

    older = create_model("Older", __base__=Message, **dict.fromkeys(known, (Any, None)))  # type: ignore[call-overload]
    with pytest.raises(ValidationError, match=f"{name}\n  Extra inputs are not permitted"):
        older.model_validate(fields_of(sent)["wishes"])


def test_a_job_is_over_with_a_final_result_only() -> None:
    assert [result.kind for result in RESULTS if result.final] == ["image-colorised", "video-colorised", "job-failed"]


def test_equal_orders_have_one_message_id_and_each_chunk_its_own() -> None:
    ids = [one.message_id for one in ORDERS]
    assert len(set(ids)) == len(ids)
    assert ids == [one.model_copy(update={"trace_id": "f" * 32}).message_id for one in ORDERS]
    assert order(ColoriseChunk, plan=PLAN, chunk=8).message_id not in ids
    assert order(ColoriseChunk, "funeral", plan=PLAN, chunk=7).message_id not in ids


@pytest.mark.parametrize("message", [*ORDERS, *RESULTS], ids=lambda message: str(message.kind))
def test_a_newer_message_is_refused_by_its_version_whatever_else_is_new_in_it(message: Message) -> None:
    newer = {**fields_of(message), "version": VERSION + 1, "mood": "sunny", "kind": "colorise-sculpture"}
    parse = parse_order if message in ORDERS else parse_result
    with pytest.raises(Rejected, match=rf"version {VERSION + 1}.*knows {VERSION}.*updated first") as refused:
        parse(json.dumps(newer).encode())
    assert refused.value.code == "newer-version"
    assert "\n" not in refused.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[]", "message"),
        (b"null", "message"),
        (b'{"kind": "colorise-image"}', "job_id"),
        (b'{"version": "2"}', "kind"),
        (b'{"kind": "rm -rf"}', "kind|message"),
    ],
)
def test_what_is_no_message_is_refused_with_a_reason_of_one_line(data: bytes, reason: str) -> None:
    for parse in (parse_order, parse_result):
        with pytest.raises(Rejected) as refused:
            parse(data)
        assert refused.value.code == "bad-message"
        assert "\n" not in refused.value.reason
    with pytest.raises(Rejected, match=reason):
        parse_order(data)


def test_what_is_nested_too_deep_is_refused_like_other_nonsense() -> None:
    with pytest.raises(Rejected) as refused:
        parse_order(b"[" * 100_000)
    assert refused.value.code == "bad-message"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", "outbox/../secret"),
        ("source", "/etc/passwd"),
        ("source", "inbox/a b.jpg"),
        ("source", "elsewhere/a.jpg"),
        ("source", "inbox/a/b/c/d/e.jpg"),
        ("source", "inbox/.hidden"),
        ("source", "inbox/"),
        ("target", "inbox/a\n.jpg"),
        ("job_id", "two.tokens"),
        ("job_id", "*"),
        ("job_id", ""),
        ("job_id", "x" * 65),
        ("job_id", "a\n"),
        ("trace_id", "A" * 32),
        ("asked_at", "2026-11-24T20:15:00"),
        ("wishes", {"max_pixels": 0}),
        ("wishes", {"quality": 101}),
        ("wishes", {"sharpen": True}),
        ("wishes", {"max_bytes": 0}),
        ("wishes", {"max_side": 15}),
        ("wishes", {"kinds": ["gif"]}),
        ("wishes", {"kinds": "jpeg"}),
        ("network", {"side": 16}),
        ("network", {"sha256": "beef"}),
        ("mood", "sunny"),
    ],
)
def test_a_field_that_is_not_what_it_should_be_is_named(field: str, value: object) -> None:
    with pytest.raises(Rejected, match=field) as refused:
        parse_order(json.dumps({**fields_of(PICTURE), field: value}).encode())
    assert refused.value.code == "bad-message"


def examples() -> list[str]:
    return re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_page_about_the_messages_is_up_to_date() -> None:
    words = [sys.executable, "tools/messages_doc.py", "--check"]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_every_example_on_the_page_is_a_message() -> None:
    kinds = set()
    for example in examples():
        fields = json.loads(example)
        kinds.add(fields.get("kind", "dead-letter"))
        if "kind" not in fields:
            letter = DeadLetter.model_validate_json(example)
            assert encoded(parse_order(letter.data.encode())) == letter.data.encode()
        elif fields["kind"] in {one.kind for one in ORDERS}:
            parse_order(example.encode())
        else:
            parse_result(example.encode())
    assert kinds == {"dead-letter", *(one.kind for one in (*ORDERS, *RESULTS))}
