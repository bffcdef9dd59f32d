"""Writes docs/messages.md from functions/jobs.py; `--check` fails where the file is not what would be written."""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import sys
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from functions import jobs
from functions.jobs import DeadLetter, JobId, Message, ObjectName, TraceId
from functions.queues.subjects import dead_subject, order_subject, result_subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from functions.jobs import Order

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "messages.md"

NAMES: Final = {"JobId": JobId, "TraceId": TraceId, "ObjectName": ObjectName}
"""Kinds of text that have a name."""

JOB: Final[dict[str, Any]] = {"job_id": "wedding-1931", "trace_id": "0af7651916cd43dd8448eb211c80319c"}
ASKED: Final[dict[str, Any]] = {**JOB, "asked_at": datetime(2026, 11, 24, 20, 15, tzinfo=UTC)}
PLAN: Final = "work/5f0c1c1d6a7f4e0f9a0be3b1c7d2a944/plan-wedding-1931.json"
FRAMES: Final[dict[str, Any]] = {"frames": 240, "inferred": 21, "repeats": 0, "shots": 2}

ORDERS: Final[Sequence[Order]] = (
    jobs.ColoriseImage.model_validate(
        {**ASKED, "source": "inbox/3f9c/photo.jpg", "target": "outbox/3f9c/photo.jpg", "wishes": {"quality": 90}}
    ),
    jobs.SplitVideo.model_validate(
        {
            **ASKED,
            "source": "inbox/77aa/film.mov",
            "target": "outbox/77aa/film.mp4",
            "wishes": {"container": "mp4", "end": Fraction(45, 2)},
        }
    ),
    jobs.ColoriseChunk.model_validate({**ASKED, "plan": PLAN, "chunk": 3}),
    jobs.JoinVideo.model_validate({**ASKED, "plan": PLAN}),
)

RESULTS: Final[Sequence[jobs.AnyResult]] = (
    jobs.ImageColorised(
        **JOB,
        target="outbox/3f9c/photo.jpg",
        picture_kind="jpeg",
        width=1600,
        height=1200,
        verdict="tinted",
        tint="sepia",
        notes=("the colour profile cannot be read and was ignored",),
        seconds=0.31,
    ),
    jobs.VideoPlanned(**JOB, plan=PLAN, width=1280, height=720, frames=540, chunks=3, finished=1),
    jobs.ChunkColorised(**JOB, chunk=1, **FRAMES, seconds=9.5),
    jobs.VideoColorised(
        **JOB, target="outbox/77aa/film.mp4", width=1280, height=720, **FRAMES, damaged=(17,), seconds=28.4
    ),
    jobs.JobFailed(**JOB, order="split-video", reason="no video stream (it holds audio only)", code="no-video"),
)

LETTER: Final = DeadLetter(
    subject=order_subject(ORDERS[2]),
    data=jobs.encoded(ORDERS[2]).decode(),
    job_id=JOB["job_id"],
    reason="tried five times, and no worker lived to say how it went",
    code="worker-lost",
    attempts=5,
    history=(jobs.Attempt(at=ASKED["asked_at"], worker="colorise-7d9f", reason="the store is out of reach"),),
    died_at=datetime(2026, 11, 24, 20, 31, tzinfo=UTC),
)

INTRODUCTION: Final = f"""# Messages

Written by `tools/messages_doc.py` from `functions/jobs.py`; do not edit it by hand.

Messages are JSON objects in UTF-8. Orders are commands, results are told in the past tense. Nothing unknown may be in
one: a field that is not listed here is refused. All messages together have one version, now {jobs.VERSION}; whoever
reads a newer one refuses it. Wishes may be added within a version: one that is not made is then not written, so that an
older worker carries out orders without it, and refuses those with it by its name. Update workers before whoever asks.
Pictures and films are in the store, and messages name the objects.

An order is delivered at least once, and carried out to the same effect each time. The queue takes an order once:
those with equal *message ids* are one. Times are RFC 3339 with their zone; seconds that must be exact are fractions
such as `"45/2"`.
"""


