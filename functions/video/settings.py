"""How the coloured film is written: codec, quality, speed and container."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.video.film import Film

Deinterlace = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True)
class CodecChoice:
    """What a codec needs to be told, and which containers hold it."""

    containers: tuple[str, ...]
    """The first is the one to take where nobody asks for another."""
    crf: int | None
    """Quality where nobody asks for another; None where the codec has none."""
    crf_limit: int
    presets: tuple[str, ...] = ()
    """From fast to slow."""
    preset: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    """Further ones: one thread, closed groups of pictures, and what else keeps bytes from depending on the machine."""
    large: Mapping[str, str] = field(default_factory=dict)
    """In place of those, for frames of `LARGE_FRAME` pixels or more in the usual preset."""
    tag: str = ""
    """Of the sample entry, where players want another than FFmpeg's own."""


LARGE_FRAME: Final = 1_500_000
"""Pixels; between 1280x720 and 1920x1080. What the encoder holds back is a third of a process's memory from here on."""

X26X_PRESETS: Final = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo",
)  # fmt: skip

CODECS: Final[Mapping[str, CodecChoice]] = {
    "h264": CodecChoice(
        containers=("mp4", "mov", "mkv"),
        crf=18,
        crf_limit=51,
        presets=X26X_PRESETS,
        preset="veryfast",
        options={"x264-params": "threads=1:lookahead-threads=1:open-gop=0"},
        # Five frames instead of ten, of 6.5 MB each; films are 2 to 5 % larger for the same luma.
        large={"x264-params": "threads=1:lookahead-threads=1:open-gop=0:rc-lookahead=5"},
    ),
    "hevc": CodecChoice(
        containers=("mp4", "mov", "mkv"),
        crf=20,
        crf_limit=51,
        presets=X26X_PRESETS,
        preset="fast",
        options={"a53cc": "1", "x265-params": "pools=none:frame-threads=1:wpp=0:open-gop=0:log-level=none"},
        tag="hvc1",  # QuickTime plays no other
    ),
    "av1": CodecChoice(
        containers=("mp4", "mkv", "webm"),
        crf=26,
        crf_limit=63,
        presets=tuple(str(speed) for speed in range(13, -1, -1)),
        preset="10",
        options={"svtav1-params": "lp=1"},
    ),
    "ffv1": CodecChoice(
        containers=("mkv",),
        crf=None,
        crf_limit=0,
        options={"level": "3", "slices": "4", "slicecrc": "1", "g": "1"},
    ),
    "prores": CodecChoice(containers=("mov", "mkv"), crf=None, crf_limit=0, options={"profile": "3", "vendor": "apl0"}),
}
"""By the codec's name for people.

H.264 at 18 and "veryfast" is the default: at 18 the loss is hard to see, and grain survives. On a grainy pan of 720
lines, one core, "veryfast" took 31 ms a frame and "medium" 98, for the same luma (40.7 dB) and no smaller a file; 20
saves a third of the bytes for 0.8 dB.
"""

FORMATS: Final[Mapping[str, str]] = {
    "mp4": "mp4",
    "m4v": "mp4",
    "mov": "mov",
    "mkv": "matroska",
    "webm": "webm",
    "gif": "gif",
    "y4m": "y4m",
}
"""Name of a container, and ending of a file's name → FFmpeg's muxer; y4m is written here."""

FROM_LOSSLESS: Final = frozenset({"gif", "y4m"})
"""Containers that are written from lossless pieces: a palette is chosen, or the code values wanted, at the end."""


RATE_BOUND: Final = frozenset({"h264", "hevc"})
"""Codecs whose encoders keep to a bound on their rate beside a quality (x264's and x265's VBV)."""

BUFFER_SECONDS: Final = 1.0
"""Of the buffer that such a bound is kept with: a moving scene may take what a still one left, as far as this goes."""

