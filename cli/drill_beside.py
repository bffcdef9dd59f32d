"""Programs of `cli.drill_stub`, started and ended by a drill."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from cli.drill_up import PATIENCE_SECONDS
from cli.up_keeper import apart, bound_to_us
from cli.up_settings import without_access
from functions.errors import Rejected

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping


class Beside:
    """A program that says a word now and then."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def says(self, word: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for its next line.

        Raises:
            Rejected: it says something else, or nothing ("ended").
        """
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        try:
            async with asyncio.timeout(seconds):
                line = (await self._process.stdout.readline()).decode().strip()
        except TimeoutError:
            line = "nothing"
        if line != word:
            msg = f"the drill's own program said {line or 'nothing'} instead of {word}"
            raise Rejected(msg, code="ended")


@contextlib.asynccontextmanager
async def beside_us(*words: str, told: Mapping[str, str]) -> AsyncIterator[Beside]:
    """Run `python -m cli.drill_stub WORDS` while the block lasts.

    Args:
        words: what it is to do.
        told: variables that lead to the queue.
    """
    process = await asyncio.create_subprocess_exec(
        *bound_to_us([sys.executable, "-P", "-m", "cli.drill_stub", *words]),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env={**without_access(os.environ), **told},
        **apart(),
    )
    try:
        yield Beside(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
        if process.returncode is None:
            process.kill()
        await process.wait()
