"""Looks through all that a drill of the bot has written for keys and tokens."""

from __future__ import annotations

import base64
from dataclasses import fields
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cli.drill_bot_stage import Stage
    from cli.drill_report import DrillReport


def add_secrets(report: DrillReport, stage: Stage) -> None:
    """Look for the account's keys everywhere but in their own files, and for queue's and store's but in theirs."""
    account = {f"x_{one.name}": getattr(stage.keys, one.name) for one in fields(stage.keys)}
    running = stage.up.running
    servers = {
        name: secret.get_secret_value()
        for name, secret in (
            ("nats_password", running.queue.nats_password),
            ("s3_secret_key", running.store.s3_secret_key),
        )
        if secret is not None
    }
    own = {stage.data / "keys"}
    theirs = own | {stage.data / "up" / "secrets", stage.data / "up" / "config"}
    files = [path for path in sorted(stage.data.rglob("*")) if path.is_file() and not path.is_symlink()]
    wrong = [*found_in(_without(files, own), account), *found_in(_without(files, theirs), servers)]
    size = sum(path.stat().st_size for path in files if path.exists())
    report.promise(
        "no key or token is written anywhere",
        wrong,
        right=f"{len(files):,} files of {size / 1e6:,.0f} MB looked through",
    )


def found_in(files: Iterable[Path], secrets: Mapping[str, str]) -> Iterator[str]:
    """Which secret is in which file: as it is, as in an address, or in base64."""
    shapes = [(name, shape) for name, secret in secrets.items() for shape in shapes_of(secret)]
    for path in files:
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # a server has tidied up meanwhile
            continue
        yield from sorted({f"{name} in {path}" for name, shape in shapes if shape in data})


def shapes_of(secret: str) -> set[bytes]:
    """How it may be written down."""
    plain = secret.encode()
    shapes = {plain, quote(secret, safe="").encode()}
    for before in range(3):  # base64 takes three bytes at once: what is beside it decides how it begins and ends
        coded = base64.b64encode(b"\0" * before + plain)
        shapes.add(coded[before + 1 if before else 0 : -4])
    return shapes


def _without(files: Iterable[Path], folders: set[Path]) -> list[Path]:
    return [path for path in files if not any(folder in path.parents for folder in folders)]
