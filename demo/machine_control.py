"""Asking a running `colorise up` for its programs, and to add, remove and kill workers: the client of its control.

Its other side is `cli/up_control.py`: a line of JSON there, a line of JSON back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from demo.machine_settings import MachineSettings

PATIENCE_SECONDS: Final = 2.0
"""For an answer from this machine."""

LONGEST_ANSWER: Final = 256 * 1024
"""Bytes: some hundred programs."""

NONE_NAMED: Final = "no colorise up is named in COLORISE_DEMO_CONTROL: its workers cannot be seen, added or killed here"


class UpControl:
    """A line to `colorise up`, opened anew for each question: it may be started again meanwhile.

    Args:
        settings: where it is; without an address, every question is refused in a sentence.
    """

    def __init__(self, settings: MachineSettings) -> None:
        self._address = settings.demo_control
        self._token = settings.control_token.get_secret_value().strip() if settings.control_token else ""

    @property
    def is_there(self) -> bool:
        """Whether one is named at all."""
        return self._address is not None

    async def ask(self, do: str, name: str | None = None) -> dict[str, Any]:
        """Ask, and give the answer's fields.

        Raises:
            Rejected: it does not do that; with its own code, or "no-control" where none is named.
            Postponed: it does not answer.
        """
        if self._address is None:
            raise Rejected(NONE_NAMED, code="no-control")
        request = {"token": self._token, "do": do} | ({} if name is None else {"name": name})
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await self._asked(self._address, json.dumps(request).encode() + b"\n")
        except (OSError, TimeoutError, ValueError) as error:
            msg = f"colorise up does not answer at {self._address} ({type(error).__name__}): does it run?"
            raise Postponed(msg, after_seconds=1) from error
        if not answer.get("ok"):
            raise Rejected(str(answer.get("reason") or "refused"), code=str(answer.get("code") or "refused"))
        return answer

    @staticmethod
    async def _asked(address: str, line: bytes) -> dict[str, Any]:
        where = urlsplit(f"//{address}")
        reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=LONGEST_ANSWER)
        try:
            writer.write(line)
            await writer.drain()
            answer = json.loads(await reader.readline())
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        if not isinstance(answer, dict):
            msg = "no answer"
            raise ValueError(msg)  # noqa: TRY004 - the same as one that is no JSON
        return answer
