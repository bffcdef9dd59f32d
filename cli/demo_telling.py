"""What `colorise demo` says beside what `colorise up` says: where the stand is, and who may run it."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import webbrowser
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpx

from cli.demo_programs import BOT, STAND
from cli.exit_codes import ExitCode
from cli.up_program import State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from cli.up_program import Death, Status
    from cli.up_telling import Teller

ASK_SECONDS: Final = 10.0
"""For the stand to say how others find it: it has just said that it is ready."""

PROGRAMS: Final = {STAND: "colorise demo", BOT: "colorise bot"}
"""What they call themselves when they complain."""

WRONG_SETTINGS: Final = f"ended with code {ExitCode.USAGE.value}"

PAGES: Final = ("wall", "timeline", "machine")


@dataclass(frozen=True, slots=True)
class Greeting:
    """What people need to come in."""

    address: str
    """For who sits at the machine."""
    network: str | None
    """Address for others; None where nobody else is let in."""
    pin: str
    """The operator's."""

    def lines(self, *, code: bool) -> list[str]:
        """For a terminal.

        Args:
            code: with a QR code for phones, where others are let in.
        """
        lines = [
            f"  stand  {self.address}",
            *(f"         {self.address}/{page}" for page in PAGES),
            f"         {self.address}/operator, with the number {self.pin}",
        ]
        if self.network is None:
            return [*lines, "         for this machine alone; --host 0.0.0.0 lets phones in"]
        if self.network != self.address:
            lines.append(f"  phones {self.network}")
        if not self.network.startswith("https:"):
            lines.append("         their cameras need https: --self-signed, or --certificate and --key")
        return [*lines, _code(self.network)] if code else lines


def _code(address: str) -> str:
    import segno  # noqa: PLC0415 - nobody else needs it

    drawn = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(drawn, border=2, compact=True)
    return drawn.getvalue().rstrip("\n")


Also: TypeAlias = "Callable[[str, Mapping[str, Any], Sequence[str]], None]"
"""`Teller.also`."""

Work: TypeAlias = "Callable[[Greeting, Also], Awaitable[None]]"
"""To be done at a stand that is ready."""


class StandTeller:
    """A teller that greets when all is ready, and ends everything where the stand's settings are wrong.

    Args:
        teller: hears of everything as well.
        stop: ends everything.
        address: of the stand, for who sits at the machine.
        pin: of its operator.
        opens_browser: whether people want to see it now.
        then: work to be done once it is ready, after which everything ends; None goes on.
    """

    def __init__(  # noqa: PLR0913 - each is a wish of its own
        self,
        teller: Teller,
        stop: Callable[[], None],
        *,
        address: str,
        pin: str,
        opens_browser: bool,
        then: Work | None,
    ) -> None:
        self._teller = teller
        self._stop = stop
        self._address = address
        self._pin = pin
        self._opens_browser = opens_browser
        self._then = then
        self._were_ready: set[str] = set()
        self._greeting: asyncio.Task[None] | None = None
        self.failure: Exception | None = None
        """Of the work that was to be done; None where it went well, or did not end."""
        self.wrong_settings: str | None = None
        """What a program said of its settings before it ended; None where they are right."""
        self.is_done = False
        """Whether the work that was to be done has ended well."""

    def table(self, everything: Sequence[Status], changed: Status) -> None:
        """Pass it on."""
        if changed.state is State.READY:
            self._were_ready.add(changed.name)
        self._teller.table(everything, changed)

    def died(self, death: Death) -> None:
        """Pass it on; a program of ours with wrong settings would die for ever."""
        if death.name in PROGRAMS and death.how == WRONG_SETTINGS and death.name not in self._were_ready:
            said = death.last_line.removeprefix(f"{PROGRAMS[death.name]}: ")
            self.wrong_settings = self.wrong_settings or said or f"{death.name}: see {death.log}"
            self._stop()
        else:
            self._teller.died(death)

    def ready(self, seconds: float) -> None:
        """Pass it on, and greet."""
        self._teller.ready(seconds)
        self._greeting = asyncio.create_task(self._greet(), name="greeting")

    def also(self, event: str, fields: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Pass it on."""
        self._teller.also(event, fields, lines)

    def stopping(self) -> None:
        """Pass it on."""
        if self._greeting is not None:
            self._greeting.cancel()
        self._teller.stopping()

    def stopped(self, seconds: float) -> None:
        """Pass it on."""
        self._teller.stopped(seconds)

    async def _greet(self) -> None:
        greeting = Greeting(self._address, await self._network(), self._pin)
        lines = greeting.lines(code=sys.stdout.isatty()) if self._then is None else []
        self.also("stand", asdict(greeting), lines)
        if self._then is not None:
            try:
                await self._then(greeting, self.also)
                self.is_done = True
            except Exception as error:  # noqa: BLE001 - told by whoever began all this, once everything has ended
                self.failure = error
            self._stop()
        elif self._opens_browser and has_browser():
            await asyncio.to_thread(webbrowser.open, greeting.address)

    async def _network(self) -> str | None:
        # The stand is our own child, on this machine; its certificate may be for other names.
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=ASK_SECONDS) as client:  # noqa: S501 - as said
            with suppress(httpx.HTTPError, ValueError, KeyError):
                return str((await client.get(f"{self._address}/api/stand")).json()["address"] or "") or None
        return None


def has_browser() -> bool:
    """Whether there is a screen to show one on, or somebody has said which."""
    if os.environ.get("BROWSER"):
        return True
    if not sys.stdout.isatty():
        return False
    return sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
