"""Claims about the units for one machine without containers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.infra.manifests import FOLDERS, PREFIX, PROGRAMS

UNITS: Final = sorted((Path(__file__).parents[2] / "infra/systemd").glob("*.service"))

COLORISE: Final = "/opt/colorise/bin/colorise"

DATA: Final = "COLORISE_DATA"
"""Where `colorise up` keeps everything, and where the bot finds it."""


def lines_of(unit: Path, key: str) -> list[str]:
    """What is said under a key, each time that it is said."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_a_unit_starts_is_a_command_of_ours(unit: Path) -> None:
    (command,) = lines_of(unit, "ExecStart")
    program, *words = command.split()
    assert program == COLORISE
    assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_variable_of_a_unit_is_a_setting_and_all_units_have_the_same_data(unit: Path) -> None:
    environment = dict(line.split("=", 1) for line in lines_of(unit, "Environment"))
    ours = {name for name in environment if name.startswith(PREFIX)}
    assert ours - FOLDERS - PROGRAMS["bot"].variables == {DATA}
    assert environment[DATA].startswith(f"{environment['HOME']}/")
    assert environment["HOME"] == f"/var/lib/{lines_of(unit, 'StateDirectory')[0]}"
    assert {value for other in UNITS for value in lines_of(other, "Environment") if value.startswith(DATA)} == {
        f"{DATA}={environment[DATA]}"
    }


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """Each key, each value, and who waits for whom; a program stands in for ours, which is not installed there."""
    analyze, stand_in = shutil.which("systemd-analyze"), shutil.which("true")
    if analyze is None or stand_in is None:
        pytest.skip("there is no systemd-analyze on this machine")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace(COLORISE, stand_in)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    files = [str(tmp_path / unit.name) for unit in UNITS]
    found = subprocess.run([analyze, "verify", *files], capture_output=True, text=True, check=False)
    assert (found.returncode, [line for line in found.stderr.splitlines() if str(tmp_path) in line]) == (0, [])
