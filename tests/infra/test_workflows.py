"""Claims about the workflow files: they can be read, ask for few rights, and speak of what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))

each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read(path: Path) -> dict[Any, Any]:
    told = yaml.safe_load(path.read_text())
    told["on"] = told.pop(True)  # YAML 1.1 takes the word for a truth
    return dict(told)


@each
def test_it_is_a_workflow(path: Path) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@each
def test_nothing_may_be_written_unless_a_job_says_why(path: Path) -> None:
    text, told = path.read_text(), read(path)
    assert "write" not in told["permissions"].values()
    assert "write-all" not in text
    for line in text.splitlines():
        if re.search(r": write\b", line):
            assert "# to " in line


@each
def test_what_strangers_choose_is_never_part_of_a_script(path: Path) -> None:
    for job in read(path)["jobs"].values():
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


@each
def test_it_says_that_it_was_not_tried(path: Path) -> None:
    assert path.read_text().startswith("# Not tried: ")


def test_files_and_targets_that_are_named_are_there() -> None:
    text = "".join(path.read_text() for path in FILES)
    assert (ROOT / ".ci" / "run").is_file()
    makefile, bake = (ROOT / "Makefile").read_text(), (ROOT / "infra" / "docker-bake.hcl").read_text()
    for target in re.findall(r"\bmake ([a-z-]+)\b", text):
        assert f"\n{target}:" in makefile
    (images,) = re.findall(r"for image in ([a-z -]+);", text)
    assert (
        images.split()
        == re.findall(r'group "default" \{\s+targets = \[([^]]+)\]', bake)[0].replace('"', "").replace(",", "").split()
    )
