"""Does what a Dockerfile says, stage by stage, each in a folder; this machine's Python stands for the base image."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from infra.images.commands import carry_out
from infra.images.context import Context
from infra.images.dockerfile import DockerfileError, filled, pair, read
from infra.images.programs import ROOT
from infra.images.tree import FILES, Config, Layer, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.images.dockerfile import Instruction, Stage
    from infra.images.programs import Image

BASE_PATH: Final = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Of the Python images, which an ENV may add to."""


def assemble(image: Image, folder: Path, arguments: Mapping[str, str] | None = None, *, context: Path = ROOT) -> Tree:
    """Make an image's content; what was in the folder is deleted.

    Args:
        image: to make.
        folder: of the image alone.
        arguments: build arguments.
        context: that the Dockerfile copies from.

    Raises:
        DockerfileError: the Dockerfile has something that is not understood here; nothing was run of that stage's rest.
        CalledProcessError: a command failed, pip for example.
    """
    file = read(image.dockerfile.read_text(encoding="utf-8"), arguments)
    shutil.rmtree(folder, ignore_errors=True)
    done: dict[str, _Making] = {}
    seen = Context(context)
    for stage in file.stages:
        last = stage is file.stages[-1]
        making = _Making(stage, folder / (FILES if last else f"stage-{stage.name}"), done, seen, dict(arguments or {}))
        for instruction in stage.instructions:
            making.follow(instruction)
        done[stage.name] = making
    making.config.name = image.name
    for one in done.values():
        if one is not making:
            shutil.rmtree(one.root)
    tree = Tree(folder.resolve(), making.config)
    tree.write()
    return tree


class _Making:
    """A stage that is being made.

    Args:
        stage: of the file.
        root: folder that stands for the image's root.
        done: earlier stages by their names.
        context: to copy from.
        arguments: build arguments.
    """

    def __init__(
        self, stage: Stage, root: Path, done: Mapping[str, _Making], context: Context, arguments: Mapping[str, str]
    ) -> None:
        self.root = root
        self.config = Config(base=stage.base, environment={"PATH": BASE_PATH})
        self._done = done
        self._context = context
        self._arguments = arguments
        self._known: dict[str, str] = {}
        root.mkdir(parents=True)
        root.chmod(0o755)

    def follow(self, instruction: Instruction) -> None:
        """Do what an instruction says."""
        steps: Mapping[str, Callable[[Instruction], None]] = {
            "ARG": self._argument,
            "CMD": lambda one: setattr(self.config, "words", list(one.words)),
            "COPY": self._copy,
            "ENTRYPOINT": lambda one: setattr(self.config, "entry", list(one.words)),
            "ENV": lambda one: self.config.environment.update(self._pairs(one)),
            "EXPOSE": lambda one: self.config.ports.extend(self._words(one)),
            "HEALTHCHECK": lambda one: setattr(self.config, "health", list(one.words)),
            "LABEL": lambda one: self.config.labels.update(self._pairs(one)),
            "RUN": lambda one: self.config.left.extend(carry_out(one, self.root)),
            "STOPSIGNAL": lambda one: setattr(self.config, "stop_signal", self._words(one)[0]),
            "USER": lambda one: setattr(self.config, "user", self._words(one)[0]),
            "WORKDIR": self._work_in,
        }
        steps[instruction.name](instruction)

    def _argument(self, instruction: Instruction) -> None:
        for word in instruction.words:
            name, value = pair(instruction, word, without="")
            self._known[name] = self._arguments.get(name, value)

    def _words(self, instruction: Instruction) -> list[str]:
        known = self._known | self.config.environment  # an ENV wins over an ARG
        return [filled(instruction, word, known) for word in instruction.words]

    def _pairs(self, instruction: Instruction) -> dict[str, str]:
        return dict(pair(instruction, word) for word in self._words(instruction))

    def _work_in(self, instruction: Instruction) -> None:
        self.config.folder = str(PurePosixPath(self.config.folder) / self._words(instruction)[0])
        self._inside(self.config.folder).mkdir(parents=True, exist_ok=True)

    def _copy(self, instruction: Instruction) -> None:
        *sources, target = self._words(instruction)
        into = str(PurePosixPath(self.config.folder) / target)
        paths: list[str] = []
        for source in sources:
            for file, name in self._taken(instruction, source):
                is_renamed = len(sources) == 1 and not target.endswith("/") and name == Path(source).name
                paths.append(into if is_renamed else f"{into.rstrip('/')}/{name}")
                _copied(file, self._inside(paths[-1]), instruction.flags.get("chmod"))
        self.config.layers.append(Layer(instruction.told(), tuple(paths)))

    def _taken(self, instruction: Instruction, source: str) -> list[tuple[Path, str]]:
        begun = instruction.flags.get("from")
        if begun is not None and begun not in self._done:
            raise DockerfileError(instruction.line, f"COPY --from={begun}: there is no such stage before")
        taken = (self._context if begun is None else Context(self._done[begun].root)).found(source)
        if not taken:
            raise DockerfileError(instruction.line, f"COPY {source}: there is nothing of that name to be seen")
        return taken

    def _inside(self, path: str) -> Path:
        return self.root / path.lstrip("/")


def _copied(file: Path, target: Path, mode: str | None) -> None:
    """A file or a link as it is, with its times, which the compiled files beside sources may be held against."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copy2(file, target, follow_symlinks=False)
    if mode is not None:
        target.chmod(int(mode, 8))
