"""The files a model is made of: found on this machine, or fetched, or named for a person to bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.colorise.models import pinned
from functions.colorise.models.partial import BeingFetched
from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from functions.colorise.models.card import ModelCard, ModelFile


class FilesMissing(Postponed):
    """Files of a model are neither on this machine nor to be had from the network now.

    Args:
        name: the model's.
        missing: what is needed still.
        folder: where a person may put them.
        because: what kept the network from bringing them.
    """

    def __init__(self, name: str, missing: tuple[ModelFile, ...], folder: Path, *, because: str) -> None:
        super().__init__(f"model {name} cannot be fetched now: {because}", after_seconds=3600.0)
        self.missing = missing
        self.folder = folder

    def listing(self) -> str:
        """Say in several lines which files to bring, and where to put them."""
        lines = [
            f"These files are missing. Bring them into {self.folder}",
            "(or into a folder that you name with --from FOLDER), and run the same command again:",
        ]
        for file in self.missing:
            lines.append(f"  {file.name}: {file.bytes} bytes, sha256 {file.sha256}")
            lines.extend(f"    from {address}" for address in file.mirrors)
        return "\n".join(lines)


def parts(card: ModelCard) -> tuple[ModelFile, ...]:
    """List the files to get for a model: what it is converted from, or else the ONNX file itself."""
    return card.built_from or (card.weights,)


def gather(
    card: ModelCard, folder: Path, *, brought: Path | None = None, fetch: Callable[[ModelFile, Path], None]
) -> dict[str, bytes]:
    """Get every file of a model; the network is asked for those only that are not on this machine.

    Args:
        card: what is needed.
        folder: where fetched files are kept, and where a person may have put some.
        brought: another folder in which a person has put some.
        fetch: brings one file to a path, or raises Postponed.

    Returns:
        Each file's verified bytes by its name.

    Raises:
        FilesMissing: the network did not bring them; it says which files to bring by hand.
        BeingFetched: another process is at it.
        WrongBytes: a file in `brought`, or each one that was offered for download, is not what was pinned.
        OSError: a file cannot be read or written.
    """
    found: dict[str, bytes] = {}
    wrong: list[str] = []
    for file in parts(card):
        here = folder / file.name
        if brought is not None and (brought / file.name).is_file():
            found[file.name] = pinned.read(brought / file.name, file)
        elif here.is_file():
            try:
                found[file.name] = pinned.read(here, file)
            except pinned.WrongBytes as error:  # a new copy will take its place, if one can be had
                wrong.append(error.reason)
    for file in parts(card):
        if file.name in found:
            continue
        try:
            fetch(file, folder / file.name)
        except BeingFetched:  # there is nothing to bring: it is coming
            raise
        except Postponed as error:
            missing = tuple(other for other in parts(card) if other.name not in found)
            raise FilesMissing(card.name, missing, folder, because="; ".join((error.reason, *wrong))) from error
        found[file.name] = pinned.read(folder / file.name, file)
    return found


def discard(card: ModelCard, folder: Path) -> None:
    """Delete the files a model was converted from; the model itself stays."""
    for file in card.built_from:
        (folder / file.name).unlink(missing_ok=True)
