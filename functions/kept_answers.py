"""The answer beside a finished target: whoever asks a second time is told the very same, and nothing is made anew.

An order may be delivered twice, and asked for again days later. Its target is derived from content and wishes, so that
a target which is there answers it; but width, notes and seconds would have to be measured again. They lie beside it, in
`TARGET.json`, and are written after it: as long as they are not there, the target is not finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from functions.errors import Rejected
from functions.jobs import ImageColorised, Network, VideoColorised
from functions.stores.names import answer_name

if TYPE_CHECKING:
    from functions.jobs import ColoriseImage, SplitVideo
    from functions.stores.protocol import ObjectInfo, ObjectStore

LONGEST_BYTES: Final = 1 << 20
"""Of a kept answer; notes are a few lines."""

TargetAnswer: TypeAlias = ImageColorised | VideoColorised
"""A result that says that a target is there."""


class Asked(BaseModel):
    """What a target was made of: only the same is answered with it."""

    model_config = ConfigDict(frozen=True)

    source: str
    source_bytes: int | None
    source_modified: AwareDatetime | None
    """None, as its size, where the source is not there any more."""
    wishes: str
    """As JSON."""
    network: Network

    def is_of(self, source: ObjectInfo) -> bool:
        """Whether it was asked of this very source, not of one that was stored later under its name."""
        return (self.source_bytes, self.source_modified) == (source.size, source.modified)

    def is_answered_by(self, other: Asked) -> bool:
        """Whether what was made for the other will do: of a source that is gone, the name alone tells."""
        if self.source_bytes is None:
            other = other.model_copy(update={"source_bytes": None, "source_modified": None})
        return self == other


class _Kept(BaseModel):
    asked: Asked
    answer: ImageColorised | VideoColorised


def asked_by(order: ColoriseImage | SplitVideo, source: ObjectInfo | None) -> Asked:
    """What an order asks for, of the source that is in the store now."""
    return Asked(
        source=order.source,
        source_bytes=None if source is None else source.size,
        source_modified=None if source is None else source.modified,
        wishes=order.wishes.model_dump_json(),
        network=order.network,
    )


def keep_answer(store: ObjectStore, asked: Asked, answer: TargetAnswer) -> None:
    """Say that the target is finished, and what is to be answered from now on.

    Raises:
        Postponed: the store is out of reach, or full.
    """
    data = _Kept(asked=asked, answer=answer).model_dump_json().encode()
    store.write(answer_name(answer.target), data, content_type="application/json")


def kept_answer(store: ObjectStore, target: str, asked: Asked, *, job_id: str, trace_id: str) -> TargetAnswer | None:
    """What was answered for a target, in the name of this job; None where it is not finished, or was made of others.

    Raises:
        Postponed: the store is out of reach.
    """
    try:
        kept = _Kept.model_validate_json(store.read(answer_name(target), max_bytes=LONGEST_BYTES))
    except (Rejected, ValidationError):  # none, or one of another version: the work is done again, to the same effect
        return None
    if not asked.is_answered_by(kept.asked) or store.find(target) is None:
        return None
    return kept.answer.model_copy(update={"job_id": job_id, "trace_id": trace_id})
