"""What the network charges: counted as it happens, kept by day, and held against the operator's budget."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from functions.queues.records import Records

MICROS: Final = 1_000_000
"""Of a dollar: prices are as small as a tenth of a cent, and sums of floats drift."""

log = logging.getLogger(__name__)


class Charge(StrEnum):
    """What is charged for."""

    MENTION = "mention"
    """A mention of ours, read."""
    OWN_POST = "own-post"
    """A post of ours, read."""
    POST = "post"
    """Any other post, read."""
    USER = "user"
    """Somebody's account, looked up."""
    REPLY = "reply"
    """A post of ours in answer to a mention."""


class Day(BaseModel):
    """One day, in UTC."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    counts: dict[Charge, int] = {}
    micros: int = 0
    """Millionths of a dollar, at the prices of the time."""

    def with_more(self, counts: Mapping[Charge, int], prices: Mapping[Charge, int]) -> Day:
        """The day, after some more."""
        every = {charge: self.counts.get(charge, 0) + counts.get(charge, 0) for charge in (*self.counts, *counts)}
        return Day(counts=every, micros=self.micros + sum(prices.get(charge, 0) * of for charge, of in counts.items()))


class Spending:
    """Today's spending. Counted in memory at once; written down by `save`, which a replica of the bot would add to.

    Args:
        records: a book that keeps records for ever.
        prices: millionths of a dollar for each.
        budget_micros: that a day may cost; None is without limit.
        now: the clock.
    """

    def __init__(
        self,
        records: Records,
        *,
        prices: Mapping[Charge, int],
        budget_micros: int | None,
        now: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._prices = prices
        self._budget_micros = budget_micros
        self._now = now
        self._date = ""
        self._saved = Day()
        self._unsaved: dict[Charge, int] = {}

    @property
    def today(self) -> Day:
        """What is spent today, as far as it is known here."""
        return (self._saved if self._date == self._key() else Day()).with_more(self._unsaved, self._prices)

    @property
    def left_micros(self) -> int | None:
        """Of today's budget; None is without limit."""
        return None if self._budget_micros is None else max(0, self._budget_micros - self.today.micros)

    def allows(self, replies: int) -> bool:
        """Whether so many further replies can be paid for today: those on their way are not charged for yet."""
        return self.left_micros is None or self.left_micros >= replies * self._prices.get(Charge.REPLY, 0)

    def count(self, charge: Charge, times: int = 1) -> None:
        """Something was charged for."""
        self._unsaved[charge] = self._unsaved.get(charge, 0) + times

    async def save(self) -> None:
        """Write down what was counted, and read what is written.

        Raises:
            Postponed: the records are out of reach; nothing is lost but by the end of the process.
        """
        key, more = self._key(), dict(self._unsaved)
        while True:
            record = await self._records.get(key)
            day = (Day() if record is None else _read(record.value)).with_more(more, self._prices)
            data = day.model_dump_json().encode()
            if not more:
                break
            written = await (self._records.create(key, data) if record is None else self._records.replace(record, data))
            if written is not None:
                break
        self._date, self._saved = key, day
        for charge, times in more.items():
            self._unsaved[charge] -= times

    def _key(self) -> str:
        return f"spending.{self._now():%Y-%m-%d}"


def _read(data: bytes) -> Day:
    try:
        return Day.model_validate_json(data)
    except ValidationError:
        log.warning("what was spent today cannot be read: counting begins anew")
        return Day()
