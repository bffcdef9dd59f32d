"""What there is to know about a film before a frame of it is coloured."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when a plan is parsed
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

UNSPECIFIED: Final = 2
"""Says nothing about primaries, transfer or matrix: ITU-T H.273, tables 2 to 4."""


@dataclass(frozen=True, slots=True)
class ColorTags:
    """How code values are meant: the code points of ITU-T H.273."""

    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    matrix: int = UNSPECIFIED
    full_range: bool | None = None
    """None where the film does not say; readers then take video for limited."""


@dataclass(frozen=True, slots=True)
class Track:
    """A stream beside the film's picture."""

    index: int
    kind: str
    """audio, video, subtitle, data or attachment."""
    codec: str
    """FFmpeg's name, empty where it has none."""
    language: str
    time_base: Fraction
    """Seconds a tick; 0 where the stream has no times."""
    disposition: int
    """FFmpeg's bits: default, forced, attached picture and so on."""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named stretch of the film, in seconds."""

    start: Fraction
    end: Fraction
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Film:
    """All about a film but its frames."""

    container: str
    """FFmpeg's names of the format, separated by commas."""
    stream: int
    """Index of the video stream to colour."""
    codec: str
    width: int
    height: int
    pix_fmt: str
    """FFmpeg's name of what the decoder gives."""
    depth: int
    """Bits of a luma sample."""
    time_base: Fraction
    """Seconds a tick of pts."""
    average_rate: Fraction
    """Frames a second."""
    start: Fraction
    """Seconds, of the earliest stream."""
    duration: Fraction | None
    """Seconds, as the container says."""
    sample_aspect: Fraction
    """Width by height of a pixel; 1 where the film does not say."""
    display_matrix: tuple[int, ...] | None
    """Nine numbers as in ISO/IEC 14496-12, 8.5.2: rotation and mirroring before showing."""
    color: ColorTags
    interlaced: bool
    top_field_first: bool
    stated_frames: int
    """As the container says; 0 where it does not."""
    disposition: int
    tracks: tuple[Track, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    video_metadata: Mapping[str, str] = field(default_factory=dict)
    light: tuple[str, ...] = ()
    """Names of the data of high dynamic range that go with its frames."""
    captions: bool = False
    """Whether closed captions (CTA-708) go with its frames."""
    frames_are_packets: bool = True
    """Whether the first packets gave one frame each, in the order of their pts; if not, only decoding counts frames."""

    @property
    def rotation(self) -> int:
        """Degrees, counter-clockwise, that a player turns the picture: 0, 90, 180 or 270 for upright cameras."""
        if self.display_matrix is None:
            return 0
        quarter = {(1, 0): 0, (0, -1): 90, (-1, 0): 180, (0, 1): 270}
        a, b = self.display_matrix[0], self.display_matrix[1]
        return quarter.get(((a > 0) - (a < 0), (b > 0) - (b < 0)), 0)

    @property
    def origin(self) -> Fraction:
        """Seconds that the result calls zero.

        Broadcast formats count from an arbitrary moment, often hours; a player would wait for it. All others keep
        their times.
        """
        return self.start if CLOCKED & set(self.container.split(",")) else Fraction(0)


CLOCKED: Final = frozenset({"mpegts", "mpeg"})
"""Formats whose clock starts anywhere: ISO/IEC 13818-1, 2.4.2."""

OWN_TAGS: Final = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "software"})
"""Tags that say how a film is stored, rather than what it is."""

UNEQUAL_TAGS: Final = OWN_TAGS | {"creation_time", "loop"}
"""And those that containers write in ways of their own."""


def lost_tags(source: Mapping[str, str], result: Mapping[str, str]) -> list[str]:
    """Names of the source's tags that the result has not, or has other words for."""
    kept = {name.lower(): text for name, text in result.items()}
    return sorted(
        name for name, text in source.items() if name.lower() not in UNEQUAL_TAGS and kept.get(name.lower()) != text
    )
