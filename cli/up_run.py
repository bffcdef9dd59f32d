"""`colorise up` from its first look at the data folder to its last: the pieces put together."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli import up_address
from cli.exit_codes import ExitCode
from cli.file_lock import locked
from cli.up_address import Running, default_data
from cli.up_beside import Ground
from cli.up_control import control_server
from cli.up_crew import Crew
from cli.up_data import prepare, refuse_little_room
from cli.up_ports import LOOPBACK, choose, one_more
from cli.up_processes import Process, end_leftovers, this_process
from cli.up_secrets import CONTROL_TOKEN, made_once
from cli.up_servers import QUEUE_PORTS, STORE_PORTS, probe_elsewhere, queue_server, store_server
from cli.up_settings import Access, Elsewhere, access, find_elsewhere
from cli.up_supervisor import Supervisor
from cli.up_telling import make_teller
from cli.up_workers import crew, worker
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cli.up_beside import Beside
    from cli.up_data import DataFolder
    from cli.up_program import Program, Status


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What `colorise up` was asked for."""

    data: Path | None
    """None is `up_address.default_data()`."""
    workers: int
    model: str
    ports: Mapping[str, int]
    """`nats` and `s3` → port, where they are to have a certain one."""
    as_json: bool = False
    quiet: bool = False


def run_up(
    options: UpOptions, workers: Mapping[str, Sequence[str]] | None = None, beside: Beside | None = None
) -> ExitCode:
    """Run everything until a signal comes.

    Args:
        options: as typed.
        workers: name → command of each worker; None is our own, as many as the options say.
        beside: more programs, which are no workers.

    Raises:
        Rejected: it cannot begin; the message says what would help.
        OSError: a file cannot be written.
    """
    began = time.monotonic()
    data = prepare(options.data or default_data())
    with locked(data.lock) as ours:
        if not ours:
            raise _runs_already(data.root)
        refuse_little_room(data)
        last = up_address.read(data.root)
        if last is not None:
            end_leftovers(last.programs)
        shutil.rmtree(data.temporary, ignore_errors=True)
        data.temporary.mkdir(mode=0o700)
        try:
            was_ready = _supervise(data, options, workers or crew(options.workers), beside, began)
        finally:
            up_address.remove(data.root)
            shutil.rmtree(data.temporary, ignore_errors=True)
    return ExitCode.DONE if was_ready else ExitCode.INTERRUPTED


def _supervise(
    data: DataFolder,
    options: UpOptions,
    workers: Mapping[str, Sequence[str]],
    beside: Beside | None,
    began: float,
) -> bool:
    there = find_elsewhere(os.environ)
    more = () if beside is None else beside.names
    names = [*(() if there.queue else QUEUE_PORTS), *(() if there.store else STORE_PORTS), *workers, *more]
    ports = choose(names, {name: port for name, port in options.ports.items() if name in names}, data.ports)
    entry = access(data, ports, there, os.environ)
    programs = _servers(data, ports, there)
    told = {**entry.environment, **_settings(options.model)}
    programs += [worker(name, command, data.temporary / name, ports[name], told) for name, command in workers.items()]
    control = one_more("control", ports, data.control_port)
    crew_of_ours = Crew(data, told, workers, ports | {"control": control})
    if beside is not None:
        programs += beside.programs(Ground(data, entry.environment, f"{LOOPBACK}:{control}", ports))
    teller = make_teller(
        entry,
        data.root,
        default=data.root == default_data().absolute(),
        as_json=options.as_json,
        quiet=options.quiet,
        brief=beside is not None,
        calm=beside is not None and beside.is_calm,
    )

    async def supervise() -> bool:
        elsewhere = {"nats": there.queue, "s3": there.store}
        probes = {name: (url, probe_elsewhere(url)) for name, url in elsewhere.items() if url}
        record = _recorder(data, entry, f"{LOOPBACK}:{control}")
        supervisor = Supervisor(programs, probes, data.logs, teller, record, beside=beside)
        async with control_server(supervisor, crew_of_ours, port=control, token=made_once(data.secrets)[CONTROL_TOKEN]):
            return await supervisor.run(began)

    return asyncio.run(supervise())


def _servers(data: DataFolder, ports: Mapping[str, int], there: Elsewhere) -> list[Program]:
    """Those that are ours to start."""
    passwords = made_once(data.secrets)
    servers: list[Program] = []
    if there.queue is None:
        servers.append(queue_server(data, ports["nats"], passwords))
    if there.store is None:
        servers.append(store_server(data, ports, passwords))
    return servers


def _settings(model: str) -> dict[str, str]:
    """For the workers, which work in folders of their own: paths are made whole."""
    settings = {"COLORISE_MODEL": str(Path(model).absolute()) if Path(model).suffix == ".onnx" else model}
    if models := os.environ.get("COLORISE_MODELS"):
        settings["COLORISE_MODELS"] = str(Path(models).expanduser().absolute())
    return settings


def _recorder(data: DataFolder, entry: Access, control: str) -> Callable[[Sequence[Status], bool], None]:
    """What writes down who runs, for other commands and for the next `up`."""
    supervisor = this_process("up")

    def record(statuses: Sequence[Status], ready: bool) -> None:  # noqa: FBT001 - a callback
        programs = [Process(one.name, one.pid, one.started, one.address) for one in statuses if one.pid is not None]
        running = Running(data.root, supervisor, ready, entry.environment, entry.secrets, tuple(programs), control)
        up_address.write(running)

    return record


def _runs_already(root: Path) -> Rejected:
    running = up_address.find_running(root)
    if running is None:
        msg = f"another colorise up is starting or stopping on {root}: wait for it, or give another --data"
    else:
        told = running.environment
        store = told.get("COLORISE_S3_ENDPOINT") or told.get("COLORISE_STORE")
        msg = (
            f"colorise up runs on {root} already (process {running.supervisor.pid}; queue {told['COLORISE_NATS_URL']}, "
            f"store {store}): use it, stop it, or give another --data"
        )
    return Rejected(msg, code="already-running")
