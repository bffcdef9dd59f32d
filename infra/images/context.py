"""What of the repository a build gets to see, as .dockerignore says, and what a COPY takes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Context:
    """The folder that a build is given.

    Args:
        root: the folder, with its .dockerignore.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        ignore = root / ".dockerignore"
        lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
        bare = [line.strip() for line in lines]
        self._patterns = [
            (_pattern(line.removeprefix("!").strip("/")), line.startswith("!"))
            for line in bare
            if line and not line.startswith("#")
        ]

    def sees(self, path: str) -> bool:
        """Whether a file gets there; the last pattern that fits it, or a folder that it is in, decides."""
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        seen = True
        for pattern, again in self._patterns:
            if any(pattern.fullmatch(one) for one in above):
                seen = again
        return seen

    def found(self, source: str) -> list[tuple[Path, str]]:
        """Files that a COPY of `source` takes: each with its name beneath the target.

        Of a folder all that is in it is taken, of a file the file. Empty where there is none that may be seen.
        """
        taken: list[tuple[Path, str]] = []
        for path in sorted(self._root.glob(source.strip("/"))):
            inside = path.relative_to(self._root)
            files = ((one, one.relative_to(path).as_posix()) for one in _files(path))
            pairs = files if path.is_dir() else iter([(path, path.name)])
            taken += [
                (file, name)
                for file, name in pairs
                if self.sees((inside / name if path.is_dir() else inside).as_posix())
            ]
        return taken


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file())


def _pattern(written: str) -> re.Pattern[str]:
    """Of .dockerignore: `*` stays within a folder, `**` does not."""
    parts = re.split(r"(\*\*/?|\*|\?)", written)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part) or re.escape(part) for part in parts))