def main() -> None:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    written = page()
    if not parser.parse_args().check:
        PAGE.write_text(written, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != written:
        sys.exit(f"{PAGE.name} is not what functions/jobs.py says: run python -m tools.messages_doc")


def page() -> str:
    """The whole of it."""
    return "\n".join([INTRODUCTION, *_names(), *_orders(), *_results(), *_dead_letters(), *_parts()])


def _names() -> Iterator[str]:
    docs = _attribute_docs(ast.parse(inspect.getsource(jobs)))
    yield "## Kinds of text\n\n| | pattern | |\n|---|---|---|"
    for name, kind in NAMES.items():
        yield f"| {name} | {_code(_pattern(kind))} | {docs[name]} |"
    yield ""


def _orders() -> Iterator[str]:
    yield "## Orders\n"
    for example in ORDERS:
        told = f"Subject `{order_subject(example)}`, message id `{example.message_id}`.\n"
        yield from _section(example, example.kind, told)


def _results() -> Iterator[str]:
    yield "## Results\n\nA job is over with its first *final* result.\n"
    for example in RESULTS:
        final = "final" if example.final else "not final"
        yield from _section(example, example.kind, f"Subject `{result_subject(example)}`, {final}.\n")


def _dead_letters() -> Iterator[str]:
    yield "## Dead letters\n"
    yield from _section(LETTER, "dead-letter", f"Subject `{dead_subject(LETTER.subject)}`.\n")


def _parts() -> Iterator[str]:
    yield "## Parts of messages\n"
    for part in (jobs.Network, jobs.ImageWishes, jobs.VideoWishes, jobs.Attempt):
        yield f"### {part.__name__}\n\n{inspect.getdoc(part)}\n"
        yield from _table(part)


def _section(example: Message, title: str, told: str) -> Iterator[str]:
    model = type(example)
    yield f"### {title}\n\n{inspect.getdoc(model)}\n\n{told}"
    yield from _table(model)
    yield f"```json\n{example.model_dump_json(indent=2)}\n```\n"


def _table(model: type[Message]) -> Iterator[str]:
    """Fields of a message: what they hold, what stands for one that is left out, what they mean."""
    schema = model.model_json_schema()
    docs: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, Message):
            docs |= _attribute_docs(ast.parse(inspect.getsource(kind)).body[0])
    yield "| field | holds | if left out | |\n|---|---|---|---|"
    for name, field in schema["properties"].items():
        left_out = _default(field) if name not in schema.get("required", ()) else "must be there"
        yield f"| `{name}` | {_kind(field)} | {left_out} | {docs.get(name, '')} |"
    yield ""


def _attribute_docs(node: ast.AST) -> dict[str, str]:
    """Names of attributes → the text that stands below each."""
    docs = {}
    body = getattr(node, "body", [])
    for one, after in pairwise(body):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and isinstance(after, ast.Expr):
            text = " ".join(str(ast.literal_eval(after.value)).split())
            docs[one.target.id] = re.sub(r"\bNone\b", "null", text)
    return docs


def _kind(field: dict[str, Any]) -> str:  # noqa: PLR0911 - one a kind
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(one) for one in field["anyOf"]))
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return _code(field["const"])
    if "enum" in field:
        return ", ".join(_code(one) for one in field["enum"])
    if field["type"] == "array":
        return f"list of {_kind(field['items'])}"
    if "pattern" in field:
        name = next((name for name, kind in NAMES.items() if _pattern(kind) == field["pattern"]), None)
        return f"[{name}](#kinds-of-text)" if name else f"text, {_code(field['pattern'])}"
    if "format" in field:
        return {"date-time": "time", "fraction": "fraction"}[field["format"]]
    kinds = {"string": "text", "boolean": "true or false", "integer": "whole number", "null": "null"}
    named = kinds.get(field["type"], "number")
    if "maximum" in field:
        return f"{named}, {field['minimum']} to {field['maximum']}"
    return f"{named}, {field['minimum']} or more" if "minimum" in field else named


def _default(field: dict[str, Any]) -> str:
    return "its own defaults" if "$ref" in field else _code(json.dumps(field["default"]))


def _code(text: object) -> str:
    escaped = str(text).replace("|", "\\|")
    return f"`{escaped}`"


def _pattern(kind: Any) -> str:
    return next(str(one.pattern) for one in get_args(kind) if getattr(one, "pattern", None))


if __name__ == "__main__":
    main()
