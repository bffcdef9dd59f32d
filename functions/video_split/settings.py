"""What can be said to the program that splits and joins films."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from functions.program.settings import ProgramSettings


class VideoSplitSettings(ProgramSettings):
    """Settings of `python -m functions.video_split`, each a variable that begins with `COLORISE_`."""

    max_bytes: Annotated[int, Field(ge=1)] = 16 * 1024**3
    """Of a film's file; larger ones are refused unread."""
