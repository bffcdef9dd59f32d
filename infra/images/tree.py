"""An image's content in a folder: files, and beside them what an engine would know of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: Final = "image.json"
FILES: Final = "root"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one instruction of the last stage has put there."""

    made_by: str
    paths: tuple[str, ...]
    """Files and links, from the image's root."""


@dataclass(slots=True)
class Config:
    """What an engine knows of an image beside its files; an instruction each."""

    name: str = ""
    base: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    """That programs start in."""
    user: str = "0"
    ports: list[str] = field(default_factory=list)
    stop_signal: str = "SIGTERM"
    health: list[str] = field(default_factory=list)
    entry: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """Added to the entry where nobody says others."""
    layers: list[Layer] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Commands that were not carried out: they change the base image."""


@dataclass(frozen=True, slots=True)
class Tree:
    """An assembled image.

    Args:
        folder: that holds all of it.
        config: of the image.
    """

    folder: Path
    config: Config

    @property
    def root(self) -> Path:
        """Of the image's files; those of the base image are not there."""
        return self.folder / FILES

    def inside(self, path: str) -> Path:
        """Where a path of the image lies on this machine."""
        return self.root / path.lstrip("/")

    def write(self) -> None:
        """Keep what is known of it beside its files."""
        (self.folder / CONFIG).write_text(json.dumps(asdict(self.config), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what was assembled there.

        Raises:
            FileNotFoundError: nothing was, or not all of it.
        """
        kept = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        layers = [Layer(one["made_by"], tuple(one["paths"])) for one in kept.pop("layers")]
        return cls(folder.resolve(), Config(**kept, layers=layers))
