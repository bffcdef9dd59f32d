"""What `colorise up` says: a table on a terminal, lines where it is piped, JSON for programs, or errors only."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Protocol

from cli.up_program import State
from cli.up_secrets import QUEUE_PASSWORD, STORE_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.table import Table

    from cli.up_program import Death, Status
    from cli.up_settings import Access

COLORS: Final = {
    State.READY: "green",
    State.ELSEWHERE: "green",
    State.WAITING: "red",
    State.UNREADY: "yellow",
    State.STARTING: "yellow",
}


STOP: Final = "  stop   Ctrl-C"


class Teller(Protocol):
    """Tells whoever has typed `colorise up` what happens."""

    def table(self, everything: Sequence[Status], changed: Status) -> None:
        """One of the programs is in another state."""

    def died(self, death: Death) -> None:
        """A program died, and is started again."""

    def ready(self, seconds: float) -> None:
        """Everything is ready."""

    def also(self, event: str, fields: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Something else: an event with fields for programs, lines for people."""

    def stopping(self) -> None:
        """It has been asked to stop."""

    def stopped(self, seconds: float) -> None:
        """Everything has stopped."""


def make_teller(  # noqa: PLR0913 - each is a wish of its own
    access: Access, data: Path, *, default: bool, as_json: bool, quiet: bool, brief: bool = False, calm: bool = False
) -> Teller:
    """Choose how to tell.

    Args:
        access: to queue and store, for whoever wants to use them.
        data: the data folder.
        default: whether that is where others look for it.
        as_json: a line of JSON for everything that happens.
        quiet: only what goes wrong.
        brief: queue and store are there for something else, which has its own to say.
        calm: nothing of how each program does, as long as it does.
    """
    if as_json:
        return _JsonLines(access, data)
    if quiet:
        return _Quiet()
    usage = [f"  data   {data}", STOP] if brief else how_to_use(access, data, default=default)
    if calm:
        return _Calm(usage)
    return _LiveTable(usage) if sys.stdout.isatty() else _Lines(usage)


def how_to_use(access: Access, data: Path, *, default: bool) -> list[str]:
    """Lines that say where queue and store are, and what to do with them."""
    told = access.environment
    queue_user, store_user = told.get("COLORISE_NATS_USER"), told.get("COLORISE_S3_ACCESS_KEY")
    lines = ["  queue  " + told["COLORISE_NATS_URL"]]
    if queue_user:
        lines.append(f"         user {queue_user}, password in {access.secrets / QUEUE_PASSWORD}")
    lines.append("  store  " + (told.get("COLORISE_S3_ENDPOINT") or told.get("COLORISE_STORE") or ""))
    if store_user:
        bucket = told.get("COLORISE_S3_BUCKET", "colorise")
        lines.append(f"         bucket {bucket}, access key {store_user}, secret key in {access.secrets / STORE_KEY}")
    where = "" if default else f"COLORISE_DATA={shlex.quote(str(data))} "
    lines += [f"  use    {where}colorise photo old.jpg --via up", STOP]
    return lines


def sentence(death: Death) -> str:
    """A death in a line; when it is not the first, with what the program said last."""
    text = f"{death.name} {death.how}"
    if death.in_a_row > 1:
        text += f", {death.in_a_row} times in a row"
    text += f"; it is started again in {death.again_seconds:.1f} s"
    if death.in_a_row > 1 and death.last_line:
        text += f"; its last line: {death.last_line}"
    return text + (f" (all of it: {death.log})" if death.in_a_row > 1 else "")


