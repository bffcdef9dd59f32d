"""The models on this machine: those in the package, and those a person has fetched or imported."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from functions.colorise.models import pinned
from functions.colorise.models.card_file import (
    CARD_FILE,
    BadCard,
    card_from_json,
    card_to_json,
    check_name,
    read_card,
)
from functions.colorise.models.shelf import SHELF
from functions.errors import Rejected
from functions.whole_file import PARTIAL, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.colorise.models.card import ModelCard
    from functions.colorise.models.onnx_file import LoadNetwork

log = logging.getLogger(__name__)

PACKAGE: Final = Path(__file__).parent
"""Where the built-in models' ONNX files lie."""


def usual_folder() -> Path:
    """Where a person's models are unless something else is said: `models` in their data folder."""
    from platformdirs import user_data_path  # noqa: PLC0415 - looks into the system's settings on some systems

    return user_data_path("colorise", appauthor=False) / "models"


class NoSuchModel(Rejected):
    """Nothing of that name is on this machine."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="no-such-model")


class Library:
    """The models one can use here, by name.

    A model in `folder` is a sub-folder with an ONNX file and its `card.json`. The card is its seal: it is
    written last and deleted first, so a folder without one is no model, whatever was killed at any moment.

    Args:
        folder: where fetched and imported models are kept; it need not exist.
        shelf: the cards the program knows by heart.
        package: where the built-in models' ONNX files lie.
    """

    def __init__(self, folder: Path, *, shelf: Mapping[str, ModelCard] = SHELF, package: Path = PACKAGE) -> None:
        self.folder = folder
        self._shelf = shelf
        self._package = package

    def is_built_in(self, name: str) -> bool:
        """Whether the model came with the program."""
        card = self._shelf.get(name)
        return card is not None and not card.built_from and not card.weights.mirrors

    def names(self) -> tuple[str, ...]:
        """Names of the models on this machine, built-in ones first; their files are not looked into."""
        built_in = tuple(name for name in self._shelf if self.is_built_in(name))
        try:
            entries = sorted(entry.parent.name for entry in self.folder.glob(f"*/{CARD_FILE}"))
        except OSError:  # a folder that may not be listed has nothing to offer
            entries = []
        return built_in + tuple(name for name in entries if name not in built_in and not name.startswith("."))

    def cards(self) -> list[ModelCard]:
        """Cards of the models on this machine; a damaged card is left out with a warning in the log."""
        cards = []
        for name in self.names():
            try:
                cards.append(self.find(name))
            except (Rejected, OSError) as error:
                log.warning("model %s is left out: %s", name, error)
        return cards

    def offered(self) -> dict[str, ModelCard]:
        """Cards of the models that can be fetched, whether they are here already or not."""
        return {name: card for name, card in self._shelf.items() if not self.is_built_in(name)}

    def place(self, name: str) -> Path:
        """Folder of a fetched or imported model; it need not exist.

        Raises:
            Rejected: the name cannot be a folder's.
        """
        check_name(name)
        return self.folder / name

    def find(self, name: str) -> ModelCard:
        """Find the card of a model on this machine.

        Raises:
            NoSuchModel: there is none; the message lists what there is and how to get others.
            BadCard: its card is damaged.
        """
        if self.is_built_in(name):
            return self._shelf[name]
        path = self.place(name) / CARD_FILE
        if not path.is_file():
            raise NoSuchModel(self._absence(name))
        card = read_card(path)
        if card.name != name:
            msg = f"{path} is the card of {card.name!r}: a model's folder has its model's name"
            raise BadCard(msg)
        return card

    def weights(self, card: ModelCard) -> bytes:
        """Read a model's ONNX file; size and sha256 are verified on every load.

        Raises:
            WrongBytes: the file is not the one the card describes.
            NoSuchModel: the file is gone.
        """
        built_in = self.is_built_in(card.name)
        path = (self._package if built_in else self.place(card.name)) / card.weights.name
        try:
            return pinned.read(path, card.weights)
        except FileNotFoundError as error:
            msg = f"model {card.name}: {path} is gone; {self._cure(card.name)}"
            raise NoSuchModel(msg) from error
        except pinned.WrongBytes as error:
            msg = f"model {card.name}: {error.reason}; {self._cure(card.name)}"
            raise pinned.WrongBytes(msg) from error

    def open(self, model: str, load: LoadNetwork) -> tuple[ModelCard, bytes]:
        """Open what a person calls a model: a name, or the path of an `.onnx` file.

        Args:
            model: the name or the path.
            load: loads a file that has no card, to find out what it is.

        Returns:
            The card, and the verified bytes for `NetworkSession`.

        Raises:
            Rejected: there is no such model, or it is damaged, or the file is no network for this.
        """
        if model.lower().endswith(".onnx") or "/" in model or os.sep in model:
            from functions.colorise.models.onnx_file import open_file  # noqa: PLC0415 - numpy; a name needs none

            return open_file(Path(model), load)
        card = self.find(model)
        return card, self.weights(card)

    def verify(self, name: str) -> None:
        """Read a model as if to use it.

        Raises:
            Rejected: it cannot be used; the message says why and what would help.
        """
        self.weights(self.find(name))

    def add(self, card: ModelCard, weights: bytes) -> Path:
        """Keep a model under its card's name; one of that name is replaced.

        Returns:
            The model's folder.

        Raises:
            Rejected: the name is a built-in model's, or no name at all.
            WrongBytes: the weights are not those of the card.
        """
        if self.is_built_in(card.name):
            msg = f"{card.name} is a built-in model: choose another name"
            raise Rejected(msg, code="built-in")
        place = self.place(card.name)
        pinned.check(weights, card.weights, where=f"{card.weights.name} for model {card.name}")
        text = card_to_json(card)
        card_from_json(text, where=f"the card of {card.name}")  # what is written can be read again
        place.mkdir(parents=True, exist_ok=True)
        (place / CARD_FILE).unlink(missing_ok=True)
        for stale in place.glob(f"*{PARTIAL}"):  # of a process that was killed here
            stale.unlink(missing_ok=True)
        write_whole(place / card.weights.name, weights)
        write_whole(place / CARD_FILE, text)
        return place

    def remove(self, name: str) -> None:
        """Delete a fetched or imported model, and what a broken-off fetch of it left.

        Only files that this library writes are deleted: a folder with others in it stays, with the others.

        Raises:
            Rejected: it is a built-in model, or there is none of that name.
        """
        if self.is_built_in(name):
            msg = f"{name} is a built-in model: it leaves with the program only"
            raise Rejected(msg, code="built-in")
        place = self.place(name)
        known = self._shelf.get(name)
        if not (place / CARD_FILE).is_file() and not (known and place.is_dir()):
            raise NoSuchModel(self._absence(name))
        (place / CARD_FILE).unlink(missing_ok=True)
        sources = {file.name for file in known.built_from} if known else set()
        for path in place.iterdir():
            if path.suffix in {".onnx", ".part", ".etag", PARTIAL} or path.name in sources:
                path.unlink()
        with contextlib.suppress(OSError):  # not empty: something else lives here
            place.rmdir()

    def _absence(self, name: str) -> str:
        if name in self._shelf:
            return f"model {name} is not on this machine yet: run `colorise models fetch {name}`"
        to_fetch = [other for other in self.offered() if other not in self.names()]
        msg = f"no model {name!r} here; there is {', '.join(self.names()) or 'none'}"
        if to_fetch:
            msg += f", and `colorise models fetch` gets {', '.join(to_fetch)}"
        return f"{msg}; a file of your own: --model FILE.onnx, or `colorise models import`"

    def _cure(self, name: str) -> str:
        if self.is_built_in(name):
            return "install colorisebot again"
        if name in self._shelf:
            return f"run `colorise models fetch {name}` again"
        return f"run `colorise models remove {name}` and import or fetch it again"
