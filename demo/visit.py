"""A visit: one picture or clip that somebody brought, and what became of it; as it is written down."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict

from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from demo.rules import Rules
    from demo.uploads import Upload

Stage: TypeAlias = Literal["received", "stored", "ordered", "colouring", "done"]

STAGES: Final[tuple[Stage, ...]] = ("received", "stored", "ordered", "colouring", "done")
"""In this order."""

FOLDER: Final = "stand/visits"
"""Of the store's objects, in `inbox/` and `outbox/`."""

JOB_PREFIX: Final = "stand-"


class _Fact(BaseModel):
    model_config: ClassVar = ConfigDict(frozen=True)


class Coloured(_Fact):
    """It is there in colour."""

    width: int
    height: int
    seconds: float
    """That colouring took; the stages tell how long it was for the visitor."""
    tint: str | None = None
    notes: tuple[str, ...] = ()
    content_type: str


class Refused(_Fact):
    """It cannot be coloured."""

    code: str
    reason: str
    """In English; visitors are told in their language."""


class Hung(_Fact):
    """It hangs on the wall, because its owner wants it to."""

    saturation: float
    caption: str
    at: AwareDatetime


class Visit(_Fact):
    """A visit as far as it has come."""

    id: str
    """Not to be guessed."""
    trace_id: str
    began_at: AwareDatetime
    """When the first byte of the upload came."""
    language: str
    kind: Literal["photo", "clip"]
    ending: str
    content_type: str
    """Of the source."""
    size: int
    """Bytes of the source."""
    stages: tuple[tuple[Stage, int], ...] = ()
    """With the milliseconds since `began_at`."""
    plan: str | None = None
    """Of a clip: name of the plan, whose folder has its pieces."""
    coloured: Coloured | None = None
    refused: Refused | None = None
    hung: Hung | None = None
    is_sample: bool = False

    @property
    def job_id(self) -> str:
        """Of its order."""
        return f"{JOB_PREFIX}{self.id}"

    @property
    def source(self) -> str:
        """Name of the object that was brought. It may tell where it was taken: nobody is shown it."""
        return f"{INBOX}/{FOLDER}/{self.id}/source.{self.ending}"

    @property
    def after(self) -> str:
        """Name of the coloured object."""
        return f"{OUTBOX}/{FOLDER}/{self.id}/after.{'mp4' if self.kind == 'clip' else 'jpeg'}"

    @property
    def before(self) -> str:
        """Name of the grey object; a clip's own colours are taken away by who shows it."""
        return self.after if self.kind == "clip" else f"{OUTBOX}/{FOLDER}/{self.id}/before.jpeg"

    def on_wall(self, part: Literal["before", "after"]) -> str:
        """Name of a picture at the size of the wall; of a clip, it is a frame."""
        return f"{OUTBOX}/{FOLDER}/{self.id}/{part}-wall.jpeg"

    @property
    def is_settled(self) -> bool:
        """Whether it is known what became of it."""
        return self.coloured is not None or self.refused is not None

    @property
    def seconds(self) -> float | None:
        """From the first byte of the upload to the result; None before."""
        at = dict(self.stages).get("done")
        return None if at is None else at / 1000

    def all_names(self) -> list[str]:
        """Everything there may be of it in the store, as `functions.stores.erasing.erase` takes it."""
        folders = [f"{INBOX}/{FOLDER}/{self.id}/", f"{OUTBOX}/{FOLDER}/{self.id}/"]
        return folders if self.plan is None else [*folders, self.plan]

    def ends_at(self, rules: Rules) -> datetime:
        """When it is deleted."""
        plain = self.began_at + rules.keep
        return plain if self.hung is None else max(plain, self.hung.at + rules.wall)

    def token_age(self, rules: Rules) -> timedelta:
        """How old its tokens may be: whoever has agreed to the wall can take that back as long as it hangs there."""
        return self.ends_at(rules) - self.began_at

    def reached(self, stage: Stage, now: datetime) -> Visit:
        """The same, a stage further; those that were passed unseen are passed now."""
        passed = {name for name, _ in self.stages}
        at = max(0, round((now - self.began_at).total_seconds() * 1000))
        new = STAGES[: STAGES.index(stage) + 1]
        more = tuple((name, at) for name in new if name not in passed)
        return self.model_copy(update={"stages": (*self.stages, *more)})


def begun(upload: Upload, *, began_at: datetime, language: str, is_sample: bool = False) -> Visit:
    """A new visit of somebody who brought this."""
    return Visit(
        id=secrets.token_urlsafe(16),
        trace_id=secrets.token_hex(16),
        began_at=began_at,
        language=language,
        kind=upload.kind,
        ending=upload.ending,
        content_type=upload.content_type,
        size=upload.size,
        is_sample=is_sample,
    )