class _Lines:
    def __init__(self, usage: Sequence[str]) -> None:
        self._usage = usage

    def table(self, everything: Sequence[Status], changed: Status) -> None:
        del everything
        pid = f"pid {changed.pid}" if changed.pid else ""
        restarts = f"restarts {changed.restarts}" if changed.restarts else ""
        words = (f"{changed.name:<12}", f"{changed.state.value:<9}", f"{pid:<12}", changed.address, restarts)
        _say(" ".join(words).rstrip())

    def died(self, death: Death) -> None:
        _say(sentence(death))

    def ready(self, seconds: float) -> None:
        _say("\n".join([f"ready in {seconds:.1f} s", *self._usage]))

    def also(self, event: str, fields: Mapping[str, Any], lines: Sequence[str]) -> None:
        del event, fields
        for line in lines:
            _say(line)

    def stopping(self) -> None:
        _say("stopping")

    def stopped(self, seconds: float) -> None:
        _say(f"stopped in {seconds:.1f} s")


class _Calm(_Lines):
    def table(self, everything: Sequence[Status], changed: Status) -> None:
        del everything, changed

    def ready(self, seconds: float) -> None:
        _say(f"ready in {seconds:.1f} s")

    def stopping(self) -> None:
        pass

    def stopped(self, seconds: float) -> None:
        del seconds


class _JsonLines:
    def __init__(self, access: Access, data: Path) -> None:
        self._access = access
        self._data = data

    def table(self, everything: Sequence[Status], changed: Status) -> None:
        del everything
        shown = ("name", "state", "pid", "address", "restarts")
        self._line("program", **{name: getattr(changed, name) for name in shown})

    def died(self, death: Death) -> None:
        self._line("died", **asdict(death) | {"log": str(death.log)})

    def ready(self, seconds: float) -> None:
        self._line(
            "ready",
            seconds=round(seconds, 3),
            data=str(self._data),
            secrets=str(self._access.secrets),
            environment=dict(self._access.environment),
        )

    def also(self, event: str, fields: Mapping[str, Any], lines: Sequence[str]) -> None:
        del lines
        self._line(event, **fields)

    def stopping(self) -> None:
        self._line("stopping")

    def stopped(self, seconds: float) -> None:
        self._line("stopped", seconds=round(seconds, 3))

    @staticmethod
    def _line(event: str, **fields: Any) -> None:
        _say(json.dumps({"event": event, **fields}, ensure_ascii=False))


class _Quiet:
    def table(self, everything: Sequence[Status], changed: Status) -> None:
        del everything, changed

    def died(self, death: Death) -> None:
        sys.stderr.write(f"colorise: {sentence(death)}\n")

    def ready(self, seconds: float) -> None:
        del seconds

    def also(self, event: str, fields: Mapping[str, Any], lines: Sequence[str]) -> None:
        del event, fields, lines

    def stopping(self) -> None:
        pass

    def stopped(self, seconds: float) -> None:
        del seconds


class _LiveTable:
    def __init__(self, usage: Sequence[str]) -> None:
        from rich.console import Console  # noqa: PLC0415 - a tenth of a second that pipes need not wait
        from rich.live import Live  # noqa: PLC0415 - as above

        self._usage = usage
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False)

    def table(self, everything: Sequence[Status], changed: Status) -> None:
        del changed
        self._live.start()
        self._live.update(_table(everything), refresh=True)

    def died(self, death: Death) -> None:
        self._console.print(sentence(death), style="red", markup=False)

    def ready(self, seconds: float) -> None:
        self._console.print(f"ready in {seconds:.1f} s", style="bold green")
        for line in self._usage:
            self._console.print(line, markup=False, soft_wrap=True)

    def also(self, event: str, fields: Mapping[str, Any], lines: Sequence[str]) -> None:
        del event, fields
        for line in lines:
            self._console.print(line, markup=False, soft_wrap=True)

    def stopping(self) -> None:
        self._console.print("stopping; Ctrl-C again stops at once", markup=False)

    def stopped(self, seconds: float) -> None:
        self._live.stop()
        self._console.print(f"stopped in {seconds:.1f} s")


def _table(everything: Sequence[Status]) -> Table:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("name", "state", "pid", "address", "restarts"):
        table.add_column(heading)
    for one in everything:
        state = Text(one.state.value, style=COLORS.get(one.state, "dim"))
        table.add_row(one.name, state, str(one.pid or ""), one.address, str(one.restarts or ""))
    return table


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
