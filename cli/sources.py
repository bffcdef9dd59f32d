"""Which files a command was pointed at, and where each result goes."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

STDIN: Final = "-"
RESULT_MARK: Final = ".color"
"""Between stem and extension of a result; sources with it are results of ours and are left alone in folders."""

EXTENSION_OF_KIND: Final = {
    "jpeg": ".jpg",
    "png": ".png",
    "webp": ".webp",
    "tiff": ".tif",
    "bmp": ".bmp",
    "gif": ".gif",
    "heic": ".heic",
    "avif": ".avif",
}
KIND_OF_EXTENSION: Final = {extension: kind for kind, extension in EXTENSION_OF_KIND.items()} | {
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".jfif": "jpeg",
    ".tiff": "tiff",
    ".heif": "heic",
}


FILM_EXTENSIONS: Final = frozenset(
    {".3gp", ".asf", ".avi", ".dv", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"}
    | {".mxf", ".nut", ".ogv", ".ts", ".vob", ".webm", ".wmv", ".y4m"}
)
"""What films in a folder are called."""

OUTPUT_KIND: Final = {"gif": "png", "heic": "jpeg"}
"""What to write for kinds that would spoil the colours (GIF has 256 of them) or that few programs can read."""


class Usage(Rejected):
    """The arguments contradict each other or name nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="usage")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, and where it was found."""

    path: Path
    from_folder: Path | None = None
    """The folder that was named where the file itself was not."""


def find_sources(
    words: Sequence[str],
    *,
    recursive: bool,
    extensions: Container[str] = KIND_OF_EXTENSION,
    wanted: str = "pictures",
) -> list[Source]:
    """Files, folders and patterns as files, each once, in order.

    Args:
        words: what a person wrote.
        recursive: whether folders within folders count.
        extensions: lower case, with their dot; of a folder's files, those to take.
        wanted: what such files are called, in the plural.

    Raises:
        Usage: a word names nothing; a folder holds no such file.
    """
    found: dict[Path, Source] = {}
    for word in words:
        path = Path(word)
        if path.is_dir():
            inside = [Source(file, path) for file in _files_in(path, extensions, recursive=recursive)]
            if not inside:
                deeper = "" if recursive else " (-r looks in its folders too)"
                msg = f"{word}: no {wanted} in this folder{deeper}"
                raise Usage(msg)
        elif path.exists():
            inside = [Source(path)]
        else:
            # The shell expands patterns; where it did not (quotes, Windows, cron), we do.
            inside = [Source(Path(name)) for name in sorted(glob.glob(word, recursive=True)) if Path(name).is_file()]  # noqa: PTH207 - a whole pattern, maybe absolute
            if not inside:
                msg = f"{word}: no such file or folder"
                raise Usage(msg)
        for source in inside:
            found.setdefault(source.path, source)
    return list(found.values())


def default_kind(source: Path) -> str:
    """The kind to write for a source of this name: its own where that holds colours well, PNG where it is unknown."""
    kind = KIND_OF_EXTENSION.get(source.suffix.lower(), "png")
    return OUTPUT_KIND.get(kind, kind)


def default_target(source: Source, kind: str, folder: Path | None) -> Path:
    """`<stem>.color.<ext>` beside the source, or below `folder` in the same structure."""
    suffix = source.path.suffix
    extension = suffix if KIND_OF_EXTENSION.get(suffix.lower()) == kind else EXTENSION_OF_KIND[kind]
    return beside_or_below(source, f"{source.path.stem}{RESULT_MARK}{extension}", folder)


def beside_or_below(source: Source, name: str, folder: Path | None) -> Path:
    """A file of this name beside the source, or below `folder` in the same structure."""
    if folder is None:
        return source.path.with_name(name)
    if source.from_folder is None:
        return folder / name
    return folder / source.path.parent.relative_to(source.from_folder) / name


def already_there(target: Path) -> Rejected:
    """What to raise where a result exists that nobody said to replace."""
    return Rejected(f"{target} exists: -y replaces it, --skip-existing leaves it", code="exists")


class Claims:
    """The results of one call, so that no two are one file and none is a source."""

    def __init__(self) -> None:
        self._taken: dict[Path, Path] = {}

    def claim(self, target: Path, source: Path) -> None:
        """Say that `target` is to be made of `source`.

        Raises:
            Usage: it is the source itself, or another one's result.
        """
        where = target.resolve()
        if where == source.resolve():
            msg = f"{source}: the result would replace the original; give another -o"
            raise Usage(msg)
        if where in self._taken:
            both = f"{self._taken[where]} and {source} would both become {target}"
            msg = f"{both}: colour them apart, or into folders of their own"
            raise Usage(msg)
        self._taken[where] = source


def _files_in(folder: Path, extensions: Container[str], *, recursive: bool) -> Iterator[Path]:
    for path in sorted(folder.rglob("*") if recursive else folder.iterdir()):
        if path.suffix.lower() not in extensions or path.name.startswith("."):
            continue
        if not path.stem.endswith(RESULT_MARK) and path.is_file():
            yield path
