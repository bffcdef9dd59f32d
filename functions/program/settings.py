"""What can be said to a function's program, whichever function it is: read from the environment."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from functions.environment import EnvironmentSettings

_HOST: Final = re.compile(r"[^:/@]+|[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*")
"""A name or an address, IPv6 too; without scheme, user and port."""


def _hosts(given: Any) -> Any:
    return frozenset(given.lower().replace(",", " ").split()) if isinstance(given, str) else given


class ProgramSettings(EnvironmentSettings):
    """Settings of a program that serves a function; variables begin with `COLORISE_`, such as `COLORISE_THREADS`."""

    threads: Annotated[int, Field(ge=1, le=256)] = 1
    """Cores that one order computes on: for further cores, further workers are better."""
    max_inflight: Annotated[int, Field(ge=1, le=256)] | None = None
    """Orders or calls at once; None is 1 from the queue, and 4 over HTTP."""
    http_host: str = "0.0.0.0"  # noqa: S104 - in a container
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Where OpenFaaS calls its functions."""
    callbacks: bool = False
    """Whether a call over HTTP that names an address in `X-Callback-Url` is answered there. Behind OpenFaaS it is to be
    off: its gateway passes that header on, and calls back itself."""
    callback_hosts: Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)] = frozenset()
    """Hosts that are called back although they are in a private network, and by plain http, too."""
    sandbox: Literal["process", "off"] = "process"
    """Where strangers' files are decoded: in a process of its own, without keys and network, or in the program
    itself."""
    sandbox_processes: Annotated[int, Field(ge=1, le=256)] | None = None
    """How many such processes there are at most; None is one for each order at once, and over HTTP no more than there
    are cores for. Whoever finds none free waits for one."""
    sandbox_megabytes: Annotated[int, Field(ge=256)] = 4096
    """Of memory (2²⁰ bytes) that this process may take: a picture of 100 million pixels takes 1,300 to 3,300."""
    sandbox_film_seconds: Annotated[float, Field(gt=0)] = 3600.0
    """Of a core that an order for a film or a part of one may take, and ten times as many by the clock."""

    @model_validator(mode="after")
    def _consistent(self) -> ProgramSettings:
        if self.callback_hosts and not self.callbacks:
            msg = "COLORISE_CALLBACK_HOSTS says who is called back, and COLORISE_CALLBACKS is not on"
            raise ValueError(msg)
        addresses = sorted(host for host in self.callback_hosts if not _HOST.fullmatch(host))
        if addresses:
            msg = f"COLORISE_CALLBACK_HOSTS has hosts in it, without scheme and port: not {', '.join(addresses)}"
            raise ValueError(msg)
        return self

    def sandbox_seconds(self, _kind: str) -> float:
        """Of a core that an order of this kind may take."""
        return self.sandbox_film_seconds
