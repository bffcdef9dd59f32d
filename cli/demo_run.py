"""`colorise demo`: the pipeline, the stand and its bot on this machine, with one command."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.demo_needs import INSTALL, missing
from cli.demo_programs import NAMES, StandPrograms
from cli.demo_telling import StandTeller
from cli.demo_wishes import place_of
from cli.exit_codes import ExitCode
from cli.file_lock import locked
from cli.sources import Usage
from cli.up_address import Running, default_data, find_running
from cli.up_beside import Ground
from cli.up_data import prepare
from cli.up_ports import choose
from cli.up_run import run_up
from cli.up_secrets import made_once
from cli.up_servers import probe_elsewhere
from cli.up_settings import Access
from cli.up_supervisor import Supervisor
from cli.up_telling import make_teller
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cli.demo_telling import Work
    from cli.up_data import DataFolder
    from cli.up_program import Program
    from cli.up_run import UpOptions
    from cli.up_telling import Teller

CERTIFICATES: Final = "certificate"
"""Folder, in that of the data."""

LOCK: Final = "demo.lock"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """As typed."""

    up: UpOptions
    stand: Mapping[str, Any] = field(default_factory=dict)
    """Names of settings of the stand → values; others are read from where settings are."""
    config: Path | None = None
    opens_browser: bool = True
    headless: Path | None = None
    """Folder for coloured samples; with it, everything ends when they are there."""


class _Beside:
    """The stand and the bot, for whoever keeps them running."""

    def __init__(self, options: DemoOptions, root: Path, then: Work | None) -> None:
        certificates = root / CERTIFICATES
        place = place_of(options.stand, certificates, options.config)
        self._programs = StandPrograms(place, certificates, options.config)
        self._options = options
        self._then = then
        self._pin = ""
        self.teller: StandTeller | None = None

    @property
    def names(self) -> Sequence[str]:
        return NAMES

    @property
    def is_calm(self) -> bool:
        return self._options.headless is not None

    def programs(self, ground: Ground) -> Sequence[Program]:
        self._pin = self._programs.pin(ground)
        return self._programs.made(ground)

    def telling(self, teller: Teller, stop: Callable[[], None]) -> Teller:
        self.teller = StandTeller(
            teller,
            stop,
            address=self._programs.place.local,
            pin=self._pin,
            opens_browser=self._options.opens_browser,
            then=self._then,
        )
        return self.teller

    def answer(self, code: ExitCode) -> ExitCode:
        """How it ended, for the shell.

        Raises:
            Usage: a program was told nonsense.
            Exception: what went wrong with the work that was to be done.
        """
        if self.teller is not None and self.teller.wrong_settings is not None:
            raise Usage(self.teller.wrong_settings)
        if self.teller is not None and self.teller.failure is not None:
            raise self.teller.failure
        is_done = self._then is None or (self.teller is not None and self.teller.is_done)
        return code if is_done else ExitCode.INTERRUPTED


def run_demo(options: DemoOptions) -> ExitCode:
    """Run everything until a signal comes, or until the samples are coloured.

    Raises:
        Rejected: it cannot begin; the message says what would help.
        OSError: a file cannot be written.
    """
    _refuse_half_an_installation()
    if options.headless is None:
        return _run(options, options.up.data or default_data(), None)
    from cli.demo_headless import SampleTour  # noqa: PLC0415 - numpy and OpenCV

    tour = SampleTour(options.headless.expanduser().absolute())
    with _own_folder(options.up.data) as data:
        return _run(options, data, tour.make)


def _run(options: DemoOptions, root: Path, then: Work | None) -> ExitCode:
    root = root.expanduser().absolute()
    data = prepare(root)
    with locked(root / LOCK) as ours:
        if not ours:
            msg = f"a stand runs on {root} already: use it, stop it, or give another --data"
            raise Rejected(msg, code="already-running")
        beside = _Beside(options, root, then)
        running = find_running(data.root)
        if running is None:
            return beside.answer(run_up(replace(options.up, data=root), beside=beside))
        return beside.answer(_run_beside(options, data, running, beside))


def _run_beside(options: DemoOptions, data: DataFolder, running: Running, beside: _Beside) -> ExitCode:
    """Run the stand and the bot with a `colorise up` that runs already, and goes on when they have ended."""
    began = time.monotonic()
    made_once(data.secrets)  # an older one may not have made all
    told = dict(running.environment)
    ground = Ground(data, told, running.control, choose(NAMES, {}, data.ports))
    servers = {"nats": told["COLORISE_NATS_URL"], "s3": told.get("COLORISE_S3_ENDPOINT") or told["COLORISE_STORE"]}
    probes = {name: (url, probe_elsewhere(url)) for name, url in servers.items()}
    teller = make_teller(
        Access(told, running.secrets),
        data.root,
        default=data.root == default_data().absolute(),
        as_json=options.up.as_json,
        quiet=options.up.quiet,
        brief=True,
        calm=beside.is_calm,
    )
    programs = beside.programs(ground)

    async def supervise() -> bool:
        supervisor = Supervisor(programs, probes, data.logs, teller, lambda _, __: None, beside=beside)
        return await supervisor.run(began)

    return ExitCode.DONE if asyncio.run(supervise()) else ExitCode.INTERRUPTED


@contextlib.contextmanager
def _own_folder(data: Path | None) -> Iterator[Path]:
    """The data folder that was named, or one that is gone afterwards."""
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="colorise-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _refuse_half_an_installation() -> None:
    if lacking := missing():
        msg = f"the stand needs more packages ({', '.join(lacking)}): {INSTALL}"
        raise Rejected(msg, code="needs-demo")
