"""Runs a program from an assembled image with what a container would give it, and nothing else of this machine.

Where the kernel lets us, the program sees a root of its own: the image's files and this machine's Python and libraries,
all of them read-only, and a fresh /tmp. The network is this machine's. Where it does not let us, the program runs from
the folder as it is, and only the files' modes keep it from writing.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from infra.images.tree import Tree

LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/share/zoneinfo")
"""Of this machine, for its Python: no program of the system is there, not even a shell."""

DEVICES: Final = ("null", "zero", "full", "random", "urandom")
NAMES: Final = ("/etc/hosts", "/etc/resolv.conf")
"""Files that an engine makes as well."""

HERE: Final = Path(__file__).resolve()


@functools.cache
def can_confine() -> bool:
    """Whether the kernel gives a program a root of its own."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*_unshare(), "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)  # noqa: S603 - as they stand
    return tried.returncode == 0


@dataclass(frozen=True, slots=True)
class Start:
    """How a program is started, where it is not as the image itself has it."""

    words: Sequence[str] | None = None
    """After its entry; None takes the image's own."""
    entry: Sequence[str] | None = None
    """None takes the image's own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside the image's."""
    mounts: Mapping[Path, str] = field(default_factory=dict)
    """Files and folders of this machine, each to where the program sees it, read-only."""


@contextlib.contextmanager
def command(tree: Tree, start: Start, *, confine: bool | None = None) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Words and environment to start a program with, as long as the block lasts.

    The process that is started becomes the program: signals for it arrive there.

    Args:
        tree: the image.
        start: what is different from the image's own.
        confine: False does without a root of its own; None does what the kernel lets us.
    """
    config = tree.config
    entry = config.entry if start.entry is None else start.entry
    told = [*entry, *(config.words if start.words is None else start.words)]
    variables = config.environment | dict(start.environment)
    with tempfile.TemporaryDirectory(prefix="image-", ignore_cleanup_errors=True) as place:
        if can_confine() if confine is None else confine:
            plan = {
                "root": str(tree.root),
                "place": place,
                "python": sys.base_prefix,
                "mounts": {str(source.resolve()): target for source, target in start.mounts.items()},
                "folder": config.folder,
                "user": config.user,
                "words": told,
                "environment": variables,
            }
            yield [*_unshare(), sys.executable, "-I", str(HERE), json.dumps(plan)], dict(os.environ)
        else:
            yield _unconfined(tree, told, variables, Path(place), start.mounts)


def _unshare() -> list[str]:
    return [
        "unshare",
        *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]),
        "--mount",
        "--propagation=private",
    ]


def _unconfined(
    tree: Tree, words: Sequence[str], variables: Mapping[str, str], place: Path, mounts: Mapping[Path, str]
) -> tuple[list[str], dict[str, str]]:
    """As good as it gets without a root of its own: paths of the image become paths in its folder."""
    moved = {"/opt/venv": str(tree.inside("/opt/venv")), "/app": str(tree.inside("/app")), "/tmp": str(place)}  # noqa: S108 - the image's own
    moved |= {target: str(source.resolve()) for source, target in mounts.items()}

    def here(text: str) -> str:
        for path, instead in moved.items():
            if text == path or text.startswith((f"{path}/", f"{path}:")):
                return instead + text.removeprefix(path)
        return text

    own = {name: here(text) for name, text in variables.items()}
    own |= {"COLORISE_SECRETS": moved["/var/openfaas/secrets"]} if "/var/openfaas/secrets" in moved else {}
    for folder in (tree.root, *(path for path in tree.root.rglob("*") if path.is_dir() and not path.is_symlink())):
        folder.chmod(0o555)
    python = moved["/opt/venv"] + "/bin/python"
    line = shlex.join([python if words[0] == "python" else words[0], *map(here, words[1:])])
    return ["sh", "-c", f"cd {shlex.quote(here(tree.config.folder))} && exec {line}"], own


def become(plan: Mapping[str, Any]) -> None:
    """Make a root of the plan's files in this process's own view of the file system, and become the program there."""
    new = Path(plan["place"])
    _mount("-t", "tmpfs", "-o", "mode=755,size=64m", "tmpfs", str(new))
    for path in LIBRARIES:
        _shown(Path(path), new, path)
    python = plan["python"]
    _shown(Path(python) if python != "/usr" else Path(os.path.realpath(sys.executable)), new)
    for entry in sorted(Path(plan["root"]).iterdir()):
        below = sorted(entry.iterdir()) if entry.name == "opt" else [entry]
        for one in below:
            _shown(one, new, f"/{one.relative_to(plan['root'])}")
    for path in (*(f"/dev/{name}" for name in DEVICES), *NAMES):
        _shown(Path(path), new, path, writable=path.startswith("/dev/"))
    for source, target in plan["mounts"].items():
        _shown(Path(source), new, target)
    user, _, group = plan["user"].partition(":")
    (new / "etc/passwd").write_text(f"root:x:0:0::/:\ncolorise:x:{user}:{group or user}::/nonexistent:\n")
    (new / "proc").mkdir()
    _mount("--rbind", "/proc", str(new / "proc"))
    (new / "tmp").mkdir()
    _mount("-o", "remount,bind,ro", str(new))
    _mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev", "tmpfs", str(new / "tmp"))
    os.chroot(new)
    os.chdir(plan["folder"])
    _drop_rights(int(user), int(group or user))
    path = shutil.which(plan["words"][0], path=plan["environment"]["PATH"])
    os.execve(path or plan["words"][0], plan["words"], plan["environment"])  # noqa: S606 - that is what we are for


def _shown(source: Path, new: Path, target: str | None = None, *, writable: bool = False) -> None:
    """Show a file or folder of this machine in the new root, under its own path where none is given."""
    if not source.exists():
        return
    there = new / (target or str(source)).lstrip("/")
    if source.is_dir():
        there.mkdir(parents=True, exist_ok=True)
    else:
        there.parent.mkdir(parents=True, exist_ok=True)
        there.touch()
    _mount("--bind", str(source.resolve()), str(there))
    if not writable:
        _mount("-o", "remount,bind,ro", str(there))


def _drop_rights(user: int, group: int) -> None:
    """Become the image's user; who is not root on this machine has nothing to drop, and stays who they are."""
    if Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)  # noqa: S603, S607 - as they stand; found as everything here is


if __name__ == "__main__":
    become(json.loads(sys.argv[1]))
