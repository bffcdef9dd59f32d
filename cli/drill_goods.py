"""Pictures and films for the drills, made from numbers: no two alike, and the same ones for the same seed."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import cv2
import numpy as np

from cli.bench_clips import Script, Size, write_clip
from functions.jobs import VERSION, ColoriseImage, Network, SplitVideo
from functions.stores.names import answer_name
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from functions.color.color_space import Luma

Wanted: TypeAlias = ColoriseImage | SplitVideo

SIDES: Final = (240, 960)
"""Pixels: the shortest and the longest side of a picture."""

FILM_SIZE: Final = Size(320, 240)

SHOT_FRAMES: Final = 121
"""Of a film's shots: two are more than a chunk should have, so that each is a chunk."""

MOST_SHOTS: Final = 1000
"""Of a film: the pictures of the next one begin so many further on."""

SEPIA: Final = (0.62, 0.80, 1.0)
"""Share of its luma that each channel of a tinted picture has, from blue to red."""

TINTED_EACH: Final = 5
PNG_EACH: Final = 7
"""One picture of so many is tinted, one a PNG."""


@dataclass(frozen=True, slots=True)
class Good:
    """Something that can be coloured, and the order for it."""

    order: Wanted
    data: bytes
    content_type: str

    @property
    def job_id(self) -> str:
        """Of its order."""
        return self.order.job_id

    @property
    def objects(self) -> set[str]:
        """Names of all that must be there when it is coloured: the result, and the answer beside it."""
        return {self.order.target, answer_name(self.order.target)}

    def again(self, job_id: str) -> Good:
        """The same source, ordered by another job with a target of its own."""
        ending = self.order.target.rpartition(".")[2]
        told = {**_told(job_id), "target": f"{OUTBOX}/{job_id}.{ending}"}
        return replace(self, order=self.order.model_copy(update=told))


def pictures(count: int, *, seed: int, name: str = "picture", side: int | None = None) -> list[Good]:
    """So many pictures of a few hundred pixels a side.

    Args:
        count: of them.
        seed: another one makes others.
        name: that their jobs begin with.
        side: that the network sees; None is its own.
    """
    return [_picture(number, seed, f"{name}-{number:04}", side) for number in range(count)]


def films(count: int, shots: int, *, seed: int, name: str = "film", side: int | None = None) -> list[Good]:
    """So many films of so many shots; a shot is five seconds, and a chunk."""
    return [_film(number, shots, seed, f"{name}-{number:04}", side) for number in range(count)]


def order_fields(job_id: str) -> dict[str, Any]:
    """What every order for a picture says in a drill, but for its source and target."""
    return {**_told(job_id), "kind": "colorise-image", "version": VERSION}


def _told(job_id: str) -> dict[str, Any]:
    trace_id = hashlib.sha256(job_id.encode()).hexdigest()[:32]
    return {"job_id": job_id, "trace_id": trace_id, "asked_at": datetime.now(UTC)}


def _picture(number: int, seed: int, job_id: str, side: int | None) -> Good:
    generator = np.random.default_rng([seed, number])
    height, width = (int(pixels) for pixels in generator.integers(*SIDES, 2, endpoint=True))
    luma = _luma(generator, height, width)
    pixels = np.rint(luma[..., None] * SEPIA).astype(np.uint8) if number % TINTED_EACH == 1 else luma
    ending, kind = ("png", "image/png") if number % PNG_EACH == 1 else ("jpg", "image/jpeg")
    written, data = cv2.imencode(f".{ending}", pixels)
    if not written:
        msg = f"OpenCV writes no {ending}"
        raise RuntimeError(msg)
    order = ColoriseImage(
        **_told(job_id),
        network=Network(side=side),
        source=f"{INBOX}/{job_id}.{ending}",
        target=f"{OUTBOX}/{job_id}.{ending}",
    )
    return Good(order, data.tobytes(), kind)


def _luma(generator: np.random.Generator, height: int, width: int) -> Luma:
    """Detail that falls with frequency, as in photographs, and some grain."""
    picture = np.zeros((height, width), np.float32)
    for cells in (3, 8, 24, 96):
        noise = generator.normal(size=(cells, cells)).astype(np.float32)
        picture += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) / np.float32(cells**0.7)
    low, high = np.percentile(picture[::4, ::4], (1, 99))
    picture = (picture - low) / (high - low) * 215 + 20
    luma: Luma = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    return luma


def _film(number: int, shots: int, seed: int, job_id: str, side: int | None) -> Good:
    script = Script(FILM_SIZE, shots, SHOT_FRAMES, first_shot=(seed * MOST_SHOTS + number) * MOST_SHOTS)
    with tempfile.TemporaryDirectory(prefix="colorise-drill-") as folder:
        clip = Path(folder) / "film.mp4"
        write_clip(script, clip)
        data = clip.read_bytes()
    order = SplitVideo(
        **_told(job_id),
        network=Network(side=side),
        source=f"{INBOX}/{job_id}.mp4",
        target=f"{OUTBOX}/{job_id}.mp4",
    )
    return Good(order, data, "video/mp4")
