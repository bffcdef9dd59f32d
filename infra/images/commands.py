"""What a RUN says, done in a folder by this machine's Python; nothing but what our Dockerfiles need is understood."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from infra.images.dockerfile import DockerfileError

if TYPE_CHECKING:
    from pathlib import Path

    from infra.images.dockerfile import Instruction

LEFT: Final = (
    ("python", "-m", "pip", "uninstall"),
    ("rm", "-rf", "/usr/local/lib/python3.11/ensurepip"),
    ("groupadd",),
    ("useradd",),
)
"""Beginnings of commands that change the base image itself, which is not here: they are written down, and not done."""

NO_DOWNLOADS_BUT_WHEELS: Final = ("--only-binary", ":all:")
"""Without it, pip would run what a source package brings, with this machine's compiler."""


def carry_out(instruction: Instruction, root: Path) -> list[str]:
    """Do what a RUN says, in the folder that stands for the image.

    Returns:
        The commands that were left undone, for they change the base image.

    Raises:
        DockerfileError: a command is none of those that are known here.
        CalledProcessError: a command failed.
    """
    _check_mount(instruction)
    left = []
    for command in instruction.words[0].split("&&"):
        words = tuple(shlex.split(command))
        if any(words[: len(beginning)] == beginning for beginning in LEFT):
            left.append(shlex.join(words))
        else:
            subprocess.run(_here(instruction, words, root), check=True, env=_environment(), umask=0o022)  # noqa: S603 - known ones
    return left


def _check_mount(instruction: Instruction) -> None:
    mount = instruction.flags.get("mount")
    if mount is not None and mount != "type=cache,target=/root/.cache/pip":
        raise DockerfileError(
            instruction.line, f"--mount={mount}: only pip's cache is, and pip's own stands for it here"
        )


def _here(instruction: Instruction, words: tuple[str, ...], root: Path) -> list[str]:
    """The same command on this machine, with the image's paths in the folder."""
    paths = [str(root / word.lstrip("/")) if word.startswith("/") else word for word in words]
    begun, rest = words[:3], paths[3:]
    match begun:
        case ("python", "-m", "venv"):
            return [sys.executable, "-m", "venv", *rest]
        case ("python", "-m", "pip") if not set(NO_DOWNLOADS_BUT_WHEELS) - set(words) and "--require-hashes" in words:
            return [sys.executable, "-m", "pip", "--quiet", *rest]
        case ("python", "-m", "compileall"):
            # Tracebacks are to name the files as the image has them.
            return [sys.executable, "-m", "compileall", "-s", str(root), "-p", "/", *rest]
        case ("chmod", "-R", "a+rX"):
            return ["chmod", "-R", "a+rX", *rest]
        case _:
            raise DockerfileError(instruction.line, f"RUN {shlex.join(words)} is not understood here")


def _environment() -> dict[str, str]:
    """Of this machine, but for what would change how its Python works: that is not in the image."""
    return {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
