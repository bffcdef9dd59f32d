"""The images that there are, and what each is made of."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).resolve().parents[2]
"""Of the repository: the context of every build."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image, with one program in it."""

    name: str
    """As the registry has it, after its owner."""
    folder: str
    """With the Dockerfile and the lock, from the root of the repository."""
    module: str
    """That `python -m` runs."""
    extras: tuple[str, ...]
    """Of pyproject.toml: all that is installed."""

    @property
    def dockerfile(self) -> Path:
        """How it is made."""
        return ROOT / self.folder / "Dockerfile"

    @property
    def lock(self) -> Path:
        """Versions and hashes of everything that is installed."""
        return ROOT / self.folder / "requirements.lock"


IMAGES: Final[Mapping[str, Image]] = MappingProxyType(
    {
        image.name: image
        for image in (
            Image("colorise", "functions/colorise", "functions.colorise", ("image", "heif")),
            Image("video-split", "functions/video_split", "functions.video_split", ("video",)),
            Image("connector", "functions/connector", "functions.connector", ("connector",)),
            Image("bot", "bot", "bot", ("bot",)),
            Image("demo", "demo", "demo", ("demo", "heif")),
        )
    }
)


def needs(image: Image) -> list[str]:
    """Requirements of an image's extras, as pyproject.toml has them: the project's own list is the command's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted({line for extra in image.extras for line in project["optional-dependencies"][extra]})
