"""`python -m infra.images`: assemble images without an engine, measure them, run them, say what their extras need."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.images.assembly import assemble
from infra.images.confined import Start, can_confine, command
from infra.images.dockerfile import DockerfileError
from infra.images.programs import IMAGES, ROOT, needs
from infra.images.sizes import sizes, table
from infra.images.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER: Final = ROOT / "build" / "images"


def main(words: Sequence[str] | None = None) -> int:
    """Do as the command line says; 1 where something cannot be done, and the program's own code of `run`."""
    parser = argparse.ArgumentParser(prog="python -m infra.images", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="with a folder for each image")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("assemble", help="do what the Dockerfiles say")
    making.add_argument("images", nargs="*", metavar="IMAGE", help="all where none is named")
    commands.add_parser("sizes", help="of what was assembled, as a table")
    running = commands.add_parser("run", help="an assembled program, as a container would")
    running.add_argument("image", choices=IMAGES)
    running.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    running.add_argument("--secrets", type=Path, metavar="FOLDER", help="shown at /var/openfaas/secrets")
    running.add_argument("--entry", help="one word instead of the image's own entry, and without its words")
    running.add_argument("words", nargs=argparse.REMAINDER, help="after the entry, instead of the image's own")
    lines = commands.add_parser("needs", help="requirements of an image's extras, a line each")
    lines.add_argument("image", choices=IMAGES)
    told = parser.parse_args(words)
    try:
        return _done(told)
    except (DockerfileError, subprocess.CalledProcessError, OSError) as error:
        sys.stderr.write(f"infra.images: {error}\n")
        return 1


def _done(told: argparse.Namespace) -> int:
    if told.command == "needs":
        sys.stdout.writelines(f"{line}\n" for line in needs(IMAGES[told.image]))
    elif told.command == "assemble":
        _assemble(told.images or list(IMAGES), told.folder)
    elif told.command == "sizes":
        there = [name for name in IMAGES if (told.folder / name).is_dir()]
        measured = ((name, sizes(Tree.read(told.folder / name))) for name in there)
        sys.stdout.writelines(f"{line}\n" for line in table(measured))
    else:
        return _run(told)
    return 0


def _assemble(names: Sequence[str], folder: Path) -> None:
    os.umask(0o022)  # as in a container: another user is to read what root wrote
    for name in names:
        if name not in IMAGES:
            msg = f"there is no image {name}, only {', '.join(IMAGES)}"
            raise OSError(msg)
        begun = time.perf_counter()
        tree = assemble(IMAGES[name], folder / name)
        seconds = time.perf_counter() - begun
        sys.stderr.write(f"{name}: {sum(len(one.paths) for one in tree.config.layers)} files in {seconds:.0f} s\n")
        sys.stderr.writelines(f"  left to the base image: {one}\n" for one in tree.config.left)


def _run(told: argparse.Namespace) -> int:
    if not can_confine():
        sys.stderr.write("infra.images: no root of its own here: the program runs as you, from the folder\n")
    tree = Tree.read(told.folder / told.image)
    own = dict(one.partition("=")[::2] for one in told.env)
    mounts = {} if told.secrets is None else {told.secrets: "/var/openfaas/secrets"}
    words = told.words or ([] if told.entry else None)
    start = Start(words, [told.entry] if told.entry else None, own, mounts)
    with command(tree, start) as (line, environment):
        program = subprocess.Popen(line, env=environment)  # noqa: S603 - the image's own words
        try:
            return program.wait()
        except KeyboardInterrupt:  # which it has heard as well
            return program.wait()


if __name__ == "__main__":
    sys.exit(main())
