"""Claims about the command as a guest in the terminal."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from cli import logs
from cli.main import main

COMMANDS = ("photo", "video", "up", "jobs", "drill", "models", "doctor", "bench")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {command}" in shown for command in COMMANDS)


def test_help_loads_neither_numpy_nor_rich_nor_pydantic() -> None:
    program = (
        "import sys; from cli.main import main; main(['--help']);"
        "print([name for name in ('numpy', 'cv2', 'onnxruntime', 'rich', 'pydantic', 'structlog', 'httpx')"
        " if name in sys.modules], file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stderr.strip() == "[]"


def test_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("colorise 0.")


@pytest.mark.parametrize(
    "words",
    [["paint"], ["photo"], ["photo", "a.jpg", "--saturation", "9"], ["--colour"], ["photo", "--format", "doc", "a"]],
)
def test_wrong_arguments_are_one_line_and_a_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("colorise: ")
    assert shown.err.count("\n") == 1


def emitted(capsys: pytest.CaptureFixture[str], *, debug: bool, quiet: bool) -> str:
    kept = logging.getLogger().handlers[:]
    try:
        logs.configure(debug=debug, quiet=quiet)
        log = logging.getLogger("functions.some.module")
        log.debug("looked", extra={"picture": "a.jpg"})
        log.warning("odd profile", extra={"picture": "a.jpg"})
        log.error("broken")
        return capsys.readouterr().err
    finally:
        logging.getLogger().handlers[:] = kept
        logging.getLogger().setLevel(logging.WARNING)


def test_log_lines_are_json_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in emitted(capsys, debug=False, quiet=False).splitlines()]
    assert [line["event"] for line in lines] == ["odd profile", "broken"]
    assert lines[0]["picture"] == "a.jpg"
    assert lines[0]["level"] == "warning"
    assert lines[0]["logger"] == "functions.some.module"


def test_debug_shows_all_lines_and_quiet_errors_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert "looked" in emitted(capsys, debug=True, quiet=False)
    quiet = emitted(capsys, debug=False, quiet=True)
    assert "odd profile" not in quiet
    assert "broken" in quiet
