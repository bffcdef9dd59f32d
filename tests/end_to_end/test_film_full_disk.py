"""Claims about a disk that fills up while a film is coloured."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.grey_films import CHUNK, QUICK, grey_film

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "cli", "video"]

LARGE = ("--crf", "0", "--preset", "ultrafast")
"""Makes a result several times as large as its source, so that no estimate sees it coming."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 128 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip(f"no small disk here: {made.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)  # noqa: S607 - where the system has it


def test_finished_chunks_stay_and_the_same_command_goes_on(tmp_path: Path, small_disk: Path) -> None:
    film, target = grey_film(tmp_path / "a.mp4", 3 * CHUNK), tmp_path / "b.mp4"
    words = [*COMMAND, str(film), "-o", str(target), "-j", "1", *LARGE, *QUICK]
    full = subprocess.run(
        words, env={**os.environ, "COLORISE_WORK": str(small_disk)}, capture_output=True, text=True, check=False
    )
    done = len(list(small_disk.glob("*/*.json")))
    assert full.returncode == 1
    assert full.stderr == (
        f"colorise: {film}: no space left on the disk: {done} of 3 chunks are done and kept; "
        "make room, and the same command goes on from there\n"
    )
    assert 0 < done < 3
    assert not target.exists()
    assert not list(small_disk.rglob("*.partial"))
    roomy = tmp_path / "roomy"
    shutil.copytree(small_disk, roomy)
    room = {**os.environ, "COLORISE_WORK": str(roomy)}
    again = subprocess.run([*words, "--json"], env=room, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout.splitlines()[-1])["resumed_chunks"] == done
    assert target.exists()


def test_a_full_disk_under_the_result_leaves_no_half_film(tmp_path: Path, small_disk: Path) -> None:
    film, target = grey_film(tmp_path / "a.mp4", 3 * CHUNK), small_disk / "b.mp4"
    work = tmp_path / "work"
    full = subprocess.run(
        [*COMMAND, str(film), "-o", str(target), *LARGE, *QUICK],
        env={**os.environ, "COLORISE_WORK": str(work)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode == 1
    assert "no space left on the disk: 3 of 3 chunks are done and kept" in full.stderr
    assert full.stderr.count("\n") == 1
    assert not list(small_disk.iterdir())
