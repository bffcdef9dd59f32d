"""Claims about files that are damaged, odd or hostile: an answer for each, and no crash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
COUNT = 1_000


def answers(seed: int, count: int, large_bytes: int) -> list[list[str]]:
    """Name, damage and answer for each file, from a process of its own."""
    words = [sys.executable, "-X", "faulthandler", "-m", "tests.damaged_pictures"]
    run = subprocess.run(
        [*words, *map(str, (seed, count, large_bytes))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    lines = [line.split("\t") for line in run.stdout.splitlines()]
    assert run.returncode == 0, (lines[-1:], run.stderr[-2000:])
    assert run.stderr == ""
    return lines


@pytest.fixture(scope="module")
def thousand() -> list[list[str]]:
    return answers(2026, COUNT, 8 * 1024 * 1024)


def test_a_thousand_damaged_files_give_a_picture_or_one_line_and_never_a_crash(thousand: list[list[str]]) -> None:
    damaged = [answer for _, damage, answer in thousand if damage != "as it is"]
    assert len(damaged) == COUNT
    outcomes = {answer.partition(":")[0] for answer in damaged}
    assert outcomes >= {"picture", "ends-early", "damaged", "unsupported", "too-large", "not-a-picture"}


def test_what_is_whole_is_read_and_what_is_odd_is_answered(thousand: list[list[str]]) -> None:
    whole = {name: answer for name, damage, answer in thousand if damage == "as it is"}
    refused = {name: answer.partition(":")[0] for name, answer in whole.items() if not answer.startswith("picture")}
    assert refused == {
        "nothing": "empty",
        "zeros": "not-a-picture",
        "a text": "not-a-picture",
        "65,500 wide": "damaged",
        "65,535 high": "damaged",
    }


def test_a_file_that_was_cut_is_never_read_as_if_it_were_whole(thousand: list[list[str]]) -> None:
    whole = {name: answer for name, damage, answer in thousand if damage == "as it is"}
    for name, damage, answer in thousand:
        if damage == "cut" and answer.startswith("picture"):
            # What was lost stood behind the pixels: metadata, further frames, a directory's spare values.
            assert answer.split()[:5] == whole[name].split()[:5], name


def test_both_ways_into_opencv_give_the_same_answers(thousand: list[list[str]]) -> None:
    assert answers(2026, COUNT, 0) == thousand
