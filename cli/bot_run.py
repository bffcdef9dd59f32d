"""Starts the bot, which is a program of its own, with the way to queue and store."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.exit_codes import ExitCode
from cli.sources import Usage
from cli.up_address import Running, find_running

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURES: Final = 8
"""That are drawn for a rehearsal."""

WORKERS: Final = 1
"""Of a rehearsal's own pipeline."""


@dataclass(frozen=True, slots=True)
class BotOptions:
    """As typed."""

    check: bool = False
    rehearse: bool = False
    pictures: Path | None = None
    dry_run: bool = False
    forget: str | None = None
    config: Path | None = None

    @property
    def words(self) -> list[str]:
        """For the bot's own program."""
        flags = {"--check": self.check, "--rehearse": self.rehearse, "--dry-run": self.dry_run}
        words = [flag for flag, is_set in flags.items() if is_set]
        words += [] if self.forget is None else ["--forget", self.forget]
        for option, path in (("--pictures", self.pictures), ("--config", self.config)):
            words += [] if path is None else [option, str(path.absolute())]
        return words


def run_bot(options: BotOptions) -> int:
    """Run the bot until it ends; its exit code.

    Raises:
        Usage: options that do not go together.
        Rejected: a rehearsal's pipeline does not start.
    """
    if options.pictures is not None and not options.rehearse:
        msg = "--pictures goes with --rehearse"
        raise Usage(msg)
    if options.rehearse:
        try:
            return asyncio.run(_rehearsed(options))
        except asyncio.CancelledError:  # told to stop before it began
            return ExitCode.INTERRUPTED
    running = None if os.environ.get("COLORISE_NATS_URL") else find_running(None)
    command = [sys.executable, "-P", "-m", "bot", *options.words]
    environment = {**os.environ, **({} if running is None else way_to(running))}
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(sys.executable, command, environment)  # noqa: S606 - our own program, in our place: signals are its own
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - our own program


def way_to(running: Running) -> dict[str, str]:
    """Variables that lead a program to queue and store of a `colorise up`, the secret ones too."""
    secrets = {
        "COLORISE_NATS_PASSWORD": running.queue.nats_password,
        "COLORISE_S3_SECRET_KEY": running.store.s3_secret_key,
    }
    return {
        **running.environment,
        **{name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None},
    }


async def _rehearsed(options: BotOptions) -> int:
    """Play the rehearsal on a pipeline of its own, which is gone afterwards."""
    from cli.drill_up import drill_up  # noqa: PLC0415 - the bot itself needs no pipeline of its own

    if (task := asyncio.current_task()) is not None:
        with contextlib.suppress(NotImplementedError):  # Windows knows no such signals
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with tempfile.TemporaryDirectory(prefix="colorise-rehearsal-", ignore_cleanup_errors=True) as folder:
        pictures = options.pictures or await asyncio.to_thread(_drawn, Path(folder) / "pictures")
        async with drill_up(Path(folder) / "data", workers=WORKERS) as up:
            environment = {**os.environ, **way_to(up.running)}
            told = BotOptions(rehearse=True, pictures=pictures, config=options.config)
            process = await _started(told, environment)
            try:
                return await process.wait()
            except asyncio.CancelledError:
                process.terminate()
                await process.wait()
                return ExitCode.INTERRUPTED


async def _started(options: BotOptions, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    command = [sys.executable, "-P", "-m", "bot", *options.words]
    return await asyncio.create_subprocess_exec(*command, env=environment)


def _drawn(folder: Path) -> Path:
    """A folder of pictures that nobody has taken."""
    from cli.drill_goods import pictures  # noqa: PLC0415 - numpy and OpenCV

    folder.mkdir()
    for good in pictures(PICTURES, seed=1, name="drawn"):
        (folder / good.order.source.rpartition("/")[2]).write_bytes(good.data)
    return folder
