"""What is remembered of those who mention the bot: as little as its manners need.

Keys: `person.ID` in a book that forgets after two days; `opted-out.ID` in one that does not forget.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.policy import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.queues.records import Record, Records

KEEP_SECONDS: Final = 2 * 24 * 3600.0
"""Longer than the day in which somebody is declined once."""

HOUR: Final = timedelta(hours=1)


class _Noted(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    answered_at: tuple[AwareDatetime, ...] = ()
    declined_at: AwareDatetime | None = None


class People:
    """Every method raises `Postponed` where the records are out of reach.

    Args:
        passing: a book that keeps a record for `KEEP_SECONDS`.
        lasting: a book that keeps records for ever.
    """

    def __init__(self, passing: Records, lasting: Records) -> None:
        self._passing = passing
        self._lasting = lasting

    async def find(self, account: str, *, now: datetime) -> Person:
        """What is remembered of somebody."""
        noted = _read(await self._passing.get(_key(account)))
        return Person(
            opted_out=await self._lasting.get(_out(account)) is not None,
            answered_at=tuple(at for at in noted.answered_at if at > now - HOUR),
            declined_at=noted.declined_at,
        )

    async def note_answer(self, account: str, *, now: datetime) -> None:
        """Somebody gets pictures or a film."""

        def answered(noted: _Noted) -> _Noted:
            recent = (*(at for at in noted.answered_at if at > now - HOUR), now)
            return noted.model_copy(update={"answered_at": recent})

        await self._change(account, answered)

    async def note_decline(self, account: str, *, now: datetime) -> None:
        """Somebody is told no."""
        await self._change(account, lambda noted: noted.model_copy(update={"declined_at": now}))

    async def opt_out(self, account: str) -> None:
        """Somebody wants no answers any more."""
        await self._lasting.put(_out(account), b"")

    async def opt_in(self, account: str) -> None:
        """Somebody wants answers again."""
        await self._lasting.delete(_out(account))

    async def forget(self, account: str) -> None:
        """Delete what is remembered of somebody, but for the wish to be left alone, which is theirs."""
        await self._passing.delete(_key(account))

    async def _change(self, account: str, change: Callable[[_Noted], _Noted]) -> None:
        """Note something beside whatever else is noted of them at the same moment."""
        while True:
            record = await self._passing.get(_key(account))
            data = change(_read(record)).model_dump_json().encode()
            written = await (
                self._passing.create(_key(account), data) if record is None else self._passing.replace(record, data)
            )
            if written is not None:
                return


def _read(record: Record | None) -> _Noted:
    try:
        return _Noted() if record is None else _Noted.model_validate_json(record.value)
    except ValidationError:  # of another version: two days at most are forgotten
        return _Noted()


def _key(account: str) -> str:
    return f"person.{account}"


def _out(account: str) -> str:
    return f"opted-out.{account}"
