"""Claims about films whose colouring is cut short: nothing is lost, nothing is made twice, nobody is left behind."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.grey_films import CHUNK, QUICK, grey_film

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc for the workers")

KILLS = 12
"""Of the command, at moments that differ; a longer series is run before a release."""


@dataclass(frozen=True)
class Undisturbed:
    """What the film becomes when nobody disturbs, and how long that takes here and now."""

    film: bytes
    seconds: float


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of four chunks."""
    return grey_film(tmp_path_factory.mktemp("film") / "a.mp4", 4 * CHUNK)


@pytest.fixture(scope="module")
def undisturbed(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Colour the film in peace."""
    folder = tmp_path_factory.mktemp("wanted")
    begun = time.monotonic()
    with started(film, folder / "a.mp4", folder / "work") as running:
        assert running.wait(timeout=120) == 0
    return Undisturbed((folder / "a.mp4").read_bytes(), time.monotonic() - begun)


@pytest.fixture
def wanted(undisturbed: Undisturbed) -> bytes:
    """What the film becomes."""
    return undisturbed.film


def started(film: Path, target: Path, work: Path, *words: str) -> subprocess.Popen[str]:
    """The command, in a group of processes of its own, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "video", str(film), "-o", str(target), "--json", "-j", "2", *QUICK, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "COLORISE_WORK": str(work)},
    )


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Process numbers of the workers."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def pieces_in(work: Path) -> dict[str, int]:
    """Name of each finished piece, and its inode, which tells whether it was made again."""
    return {path.name: path.with_suffix(".mkv").stat().st_ino for path in work.glob("*/*.json")}


def progress(running: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What it says of its progress."""
    assert running.stdout is not None
    for line in running.stdout:
        yield json.loads(line)


def until_working(running: subprocess.Popen[str]) -> None:
    """Wait until workers are in the middle of things."""
    assert next(line for line in progress(running) if line["frames"] > 0)


def test_kills_at_any_moment_lose_nothing_but_the_chunks_in_work(
    film: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    target, work = tmp_path / "a.mp4", tmp_path / "work"
    moments = random.Random(1931)  # noqa: S311 - moments, not secrets
    done: dict[str, int] = {}
    for _ in range(KILLS):
        with started(film, target, work) as running:
            try:
                running.wait(timeout=moments.uniform(0.1, 0.6) * undisturbed.seconds)
            except subprocess.TimeoutExpired:
                running.kill()
        if target.exists():
            break
        now = pieces_in(work)
        assert done.items() <= now.items()
        done = now
    if not target.exists():
        with started(film, target, work) as running:
            last = json.loads(running.communicate(timeout=120)[0].splitlines()[-1])
        assert running.returncode == 0
        assert last["resumed_chunks"] == len(done)
    assert target.read_bytes() == undisturbed.film
    assert not list(work.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "work"]


def test_workers_end_with_their_parent(film: Path, tmp_path: Path) -> None:
    with started(film, tmp_path / "a.mp4", tmp_path / "work") as running:
        until_working(running)
        ends = [os.pidfd_open(worker) for worker in workers_of(running)]
        assert len(ends) == 2
        running.kill()
    for end in ends:
        assert select.select([end], [], [], 10)[0]
        os.close(end)


def test_a_worker_that_is_killed_is_replaced(film: Path, wanted: bytes, tmp_path: Path) -> None:
    with started(film, tmp_path / "a.mp4", tmp_path / "work") as running:
        until_working(running)
        os.kill(workers_of(running)[0], signal.SIGKILL)
        last = json.loads(running.communicate(timeout=120)[0].splitlines()[-1])
    assert running.returncode == 0
    assert last["status"] == "done"
    assert (tmp_path / "a.mp4").read_bytes() == wanted


def test_a_chunk_that_kills_its_workers_is_given_up(film: Path, tmp_path: Path) -> None:
    slow = ("--every", "1", "--size", "256", "-j", "1")
    with started(film, tmp_path / "a.mp4", tmp_path / "work", *slow) as running:
        for line in progress(running):
            if line.get("frames"):
                for worker in workers_of(running):
                    os.kill(worker, signal.SIGKILL)
        assert running.wait(timeout=60) == 1
        assert running.stderr is not None
        shown = running.stderr.read()
    assert shown == ""  # the reason is in the last line of JSON
    assert not (tmp_path / "a.mp4").exists()
    assert line["code"] == "worker-lost"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_says_how_far_it_is_and_the_same_command_goes_on(
    film: Path, wanted: bytes, tmp_path: Path, stop: signal.Signals
) -> None:
    target, work = tmp_path / "a.mp4", tmp_path / "work"
    with started(film, target, work) as running:
        until_working(running)
        workers = [os.pidfd_open(worker) for worker in workers_of(running)]
        if stop == signal.SIGINT:
            os.killpg(running.pid, stop)  # as a terminal does
        else:
            os.kill(running.pid, stop)
        out, shown = running.communicate(timeout=60)
    assert running.returncode == 130
    done = len(pieces_in(work))
    assert shown == (
        f"colorise: {film}: interrupted: {done} of 4 chunks are done; the same command goes on from there\n"
    )
    assert json.loads(out.splitlines()[-1])["code"] == "interrupted"
    assert all(select.select([worker], [], [], 0)[0] for worker in workers)
    assert not target.exists()
    assert not [path for path in work.rglob("*") if path.name.endswith(".partial")]
    if stop == signal.SIGINT:
        with started(film, target, work) as running:
            last = json.loads(running.communicate(timeout=120)[0].splitlines()[-1])
        assert last["resumed_chunks"] == done
        assert target.read_bytes() == wanted


def test_two_commands_do_not_work_on_one_film_and_fresh_forgets_what_was_done(
    film: Path, wanted: bytes, tmp_path: Path
) -> None:
    target, work = tmp_path / "a.mp4", tmp_path / "work"
    with started(film, target, work) as first:
        until_working(first)
        os.killpg(first.pid, signal.SIGSTOP)  # or it would be done before the second has looked
        with started(film, tmp_path / "b.mp4", work) as second:
            last = json.loads(second.communicate(timeout=60)[0].splitlines()[-1])
        assert second.returncode == 1
        assert last["code"] == "busy"
        os.killpg(first.pid, signal.SIGKILL)
    with started(film, target, work, "--fresh") as running:
        last = json.loads(running.communicate(timeout=120)[0].splitlines()[-1])
    assert last["resumed_chunks"] == 0
    assert target.read_bytes() == wanted
