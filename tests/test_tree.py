"""Claims about the tree: nothing is left out of what the checks look at and the wheel brings."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NO_PRODUCT = {"tests", "tools"}


def packages() -> set[str]:
    return {path.parent.name for path in ROOT.glob("*/__init__.py")} - NO_PRODUCT


def test_every_package_is_in_the_wheel() -> None:
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["build-backend"]
    assert set(backend["module-name"]) == packages()


def test_every_package_is_held_by_the_import_contracts_and_the_type_checker() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    assert set(contracts["importlinter"]["root_packages"].split()) == packages()
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert set(mypy["files"]) >= packages()


def test_locks_pin_with_hashes_and_name_no_index() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "://" not in text
        pins = re.findall(r"^\S+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
        assert pins
        assert all("--hash=sha256:" in pin for pin in pins)


def test_no_file_has_a_second_thing_in_it() -> None:
    code = [path for package in packages() for path in (ROOT / package).rglob("*.py")]
    assert code
    long = {str(path.relative_to(ROOT)) for path in code if len(path.read_text().splitlines()) > 400}
    assert long == set()
