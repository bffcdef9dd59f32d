"""What can be said to a function's program, whichever function it is: read from the environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from functions.environment import EnvironmentSettings


class ProgramSettings(EnvironmentSettings):
    """Settings of a program that serves a function; variables begin with `COLORISE_`, such as `COLORISE_THREADS`."""

    threads: Annotated[int, Field(ge=1, le=256)] = 1
    """Cores that one order computes on: for further cores, further workers are better."""
    max_inflight: Annotated[int, Field(ge=1, le=256)] | None = None
    """Orders or calls at once; None is 1 from the queue, and 4 over HTTP."""
    http_host: str = "0.0.0.0"  # noqa: S104 - in a container
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Where OpenFaaS calls its functions."""
    sandbox: Literal["process", "off"] = "process"
    """Where strangers' files are decoded that come from the queue: in a process of its own, without keys and network,
    or in the worker itself. Calls over HTTP are answered in the program itself, whatever this says."""
    sandbox_megabytes: Annotated[int, Field(ge=256)] = 4096
    """Of memory (2²⁰ bytes) that this process may take: a picture of 100 million pixels takes 1.3 GB."""
    sandbox_film_seconds: Annotated[float, Field(gt=0)] = 3600.0
    """Of a core that an order for a film or a part of one may take, and ten times as many by the clock."""
