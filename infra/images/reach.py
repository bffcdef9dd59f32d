"""What of our code a program can reach by its imports, those inside functions too, and what it needs of others."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Reach:
    """Of one program."""

    modules: dict[str, Path] = field(default_factory=dict)
    """Ours, by their names."""
    others: set[str] = field(default_factory=set)
    """First words of what is neither ours nor Python's."""


def reach_of(program: str, root: Path) -> Reach:
    """Follow imports from what `python -m` runs; those for the type checker alone do not count.

    Args:
        program: a package, or a module.
        root: folder that our packages are in.
    """
    reach = Reach()
    entry = f"{program}.__main__" if _file(root, f"{program}.__main__") else program
    to_do = [entry]
    while to_do:
        name = to_do.pop()
        path = _file(root, name)
        if name in reach.modules or path is None:
            continue
        reach.modules[name] = path
        before = name.split(".")
        to_do += [".".join(before[:count]) for count in range(1, len(before))]
        for asked in _asked(ast.parse(path.read_text(encoding="utf-8"))):
            if _file(root, asked) is not None:
                to_do.append(asked)
            elif _file(root, asked.rpartition(".")[0]) is None:
                reach.others.add(asked.partition(".")[0])
    reach.others -= sys.stdlib_module_names
    return reach


def _file(root: Path, name: str) -> Path | None:
    place = root.joinpath(*name.split("."))
    candidates = (place / "__init__.py", place.with_suffix(".py"))
    return next((path for path in candidates if name and path.is_file()), None)


def _asked(code: ast.AST) -> set[str]:
    """Names that are imported; of `from a import b` both a and a.b, which may be a module."""
    asked: set[str] = set()
    to_do = [code]
    while to_do:
        node = to_do.pop()
        if isinstance(node, ast.Import):
            asked |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            asked |= {node.module} | {f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            to_do += node.orelse
            continue
        to_do += ast.iter_child_nodes(node)
    return asked
