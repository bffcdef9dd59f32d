"""What the operator may change while the stand runs, and what was changed: it outlives a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.settings import DemoSettings
    from functions.queues.records import Records

KEY: Final = "rules"
"""Of the record with what was changed."""

NAME: Final = r"^\P{Cc}{1,60}$"
"""Of the stand: on one line."""

MEGABYTE: Final = 1_000_000


class Rules(BaseModel):
    """How the stand is run."""

    model_config: ClassVar = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, pattern=NAME)]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    idle_seconds: Annotated[int, Field(ge=0, le=3600)]
    max_bytes: Annotated[int, Field(ge=1, le=500 * MEGABYTE)]
    keep_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)]
    wall_hours: Annotated[float, Field(gt=0, le=6 * 24)]
    per_visitor_per_minute: Annotated[int, Field(ge=1, le=1000)]
    max_clip_seconds: Annotated[float, Field(gt=0, le=600)]
    samples: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")], ...], Field(max_length=24)
    ]
    """Ids of the pictures that are offered to who has none."""

    @property
    def keep(self) -> timedelta:
        """How long a visit is kept."""
        return timedelta(minutes=self.keep_minutes)

    @property
    def wall(self) -> timedelta:
        """How long a picture hangs on the wall."""
        return timedelta(hours=self.wall_hours)


class RuleBook:
    """The rules that hold now.

    Args:
        settings: that the stand was started with.
        samples: that are offered unless the operator chooses.
        languages: that the pages speak.
        book: where changes are written down.
    """

    def __init__(
        self, settings: DemoSettings, *, samples: tuple[str, ...], languages: tuple[str, ...], book: Records
    ) -> None:
        self._languages = languages
        self._book = book
        self._changes: dict[str, Any] = {}
        self._began = Rules(
            name=settings.demo_name,
            language=settings.demo_language if settings.demo_language in languages else languages[0],
            idle_seconds=settings.demo_idle_seconds,
            max_bytes=round(settings.demo_max_mb * MEGABYTE),
            keep_minutes=settings.demo_keep_minutes,
            wall_hours=settings.demo_wall_hours,
            per_visitor_per_minute=settings.demo_per_minute,
            max_clip_seconds=settings.demo_max_clip_seconds,
            samples=samples,
        )
        self.now = self._began

    async def load(self) -> None:
        """Take on what was changed in an earlier life; what cannot be read any more is passed over.

        Raises:
            Postponed: the book is out of reach.
        """
        record = await self._book.get(KEY)
        if record is None:
            return
        try:
            self._changes = _Changes.model_validate_json(record.value).fields
            self.now = self._changed(self._changes)
        except (ValidationError, Rejected):
            self._changes = {}

    async def change(self, fields: Mapping[str, Any]) -> Rules:
        """Change some of them, for now and after a restart.

        Raises:
            Rejected: a value cannot be ("bad-settings").
            Postponed: the book is out of reach; nothing is changed.
        """
        changes = {**self._changes, **fields}
        now = self._changed(changes)
        await self._book.put(KEY, _Changes(fields=changes).model_dump_json().encode())
        self._changes, self.now = changes, now
        return now

    def _changed(self, changes: Mapping[str, Any]) -> Rules:
        try:
            rules = Rules.model_validate({**self._began.model_dump(), **changes})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            msg = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg'][:1].lower()}{first['msg'][1:]}"
            raise Rejected(msg, code="bad-settings") from error
        if rules.language not in self._languages:
            msg = f"language: the stand speaks {', '.join(self._languages)}"
            raise Rejected(msg, code="bad-settings")
        return rules


class _Changes(BaseModel):
    fields: dict[str, Any]
