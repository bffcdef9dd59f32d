"""A look at the stand for machines without a screen: each sample is coloured once, and the bot is asked for one."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from cli.demo_visitor import Visitor
from functions.color.measures import colourfulness
from functions.colorise.photo import beside
from functions.colorise.picture_file import read_picture, write_picture
from functions.errors import Rejected
from functions.whole_file import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from cli.demo_telling import Also, Greeting

LEAST_COLOUR: Final = 5.0
"""Colourfulness: a grey picture has 0, a pale one 15."""

SUMMARY: Final = "summary.json"

MENTION: Final = "@colorisebot please"


@dataclass(frozen=True, slots=True)
class Row:
    """Of the summary: a picture."""

    name: str
    seconds: float
    """From its first byte to the news that it is in colour."""
    width: int
    height: int
    """Pixels."""
    colour: float
    """Colourfulness."""
    file: str
    """Before and after, side by side."""

    def line(self) -> str:
        """For people."""
        size = f"{self.width}x{self.height}"
        return f"  {self.name:<32} {size:>10} {self.seconds:6.2f} s   colour {self.colour:4.0f}   {self.file}"


class SampleTour:
    """Colours the samples as a visitor would.

    Args:
        folder: for pictures and the summary; made where it is not there.

    Raises:
        Rejected: the folder cannot be made ("unwritable").
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"cannot make {folder}: {error.strerror or error}; give another folder with --headless"
            raise Rejected(msg, code="unwritable") from error

    async def make(self, greeting: Greeting, also: Also) -> None:
        """Colour every sample at the booth, and mention the bot on the timeline with the last.

        Raises:
            Rejected: one is not coloured ("not-coloured" where it comes back grey).
            OSError: a file cannot be written.
        """
        rows: list[Row] = []
        before, answer = b"", ""
        async with Visitor(greeting.address) as visitor:
            for sample in (await visitor.stand())["samples"]:
                name = str(sample["id"])
                async with Visitor(greeting.address) as other:  # one visitor may bring so many a minute
                    coloured = await other.sample(name)
                before = coloured.before
                rows.append(self._kept(name, before, coloured.after, coloured.seconds))
                also("coloured", asdict(rows[-1]), [rows[-1].line()])
            if before:
                began = time.monotonic()
                answer, after = await visitor.mention(MENTION, before)
                rows.append(self._kept("bot", before, after, time.monotonic() - began))
                also("coloured", asdict(rows[-1]), [rows[-1].line()])
        if not rows:
            msg = "the stand offers no samples: its operator has chosen none, or the installation is incomplete"
            raise Rejected(msg, code="no-samples")
        summary = {"pictures": [asdict(row) for row in rows], "mention": MENTION, "answer": answer}
        self._write(SUMMARY, (json.dumps(summary, indent=1, ensure_ascii=False) + "\n").encode())
        lines = [f"  the bot answered on the timeline: {answer}", f"  all of it: {self._folder / SUMMARY}"]
        also("summary", {"file": str(self._folder / SUMMARY), **summary}, lines)

    def _kept(self, name: str, before: bytes, after: bytes, seconds: float) -> Row:
        """Write both, and both side by side; see that there is colour."""
        grey, coloured = read_picture(before), read_picture(after)
        colour = colourfulness(coloured.pixels)
        if colour < LEAST_COLOUR:
            msg = f"{name} came back without colour (colourfulness {colour:.1f}): a bug, please report it"
            raise Rejected(msg, code="not-coloured")
        self._write(f"{name}.before.jpg", before)
        self._write(f"{name}.jpg", after)
        file = f"{name}.before-after.jpg"
        self._write(file, write_picture(beside(grey.pixels, coloured), kind="jpeg", keep_metadata=False))
        height, width = coloured.pixels.shape[:2]
        return Row(name, round(seconds, 3), width, height, round(colour, 1), file)

    def _write(self, name: str, data: bytes) -> None:
        with replacing(self._folder / name) as partial:
            partial.write_bytes(data)
