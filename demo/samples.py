"""Photographs without their colours, for visitors who have none: the operator's own, and those that come along."""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from demo.uploads import looked_at
from functions.color.color_space import luma_of
from functions.color.shrink import shrunk, shrunk_size
from functions.colorise.picture_file import read_picture, write_picture
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED: Final = Path(__file__).parent / "static" / "samples"
"""JPEG files in grey, by their ids; NOTICE says who took the photographs, and when."""

IDS: Final = ("dust-bowl", "alps", "nagasaki", "hopper", "canyon", "sheep", "astronaut")
"""In the order in which they are offered."""

MOST: Final = 24
"""That are offered; a page with more is searched rather than looked at."""

THUMBNAIL_SIDE: Final = 320
"""Pixels of the longer side; the page shows a third of it on a plain screen."""

SIDE: Final = 2048
"""Likewise of a sample itself: scans may be ten times as large, and a visitor is to wait for the colour only."""

QUALITY: Final = 92

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """One of them."""

    path: Path
    name: str | None
    """As people read it; None where the pages have words for it."""


class Samples:
    """All that can be offered.

    Args:
        folder: with photographs of the operator's own, which come first; None is none.
    """

    def __init__(self, folder: Path | None = None) -> None:
        found = {} if folder is None else _own(folder)
        found |= {sample: Sample(SHIPPED / f"{sample}.jpg", None) for sample in IDS}
        self._found = dict(list(found.items())[:MOST])

    def there(self) -> tuple[str, ...]:
        """Ids of those that can be had."""
        return tuple(self._found)

    def title(self, sample: str, texts: Mapping[str, str]) -> str:
        """What a sample is called on the pages."""
        found = self._found.get(sample)
        return found.name if found is not None and found.name else texts.get(f"sample.{sample}", sample.capitalize())

    def file(self, sample: str, *, thumbnail: bool = False) -> bytes:
        """A sample in grey, as a JPEG file; it blocks for some milliseconds at the first call.

        Raises:
            Rejected: there is none of this name ("gone"), or it cannot be read any more.
        """
        found = self._found.get(sample)
        if found is None:
            msg = "there is no such sample at this stand"
            raise Rejected(msg, code="gone")
        if found.path.parent == SHIPPED and not thumbnail:  # it is what it would become
            return found.path.read_bytes()
        return _grey(found.path, THUMBNAIL_SIDE if thumbnail else SIDE)


def _own(folder: Path) -> dict[str, Sample]:
    """Id → photograph in a folder, by their names; what cannot be coloured is passed over, and the log says why."""
    found: dict[str, Sample] = {}
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.name.startswith("."):
            continue
        try:
            with path.open("rb") as file:
                kind = looked_at(file, path.stat().st_size, max_clip_seconds=0).kind
        except (Rejected, OSError) as error:
            _log.warning("no sample: %s", error, extra={"file": path.name})
            continue
        if kind == "photo":
            name = " ".join(path.stem.replace("_", " ").split())
            found[_id(path.stem, found)] = Sample(path, name[:60])
    return found


def _id(stem: str, taken: Mapping[str, Sample]) -> str:
    """Plain letters for an address, unlike those that are taken."""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    wanted = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32] or "photo"
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in taken and name not in IDS)


@lru_cache(maxsize=2 * MOST)
def _grey(path: Path, side: int) -> bytes:
    try:
        picture = read_picture(path.read_bytes())
    except OSError as error:
        msg = "this sample is not here any more"
        raise Rejected(msg, code="gone") from error
    luma = luma_of(picture.pixels)
    height, width = luma.shape
    luma, _ = shrunk(luma, None, shrunk_size(height, width, side))
    return write_picture(replace(picture, pixels=luma, alpha=None), kind="jpeg", quality=QUALITY, keep_metadata=False)
