"""One photograph from bytes to bytes: read, judge, colour, write."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from functions.color.color_space import full_scale, luma_of
from functions.color.tone import restore_tone
from functions.color.triage import Triage, Verdict, triage
from functions.colorise.fitting import FileWishes, write_fitting
from functions.colorise.picture_file import Limits, read_picture
from functions.errors import Rejected

if TYPE_CHECKING:
    from functions.color.color_space import Pixels
    from functions.colorise.coloriser import Coloriser
    from functions.colorise.picture_file import Picture, Provenance


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody wants of their coloured photograph."""

    kind: str | None = None
    """"jpeg", "png" and so on: this and no other; None keeps the source's, within `kinds`."""
    quality: int | None = None
    """0 to 100 for the lossy kinds; None is what suits the kind."""
    saturation: float = 1.0
    """0 is grey, 1 what the network meant, 2 twice that."""
    restore_tone: bool = False
    compare: bool = False
    """Before and after in one picture, side by side."""
    force: bool = False
    """Colour it although it is in colour already."""
    keep_metadata: bool = True
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    """Of the source."""
    kinds: tuple[str, ...] = ()
    """Those that are taken, the best first; empty is any."""
    max_side: int | None = None
    """Pixels of the result's longer side."""
    max_bytes: int | None = None
    """Of the result."""
    mark: bool = False
    """With a small mark in the lower right corner; luma changes under it, and nowhere else."""

    @property
    def file(self) -> FileWishes:
        """What is wanted of the file, once the picture is in colour."""
        return FileWishes(
            kind=self.kind,
            kinds=self.kinds,
            quality=self.quality,
            keep_metadata=self.keep_metadata,
            max_side=self.max_side,
            max_bytes=self.max_bytes,
            mark=self.mark,
        )


@dataclass(frozen=True, slots=True)
class ColouredPhoto:
    """A photograph in colour, and how it came to be."""

    data: bytes
    kind: str
    height: int
    width: int
    triage: Triage
    notes: tuple[str, ...]
    """For people: what was left out, changed to fit, or could not be kept."""
    seconds: float


def colorise_photo(
    data: bytes, coloriser: Coloriser, wishes: Wishes, provenance: Provenance | None = None
) -> ColouredPhoto:
    """Colour the photograph in `data`.

    Raises:
        Unreadable: the bytes are no picture that can be read.
        Rejected: too large, or larger in every form than is wished ("too-large"), in colour already
            ("already-colour"), or empty ("nothing-to-colour").
        ModelUnusable: the network failed.
    """
    started = time.perf_counter()
    picture = read_picture(data, wishes.limits)
    verdict = triage(_visible(picture))
    notes = list(picture.notes)
    if verdict.verdict is Verdict.UNUSABLE:
        raise Rejected(verdict.reason, code="nothing-to-colour")
    if verdict.verdict is Verdict.COLOUR:
        if not wishes.force:
            raise Rejected(verdict.reason, code="already-colour")
        notes.append(f"{verdict.reason}; coloured anew, as asked")
    luma = luma_of(picture.pixels)
    before = picture.pixels if wishes.compare else None
    picture = replace(picture, pixels=luma)  # lets go of the original's pixels: a quarter of all memory
    if wishes.restore_tone:
        luma = restore_tone(luma)
    pixels = coloriser.paint(luma, coloriser.chroma(luma), saturation=wishes.saturation)
    coloured = replace(picture, pixels=pixels)
    if before is not None:
        coloured = beside(before, coloured)
    written = write_fitting(coloured, wishes.file, provenance)
    return ColouredPhoto(
        data=written.data,
        kind=written.kind,
        height=written.height,
        width=written.width,
        triage=verdict,
        notes=(*notes, *written.notes),
        seconds=time.perf_counter() - started,
    )


def _visible(picture: Picture) -> Pixels:
    """The pixels, white where they are transparent: what lies under there is nobody's colour."""
    if picture.alpha is None:
        return picture.pixels
    hidden = picture.alpha < full_scale(picture.pixels) // 2
    visible = picture.pixels.copy()
    visible[hidden] = full_scale(picture.pixels)
    return visible


def beside(before: Pixels, after: Picture) -> Picture:
    """Before | after, of the same height; an alpha channel covers both."""
    grey = before if before.ndim == 3 else np.repeat(before[..., None], 3, axis=2)  # noqa: PLR2004 - (H, W, 3)
    alpha: Pixels | None = None if after.alpha is None else np.hstack([after.alpha, after.alpha])
    return replace(after, pixels=np.hstack([grey, after.pixels]), alpha=alpha)
