"""The data folder of `colorise up`: what is where in it, and whether it can be used."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from functions.errors import Rejected
from functions.whole_file import replacing

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = 1
"""Of what is in the folder; a program refuses what a newer one has written."""

LEAST_BYTES: Final = 1_000_000_000
"""Free, to start with: four volumes of the store. Without room for two, it takes no object at all."""

ROOM_BYTES: Final = 16_000_000
"""Free, after the disk was full: the queue writes its orders on then, which are small."""

LEAST_SHARE: Final = 0.01
"""Of the disk: below it the store makes its volumes read-only."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths in a data folder; everything but the folder itself is for its owner's eyes only."""

    root: Path

    @property
    def version_file(self) -> Path:
        """Holds the version of what is here."""
        return self.root / "data-version"

    @property
    def lock(self) -> Path:
        """Held by the `colorise up` that runs here."""
        return self.root / "up.lock"

    @property
    def ports(self) -> Path:
        """The ports of last time, to be had again."""
        return self.root / "ports.json"

    @property
    def control_port(self) -> Path:
        """The port of the control, likewise."""
        return self.root / "control.json"

    @property
    def secrets(self) -> Path:
        """Our own credentials, a file each."""
        return self.root / "secrets"

    @property
    def config(self) -> Path:
        """Files that the servers read, written anew at every start."""
        return self.root / "config"

    @property
    def queue(self) -> Path:
        """JetStream's files."""
        return self.root / "nats"

    @property
    def store(self) -> Path:
        """The S3 server's files."""
        return self.root / "s3"

    @property
    def logs(self) -> Path:
        """NAME.log, and NAME.log.1 from before."""
        return self.root / "logs"

    @property
    def temporary(self) -> Path:
        """A folder for each program; gone when everything has stopped."""
        return self.root / "tmp"


def prepare(root: Path) -> DataFolder:
    """Make the folder, or see that it can be used.

    Raises:
        Rejected: it cannot be written to ("unwritable"), or a newer program has written it ("newer-data").
    """
    data = DataFolder(root.expanduser().absolute())
    try:
        data.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_newer(data)
        for folder in (data.secrets, data.config, data.queue, data.store, data.logs, data.temporary):
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        write_private(data.version_file, f"{VERSION}\n")
    except OSError as error:
        msg = f"cannot write to {data.root}: {error.strerror or error}; give another folder with --data"
        raise Rejected(msg, code="unwritable") from error
    return data


def has_room(data: DataFolder, least_bytes: int = ROOM_BYTES) -> bool:
    """Whether a disk that was full is so no more."""
    return shutil.disk_usage(data.root).free >= least_bytes


def refuse_little_room(data: DataFolder, least_bytes: int = LEAST_BYTES) -> None:
    """See that the store would have room to work in: `least_bytes`, and `LEAST_SHARE` of the disk.

    Raises:
        Rejected: the disk is all but full ("no-space").
    """
    disk = shutil.disk_usage(data.root)
    needed = max(least_bytes, round(disk.total * LEAST_SHARE))
    if disk.free < needed:
        msg = (
            f"{data.root} is on a disk with {disk.free / 1e6:,.0f} MB left, and the store needs "
            f"{needed / 1e6:,.0f} MB to work in: make room, or give another folder with --data"
        )
        raise Rejected(msg, code="no-space")


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, not even while it is written; it is there whole or not at all."""
    with replacing(path) as partial, open(partial, "x", encoding="utf-8", opener=_for_owner) as file:
        file.write(text)


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _refuse_newer(data: DataFolder) -> None:
    try:
        text = data.version_file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return
    if text.isdecimal() and int(text) <= VERSION:
        return
    msg = (
        f"{data.root} was written by a newer colorise (version {text[:20]} of the data, this one knows {VERSION}): "
        "update colorise, or give another folder with --data"
    )
    raise Rejected(msg, code="newer-data")
