"""What can be said to the program that colours."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated

from pydantic import Field

from functions.program.settings import ProgramSettings


class ColoriseSettings(ProgramSettings):
    """Settings of `python -m functions.colorise`, each a variable that begins with `COLORISE_`."""

    model: str = "small"
    """A model of the library, or the path of an .onnx file."""
    models: Path | None = None
    """Folder of the library; None is the person's own."""
    side: Annotated[int, Field(ge=32, le=1024)] | None = None
    """Pixels that the network sees where an order asks for no other; None is the model's own."""
    gpu: bool = False
    """Colour pictures on an accelerator where ONNX Runtime has one; films are coloured on the CPU all the same."""
    max_bytes: Annotated[int, Field(ge=1)] = 64 * 1024 * 1024
    """Of a picture's file; larger ones are refused unread."""
    max_pixels: Annotated[int, Field(ge=1)] = 100_000_000
    """Of a picture, whatever an order allows: a pixel costs up to 16 bytes while it is coloured."""
    sandbox_picture_seconds: Annotated[float, Field(gt=0)] = 600.0
    """Of a core that an order for a picture may take, and ten times as many by the clock."""

    def sandbox_seconds(self, kind: str) -> float:
        """Pictures have a limit of their own."""
        return self.sandbox_picture_seconds if kind == "colorise-image" else super().sandbox_seconds(kind)
