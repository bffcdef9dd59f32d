"""What `colorise demo` itself must know of the stand's settings: where it listens, and the operator's number."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, ValidationError
from pydantic_settings import SettingsError

from cli.sources import Usage
from functions.environment import CONFIG, EnvironmentSettings, complaints
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIRST_PORT: Final = 8000
PORTS: Final = 100
"""That are tried, from there on, where nobody asks for a certain one."""

ANYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not listened on


class StandWishes(EnvironmentSettings):
    """Of the stand's settings, those that matter here; the stand itself looks at all of them."""

    demo_host: str = "127.0.0.1"
    demo_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    demo_pin: str | None = None
    demo_certificate: Path | None = None
    demo_key: Path | None = None
    demo_self_signed: bool = False
    demo_samples: Path | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the stand is, and what it needs of this machine."""

    host: str
    """It listens on."""
    port: int
    certificate: Path | None
    """That it shows; None where it speaks plain HTTP."""
    key: Path | None
    makes_certificate: bool
    """Whether it makes both itself."""
    pin: str | None
    """The operator's; None leaves the choice to us."""
    samples: Path | None
    """Folder of photographs that are offered to visitors."""

    @property
    def local(self) -> str:
        """Address for who sits at the machine."""
        host = "127.0.0.1" if self.host in ANYWHERE else self.host
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


def place_of(given: Mapping[str, Any], certificates: Path, config: Path | None = None) -> Place:
    """Where the stand is to be.

    Args:
        given: names of settings → values as typed; others are read from where settings are.
        certificates: folder for a certificate that it makes itself.
        config: a file of settings; None is the one that the environment names, if any.

    Raises:
        Usage: a setting is wrong.
        Rejected: nothing can listen there ("port-taken").
    """
    try:
        with _named(config):
            wishes = StandWishes(**given)
    except (ValidationError, SettingsError) as error:
        raise Usage("; ".join(complaints(error))) from error
    certificate = certificates / "stand.crt" if wishes.demo_self_signed else wishes.demo_certificate
    return Place(
        host=wishes.demo_host,
        port=_port(wishes.demo_host, wishes.demo_port),
        certificate=_whole(certificate),
        key=_whole(wishes.demo_key),
        makes_certificate=wishes.demo_self_signed,
        pin=wishes.demo_pin,
        samples=_whole(wishes.demo_samples),
    )


def _whole(path: Path | None) -> Path | None:
    """The stand works in another folder than we."""
    return path and path.expanduser().absolute()


@contextmanager
def _named(config: Path | None) -> Iterator[None]:
    """A file of settings, named by the environment while the block lasts."""
    before = os.environ.get(CONFIG)
    if config is not None:
        os.environ[CONFIG] = str(config)
    try:
        yield
    finally:
        if before is not None:
            os.environ[CONFIG] = before
        else:
            os.environ.pop(CONFIG, None)


def _port(host: str, wanted: int | None) -> int:
    """A port that the stand can have; it is free again when this is over."""
    if wanted is not None:
        return _tried(host, wanted)
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        try:
            return _tried(host, port)
        except Rejected as error:
            if error.code != "port-taken":
                raise
    return _tried(host, 0)


def _tried(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # As the stand itself does it: connections of one that is gone linger, and do not stand in the way.
        with closing(socket.create_server((host, port), family=family, reuse_port=False)) as server:
            return int(server.getsockname()[1])
    except OSError as error:
        taken = error.errno in {errno.EADDRINUSE, errno.EACCES}  # ports below 1024 are the system's
        said = str(error.strerror or error).partition(" (while ")[0]  # Python adds what we say ourselves
        why = "is taken: stop what listens there, or" if taken else f"cannot be listened on ({said}):"
        msg = f"port {port} of {host} {why} give another {'--port' if taken else '--host'}"
        raise Rejected(msg, code="port-taken" if taken else "bad-address") from error
