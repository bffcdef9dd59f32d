"""Results of many jobs through one subscription, sorted by who waits for them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from functions.jobs import AnyResult

Following: TypeAlias = "Callable[[], Coroutine[Any, Any, AnyResult]]"
"""Waits for the next result of a job."""


class SortedResults:
    """Results of several jobs through one subscription, which costs the server nothing for each job."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Queue[AnyResult | Exception]] = {}
        self._error: Exception | None = None
        self.heard = 0
        """Results of our jobs so far."""

    @property
    def jobs(self) -> int:
        """That are waited for."""
        return len(self._asked)

    @contextlib.asynccontextmanager
    async def of(self, job_id: str) -> AsyncIterator[Following]:
        """Listen to a job while the block runs; begin before its first order is sent."""
        told: asyncio.Queue[AnyResult | Exception] = asyncio.Queue()
        self._asked[job_id] = told
        if self._error is not None:
            told.put_nowait(self._error)

        async def following() -> AnyResult:
            result = await told.get()
            if isinstance(result, Exception):
                raise result
            return result

        try:
            yield following
        finally:
            del self._asked[job_id]

    async def follow(self, told: AsyncIterator[AnyResult]) -> None:
        """Hand results to those who wait for them; should listening fail, the error too."""
        try:
            async for result in told:
                asked = self._asked.get(result.job_id)
                if asked is not None:
                    self.heard += 1
                    asked.put_nowait(result)
        except Exception as error:  # noqa: BLE001 - raised where results are waited for
            self._error = error
            for asked in self._asked.values():
                asked.put_nowait(error)