BURST_SECONDS: Final = 0.9 * BUFFER_SECONDS
"""Of the bound's rate that a piece may take beside its own time: the buffer is nine tenths full when it begins."""


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How to write the film.

    Args:
        codec: h264, hevc, av1, ffv1 or prores.
        container: mp4, mov, mkv, webm, gif or y4m; None takes the codec's first. gif and y4m keep ffv1 pieces.
        crf: quality, 0 is best; None takes the codec's default.
        preset: the encoder's speed; None takes the codec's default.
        plain: write 8 bits and 4:2:0 whatever the source has, as every player shows; gif and y4m do as they always do.
        max_rate: bits a second that each piece keeps to, but for a burst of `BURST_SECONDS` at its start; None sets
            no bound. Quality is `crf`'s wherever that takes less. For the codecs of `RATE_BOUND`.

    Raises:
        Rejected: a codec that is not there, in a container that does not hold it, or a quality it does not have.
    """

    codec: str = "h264"
    container: str | None = None
    crf: int | None = None
    preset: str | None = None
    plain: bool = False
    max_rate: int | None = None

    def __post_init__(self) -> None:
        choice = CODECS.get(self.codec)
        if choice is None:
            msg = f"no codec named {self.codec}: take one of {', '.join(CODECS)}"
            raise Rejected(msg, code="bad-codec")
        if (
            self.container is not None
            and self.container not in FROM_LOSSLESS
            and self.container not in choice.containers
        ):
            msg = f"{self.container} does not hold {self.codec}: take {' or '.join(choice.containers)}"
            raise Rejected(msg, code="bad-container")
        if self.crf is not None and (choice.crf is None or not 0 <= self.crf <= choice.crf_limit):
            limit = f"0 to {choice.crf_limit}" if choice.crf is not None else "none: it keeps what it gets"
            msg = f"{self.codec} has no quality {self.crf}: its range is {limit}"
            raise Rejected(msg, code="bad-quality")
        if self.preset is not None and self.preset not in choice.presets:
            names = f"take one of {', '.join(choice.presets)}" if choice.presets else "it has none"
            msg = f"{self.codec} has no preset {self.preset}: {names}"
            raise Rejected(msg, code="bad-preset")

    @property
    def piece_codec(self) -> str:
        """Of the pieces: the film's own, or a lossless one where the container is written from that."""
        return "ffv1" if self.container in FROM_LOSSLESS else self.codec

    @property
    def is_plain(self) -> bool:
        """Whether the pieces are to hold 8 bits and 4:2:0 whatever the source has."""
        return self.plain and self.container not in FROM_LOSSLESS

    @property
    def holder(self) -> str:
        """The container's name."""
        return self.container or CODECS[self.codec].containers[0]

    def options(self, pixels: int) -> dict[str, str]:
        """For the encoder of the pieces, whose frames have so many pixels."""
        choice = CODECS[self.piece_codec]
        is_usual = self.preset in (None, choice.preset)
        chosen = {**choice.options, **(choice.large if pixels >= LARGE_FRAME and is_usual else {})}
        if choice.crf is not None:
            chosen["crf"] = str(choice.crf if self.crf is None else self.crf)
        if self.max_rate is not None and self.piece_codec in RATE_BOUND:
            chosen |= {"maxrate": str(self.max_rate), "bufsize": str(round(self.max_rate * BUFFER_SECONDS))}
        if choice.presets:
            chosen["preset"] = self.preset or choice.preset
        return chosen


def suggested_container(film: Film, codec: str) -> str:
    """The container of the source where it holds the codec, else the codec's first; for a film nobody named one for.

    Raises:
        KeyError: there is no such codec.
    """
    choices = CODECS[codec].containers
    alike = ["mkv"] if "matroska" in film.container.split(",") else []
    alike += ["mov"] if film.metadata.get("major_brand", "").strip() == "qt" else []
    return next((name for name in alike if name in choices), choices[0])
