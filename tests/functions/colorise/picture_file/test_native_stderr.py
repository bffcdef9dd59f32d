"""Claims about what native libraries print."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from functions.colorise.picture_file.native_stderr import remarks_caught
from tests.picture_files import colours, saved

PROGRAM = """
import os, sys
from functions.colorise.picture_file.native_stderr import remarks_caught
{before}
with remarks_caught() as remarks:
    os.write(2, b"libpng error: Not enough image data\\n")
    os.write(2, b"colorise: a line of another thread\\n")
    os.write(2, b"[ WARN:0@0.115] global grfmt_png.cpp:793 readFromStreamOrBuffer PNG input buffer is incomplete\\n")
print(len(remarks), remarks[:1])
os.write(2, b"afterwards\\n")
"""


def damaged_jpeg() -> npt.NDArray[np.uint8]:
    whole = bytearray(saved(colours(160, 224), "JPEG", quality=95))
    whole[len(whole) // 2 : len(whole) // 2 + 8] = b"\x5a" * 8
    return np.frombuffer(bytes(whole), np.uint8)


def test_what_libjpeg_prints_is_caught(capfd: pytest.CaptureFixture[str]) -> None:
    with remarks_caught() as remarks:
        assert cv2.imdecode(damaged_jpeg(), cv2.IMREAD_COLOR) is not None
    assert len(remarks) == 1
    assert remarks[0].startswith("Corrupt JPEG data")
    assert capfd.readouterr().err == ""


def test_lines_of_others_are_passed_on() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before="")], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "2 ['libpng error: Not enough image data']"
    assert run.stderr == "colorise: a line of another thread\nafterwards\n"


def test_an_error_inside_leaves_standard_error_where_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with remarks_caught():
            os.write(2, b"libpng warning: iCCP: too short\n")
            os.close(-1)

    with pytest.raises(OSError, match="Bad file descriptor"):
        fail()
    os.write(2, b"here again\n")
    assert capfd.readouterr().err == "here again\n"


def test_a_daemon_without_standard_error_decodes_as_well() -> None:
    program = PROGRAM.replace("os.write(2, b", "(lambda words: None)(b")
    run = subprocess.run(
        [sys.executable, "-c", program.format(before="os.close(2)")],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    assert run.stdout.strip() == "0 []"


def test_two_threads_do_not_mix_up_their_remarks() -> None:
    found: dict[int, list[list[str]]] = {0: [], 1: []}
    jpegs = [damaged_jpeg(), np.frombuffer(saved(colours(160, 224), "JPEG"), np.uint8)]

    def decode(number: int) -> None:
        for _ in range(40):
            with remarks_caught() as remarks:
                cv2.imdecode(jpegs[number], cv2.IMREAD_COLOR)
            found[number].append(remarks)

    threads = [threading.Thread(target=decode, args=(number,)) for number in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(len(remarks) == 1 for remarks in found[0])
    assert all(remarks == [] for remarks in found[1])
    assert len(found[0]) == len(found[1]) == 40
