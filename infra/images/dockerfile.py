"""Reads Dockerfiles: the part of the language that ours are written in; everything else is refused, not passed over."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FLAGS: Final[Mapping[str, frozenset[str]]] = {
    "COPY": frozenset({"chmod", "from"}),
    "RUN": frozenset({"mount"}),
    "HEALTHCHECK": frozenset({"interval", "timeout", "start-period", "retries"}),
}
"""Of each instruction that may have any."""

WORDS: Final = frozenset({"ARG", "COPY", "ENV", "EXPOSE", "FROM", "LABEL", "STOPSIGNAL", "USER", "WORKDIR"})
EXEC: Final = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})
"""Whose words must be a list in JSON: a shell between would keep SIGTERM to itself."""

_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))|\$")


class DockerfileError(ValueError):
    """A Dockerfile says something that is not understood here, or makes no sense."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; variables stand in it as they were written."""

    line: int
    name: str
    flags: Mapping[str, str]
    words: tuple[str, ...]
    """For RUN the whole command as one word, otherwise words without their quotes."""

    def told(self) -> str:
        """As it would be written on one line."""
        flags = [f"--{name}={value}" for name, value in self.flags.items()]
        return " ".join([self.name, *flags, *self.words])


@dataclass(frozen=True, slots=True)
class Stage:
    """What follows a FROM."""

    base: str
    """Image that it begins with, with its variables filled in."""
    name: str
    """Given by AS, or else its number."""
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """Stages, the image's own last."""

    stages: tuple[Stage, ...]


def read(text: str, arguments: Mapping[str, str] | None = None) -> Dockerfile:
    """Understand a Dockerfile.

    Args:
        text: of it.
        arguments: build arguments, instead of what the file has for them.

    Raises:
        DockerfileError: it has something that ours have not.
    """
    given = dict(arguments or {})
    known: dict[str, str] = {}
    stages: list[Stage] = []
    for instruction in _instructions(text):
        if instruction.name == "FROM":
            stages.append(_stage(instruction, known, len(stages)))
        elif stages:
            last = stages.pop()
            stages.append(Stage(last.base, last.name, (*last.instructions, instruction)))
        elif instruction.name == "ARG":
            name, value = pair(instruction, instruction.words[0], without="")
            known[name] = given.get(name, value)
        else:
            raise DockerfileError(instruction.line, f"{instruction.name} before the first FROM")
    if not stages:
        raise DockerfileError(1, "there is no FROM")
    return Dockerfile(tuple(stages))


def pair(instruction: Instruction, word: str, *, without: str | None = None) -> tuple[str, str]:
    """Name and value of `NAME=VALUE`; `without` is the value where there is no sign of equality.

    Raises:
        DockerfileError: there is none, and there must be.
    """
    name, sign, value = word.partition("=")
    if not sign and without is None:
        raise DockerfileError(instruction.line, f"{instruction.name} {word}: write NAME=VALUE")
    return name, value if sign else (without or "")


def filled(instruction: Instruction, word: str, known: Mapping[str, str]) -> str:
    """A word with the values of its variables.

    Raises:
        DockerfileError: a variable is not known, or the dollar means something else.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in known:
            raise DockerfileError(instruction.line, f"${name or ''} in {word!r} is not known")
        return known[name]

    return _VARIABLE.sub(value, word)


def _stage(instruction: Instruction, known: Mapping[str, str], number: int) -> Stage:
    base, *rest = (filled(instruction, word, known) for word in instruction.words)
    if rest and (len(rest) != 2 or rest[0].upper() != "AS"):  # noqa: PLR2004 - AS and a name
        raise DockerfileError(instruction.line, "write FROM IMAGE, or FROM IMAGE AS NAME")
    return Stage(base, rest[1] if rest else str(number), ())


def _instructions(text: str) -> Iterator[Instruction]:
    for line, written in _joined(text.splitlines()):
        name, _, rest = written.partition(" ")
        name = name.upper()
        if name not in WORDS | EXEC | {"RUN"}:
            raise DockerfileError(line, f"{name} is not understood here")
        flags, rest = _flags(line, name, rest.strip())
        yield Instruction(line, name, flags, _words(line, name, rest))


def _joined(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Instructions on one line each, with the number of the line on which they begin."""
    begun, parts = 0, list[str]()
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            if re.match(r"#\s*(syntax|escape|check)\s*=", bare):
                raise DockerfileError(number, "directives for the parser are not understood here")
            continue
        begun = begun if parts else number
        parts.append(bare.removesuffix("\\").rstrip())
        if not bare.endswith("\\"):
            yield begun, " ".join(parts)
            parts = []
    if parts:
        raise DockerfileError(begun, "the file ends in the middle of it")


def _flags(line: int, name: str, rest: str) -> tuple[dict[str, str], str]:
    flags: dict[str, str] = {}
    while rest.startswith("--"):
        word, _, rest = rest.partition(" ")
        flag, _, value = word.removeprefix("--").partition("=")
        if flag not in FLAGS.get(name, ()) or not value or flag in flags:
            raise DockerfileError(line, f"{name} {word} is not understood here")
        flags[flag] = value
        rest = rest.lstrip()
    return flags, rest


def _words(line: int, name: str, rest: str) -> tuple[str, ...]:
    if name == "RUN":
        if rest.startswith("[") or "<<" in rest:
            raise DockerfileError(line, "RUN with a list or with lines of its own is not understood here")
        return (rest,)
    if name not in EXEC:
        return tuple(shlex.split(rest))
    if name == "HEALTHCHECK":
        command, _, rest = rest.partition(" ")
        if command != "CMD":
            raise DockerfileError(line, "write HEALTHCHECK CMD [...]")
    try:
        words = json.loads(rest)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise DockerfileError(line, f"{name} needs a list in JSON, without a shell")
    return tuple(words)
