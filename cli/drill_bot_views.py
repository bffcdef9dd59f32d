"""Whether the bot's replies show the right pictures, in colour and described."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from cli.drill_bot_pictures import alike, chroma_in, code_in, code_of, frames_in, luma_of
from cli.drill_bot_scenes import Colour

if TYPE_CHECKING:
    from cli.drill_bot_control import FakeControl, Seen
    from cli.drill_bot_pictures import Picture
    from cli.drill_bot_play import Play, Played
    from cli.drill_bot_scenes import Expected
    from cli.drill_report import DrillReport
    from functions.color.color_space import Pixels

LEAST_CHROMA: Final = 2.0
"""ab, of a coloured picture on average; one that is grey has less than `MOST_GREY`."""

MOST_GREY: Final = 1.0
"""ab, of an original beside it, after JPEG."""

LEAST_ALIKE: Final = 0.9
"""Correlation of a clip's luma with its source's; clips of two sources reach 0.75."""

CLEARLY: Final = 1.1
"""Times the chroma that `more` must have, and the other way round for `less`."""

SIDE_BY_SIDE: Final = 4


@dataclass(slots=True)
class Views:
    """Looks at the pictures of all replies."""

    play: Play
    control: FakeControl
    wrong: list[str] = field(default_factory=list)
    undescribed: list[str] = field(default_factory=list)
    looked_at: int = 0
    _chroma: dict[str, float] = field(default_factory=dict)
    """Mention → of its answer's first picture."""
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SIDE_BY_SIDE))

    async def add_to(self, report: DrillReport) -> None:
        """Look at all, and add what is promised of them."""
        async with asyncio.TaskGroup() as group:
            for played in self.play.played.values():
                if replies := self.play.replies_to(played.id):
                    group.create_task(self._look(played, replies[0]))
        self._compare()
        report.promise("replies show the right pictures in colour", self.wrong, right=f"{self.looked_at:,} looked at")
        report.promise("each is described, in its author's words first", self.undescribed, right=f"{self.looked_at:,}")

    async def _look(self, played: Played, reply: Seen) -> None:
        expected = played.expected
        shown = self._owed(played, expected, reply)
        if len(reply.media) != len(shown):
            self.wrong.append(f"{played}: {len(reply.media)} pictures instead of {len(shown)}")
            return
        async with self._room:
            for picture, key in zip(shown, reply.media, strict=True):
                data, kind, alt_text = await self.control.media(key)
                beside = expected is not None and expected.beside
                chroma, faults = await asyncio.to_thread(_seen, picture, data, kind, beside=beside)
                self._chroma.setdefault(played.id, chroma)
                self.wrong += [f"{played}: {fault}" for fault in faults]
                self.looked_at += 1
                if not alt_text or not alt_text.startswith((picture.alt_text or "").rstrip(".")):
                    self.undescribed.append(f"{played}: {alt_text or 'nothing'}")

    @staticmethod
    def _owed(played: Played, expected: Expected | None, reply: Seen) -> tuple[Picture, ...]:
        """What the reply has to show; of a scene that is judged as a whole, it may show nothing as well."""
        if expected is not None:
            return expected.pictures
        return played.act.pictures if reply.media else ()

    def _compare(self) -> None:
        """See that `more` is more, and `less` is less."""
        for scene, ids in self.play.scenes:
            for act, identity in zip(scene.acts, ids, strict=False):
                if act.expected is None or act.expected.than is None:
                    continue
                place, way = act.expected.than
                before, after = self._chroma.get(str(ids[place])), self._chroma.get(str(identity))
                if before is None or after is None:
                    continue
                ratio = after / before if way is Colour.MORE else before / after
                if ratio < CLEARLY:
                    self.wrong.append(f"{scene.kind} ({identity}): chroma {before:.1f} became {after:.1f}")


def _seen(picture: Picture, data: bytes, kind: str, *, beside: bool) -> tuple[float, list[str]]:
    """Chroma of a coloured picture, and what is wrong with it."""
    if picture.kind == "photo":
        return photo_seen(picture, data, kind, beside=beside)
    frames = frames_in(data, "gif" if kind == "animated_gif" else "mp4")
    if kind != picture.kind or not frames:
        return 0.0, [f"a {kind} of {len(frames)} frames instead of a {picture.kind}"]
    chroma = chroma_in(frames[0])
    faults = [] if len(frames) == picture.frames else [f"{len(frames)} frames instead of {picture.frames}"]
    source = frames_in(picture.content(), "mp4")
    if (likeness := alike(luma_of(frames[0]), luma_of(source[0]))) < LEAST_ALIKE:
        faults.append(f"it is another film: likeness {likeness:.2f}")
    return chroma, faults + _grey(chroma)


def photo_seen(picture: Picture, data: bytes, kind: str, *, beside: bool) -> tuple[float, list[str]]:
    """Chroma of what should be a picture in colour, and what is wrong with it."""
    pixels: Pixels | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None or kind != "photo":
        return 0.0, [f"a {kind} of {len(data)} bytes that is no photo"]
    faults = []
    if beside:
        middle = pixels.shape[1] // 2
        original, pixels = pixels[:, :middle], pixels[:, -middle:]
        if code_in(luma_of(original)) != code_of(picture.number) or chroma_in(original) > MOST_GREY:
            faults.append("the original is not beside it")
    if code_in(luma_of(pixels)) != code_of(picture.number):
        faults.append("it is another picture")
    chroma = chroma_in(pixels)
    return chroma, faults + _grey(chroma)


def _grey(chroma: float) -> list[str]:
    return [] if chroma >= LEAST_CHROMA else [f"it is grey: chroma {chroma:.1f}"]
