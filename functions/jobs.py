"""The messages that cross the queue: orders are commands, results are in the past tense; both are frozen.

Pictures and films never travel in them: only the names of objects in the store.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Annotated, ClassVar, Final, Literal, TypeAlias, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from functions.errors import Rejected

VERSION: Final = 1
"""Of all messages together: whoever reads a newer one refuses it politely.

It stays as it is where wishes are added. Those that are not made are not written (`_ADDED`), so that an older worker
carries out orders without them to the same names and bytes; one that has them it refuses as "bad-message", naming the
wish, and never grants half of it. So workers are updated first, and then whoever asks. A field that changes its
meaning, or is new in a result, needs a new version.
"""

JobId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""The asker's own name for what it asks: a token of a NATS subject, and the idempotency key of the whole job."""

TraceId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""As in W3C Trace Context: one from the asker to the result, in every log line."""

ObjectName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^(inbox|work|outbox)(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}){1,4}$")
]
"""Of an object in the store; its first part decides how long it is kept."""


_FRACTION: Final = re.compile(r"^-?([0-9]{1,40}(/[1-9][0-9]{0,39})?|[0-9]{1,20}[.][0-9]{1,20})$")

_LONGEST_SECONDS: Final = 10**9

_FINEST: Final = 10**9
"""Parts of a second that a number is rounded to; a fraction is kept as it is."""


def _fraction(value: object) -> object:
    """Read a number or a fraction, and no exponent: all memory is too small for the digits of `1e999999999`."""
    if isinstance(value, str) and _FRACTION.fullmatch(value):
        return Fraction(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and -_LONGEST_SECONDS < value < _LONGEST_SECONDS:
        return Fraction(value).limit_denominator(_FINEST)
    if isinstance(value, Fraction):
        return value
    msg = "seconds are a number below a thousand million, or a number or fraction as a text, such as 12.5 or 25/2"
    raise ValueError(msg)


Seconds: TypeAlias = Annotated[
    Fraction,
    BeforeValidator(_fraction),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": -_LONGEST_SECONDS, "exclusiveMaximum": _LONGEST_SECONDS},
                {"type": "string", "pattern": _FRACTION.pattern},
            ]
        }
    ),
]
"""Of a film: a number, or a fraction as a text."""


class Message(BaseModel):
    """What all messages share: nothing can be changed, and nothing unknown is overheard."""

    model_config: ClassVar = ConfigDict(frozen=True, extra="forbid")


_ADDED: Final = Field(exclude_if=lambda value: value in (None, False, (), "copy"))
"""Marks wishes that came later than the first of version 1: one that is not made is not written."""

PictureKind: TypeAlias = Literal["jpeg", "png", "webp", "tiff", "bmp", "avif", "heic"]
"""That can be asked for."""


class Network(Message):
    """Which network is to colour."""

    name: str = "small"
    """On the shelf of whoever colours."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of its weights; a worker that has others under this name postpones the order. None takes the worker's."""
    side: Annotated[int, Field(ge=32, le=1024)] | None = None
    """Pixels; None takes the card's."""


class ImageWishes(Message):
    """How a picture is to be coloured and written."""

    kind: PictureKind | None = None
    """This and no other; None keeps the source's, or takes one of `kinds`."""
    quality: Annotated[int, Field(ge=0, le=100)] | None = None
    """Of the lossy kinds; None is what suits the kind."""
    saturation: Annotated[float, Field(ge=0, le=2)] = 1.0
    restore_tone: bool = False
    compare: bool = False
    force: bool = False
    """Colour it although it is in colour already."""
    keep_metadata: bool = True
    max_pixels: Annotated[int, Field(ge=1)] = 100_000_000
    """Of the source; a larger one is refused."""
    kinds: Annotated[tuple[PictureKind, ...], _ADDED] = ()
    """Those that the asker takes, the best first: the source's own is kept where it is among them, else it becomes the
    first that holds what the source holds. Of no account where `kind` is given; empty takes any."""
    max_side: Annotated[Annotated[int, Field(ge=16)] | None, _ADDED] = None
    """Pixels of the result's longer side; a larger one is scaled down."""
    max_bytes: Annotated[Annotated[int, Field(ge=1)] | None, _ADDED] = None
    """Of the result. A larger one loses quality, its kind where that was left open, and then pixels."""
    mark: Annotated[bool, _ADDED] = False
    """Put a small mark into the lower right corner: coloured by a machine."""


class VideoWishes(Message):
    """How a film is to be coloured and written."""

    codec: Literal["h264", "hevc", "av1", "ffv1", "prores"] = "h264"
    container: Literal["mp4", "mov", "mkv", "webm", "gif", "y4m"] | None = None
    crf: Annotated[int, Field(ge=0, le=63)] | None = None
    preset: str | None = None
    every: Annotated[int, Field(ge=1)] | None = None
    """Frames between those that the network looks at; None lets the film decide."""
    smooth: Annotated[float, Field(ge=0, le=1)] = 0.5
    saturation: Annotated[float, Field(ge=0, le=2)] = 1.0
    deinterlace: Literal["auto", "on", "off"] = "auto"
    compare: bool = False
    force: bool = False
    start: Seconds | None = None
    """Seconds from the first frame."""
    end: Seconds | None = None
    max_width: Annotated[Annotated[int, Field(ge=16)] | None, _ADDED] = None
    """Pixels of the result, either way round with `max_height`: a film is never scaled, a larger one is refused."""
    max_height: Annotated[Annotated[int, Field(ge=16)] | None, _ADDED] = None
    max_frame_rate: Annotated[Annotated[float, Field(ge=1, le=1000)] | None, _ADDED] = None
    """Frames a second, on average; a faster film is refused."""
    max_frames: Annotated[Annotated[int, Field(ge=1)] | None, _ADDED] = None
    """A film of more frames is refused."""
    max_bytes: Annotated[Annotated[int, Field(ge=1)] | None, _ADDED] = None
    """Of the result. H.264 and HEVC are written with as much quality as fits; what is too large in the end is
    refused, and so is at once what could only be written badly."""
    audio: Annotated[Literal["copy", "aac"], _ADDED] = "copy"
    """`copy` keeps the sound as it is, or without loss where the container does not hold it; `aac` writes all that is
    not AAC-LC of one or two channels as that."""
    plain: Annotated[bool, _ADDED] = False
    """8 bits and 4:2:0, whatever the source has: what every player shows."""


class Order(Message):
    """A command."""

    kind: str
    version: int = VERSION
    job_id: JobId
    trace_id: TraceId
    asked_at: AwareDatetime
    network: Network = Network()

    @property
    def message_id(self) -> str:
        """Equal for orders that are one and the same: the queue keeps the first of them."""
        return f"{self.kind}.{self.job_id}"


class ColoriseImage(Order):
    """Colour the picture `source` and put it at `target`."""

    kind: Literal["colorise-image"] = "colorise-image"
    source: ObjectName
    target: ObjectName
    wishes: ImageWishes = ImageWishes()


class SplitVideo(Order):
    """Look at the film `source`, plan it, and order its chunks; in the end the coloured film is at `target`."""

    kind: Literal["split-video"] = "split-video"
    source: ObjectName
    target: ObjectName
    wishes: VideoWishes = VideoWishes()


class ColoriseChunk(Order):
    """Colour one chunk of a planned film."""

    kind: Literal["colorise-chunk"] = "colorise-chunk"
    plan: ObjectName
    """Of what `SplitVideo` wrote: the film, its plan, the wishes, source and target."""
    chunk: Annotated[int, Field(ge=0)]

    @property
    def message_id(self) -> str:
        """One for each chunk of the job."""
        return f"{self.kind}.{self.job_id}.{self.chunk}"


class JoinVideo(Order):
    """Join a film's pieces, which are all there."""

    kind: Literal["join-video"] = "join-video"
    plan: ObjectName


class Result(Message):
    """What became of an order."""

    kind: str
    version: int = VERSION
    job_id: JobId
    trace_id: TraceId
    final: ClassVar[bool] = True
    """Whether the job is over with it."""


class ImageColorised(Result):
    """A picture is there in colour."""

    kind: Literal["image-colorised"] = "image-colorised"
    target: ObjectName
    picture_kind: str
    """`jpeg`, `png` and so on."""
    width: int
    height: int
    verdict: str
    """What the source was taken for: `grey`, `tinted` …"""
    tint: str | None = None
    """What people call the tint of a tinted source: `sepia`, `cyanotype` …"""
    notes: tuple[str, ...] = ()
    seconds: float
    """That colouring took, from bytes to bytes."""


class VideoPlanned(Result):
    """A film was looked at, and its chunks are ordered."""

    kind: Literal["video-planned"] = "video-planned"
    plan: ObjectName
    width: int
    height: int
    frames: int
    chunks: int
    finished: int
    """Chunks that were there already."""
    notes: tuple[str, ...] = ()
    final: ClassVar[bool] = False


class ChunkColorised(Result):
    """A piece of a film is there; progress, for whoever waits."""

    kind: Literal["chunk-colorised"] = "chunk-colorised"
    chunk: int
    frames: int
    inferred: int
    repeats: int
    shots: int
    damaged: tuple[int, ...] = ()
    seconds: float
    final: ClassVar[bool] = False


class VideoColorised(Result):
    """A film is there in colour."""

    kind: Literal["video-colorised"] = "video-colorised"
    target: ObjectName
    width: int
    height: int
    frames: int
    inferred: int
    repeats: int
    shots: int
    damaged: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float
    """From the first look to the joined film."""


class JobFailed(Result):
    """The job can never succeed."""

    kind: Literal["job-failed"] = "job-failed"
    order: str
    """The kind of the order that failed."""
    reason: str
    """A sentence for the person who asked."""
    code: str
    """The same for programs, such as `already-colour`."""


class Attempt(Message):
    """A try that did not end well."""

    at: AwareDatetime
    worker: str
    reason: str


class DeadLetter(Message):
    """An order that nobody can carry out, kept for the operator."""

    version: int = VERSION
    subject: str
    """It was published under."""
    data: str
    """As it was, decoded as UTF-8 with replacement marks."""
    job_id: str | None
    reason: str
    code: str
    attempts: int
    history: tuple[Attempt, ...]
    died_at: AwareDatetime


AnyOrder: TypeAlias = Annotated[ColoriseImage | SplitVideo | ColoriseChunk | JoinVideo, Field(discriminator="kind")]
AnyResult: TypeAlias = Annotated[
    ImageColorised | VideoPlanned | ChunkColorised | VideoColorised | JobFailed, Field(discriminator="kind")
]

_Kind = TypeVar("_Kind")

_ORDERS: Final[TypeAdapter[AnyOrder]] = TypeAdapter(AnyOrder)
_RESULTS: Final[TypeAdapter[AnyResult]] = TypeAdapter(AnyResult)


def parse_order(data: bytes) -> AnyOrder:
    """Read an order.

    Raises:
        Rejected: it is of a newer version ("newer-version"), or no order at all ("bad-message").
    """
    return _parsed(data, _ORDERS)


def parse_result(data: bytes) -> AnyResult:
    """Read a result.

    Raises:
        Rejected: as `parse_order` does.
    """
    return _parsed(data, _RESULTS)


def encoded(message: Message) -> bytes:
    """Write a message as it travels."""
    return message.model_dump_json(exclude_defaults=False).encode()


def _parsed(data: bytes, adapter: TypeAdapter[_Kind]) -> _Kind:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = "the message is no JSON"
        raise Rejected(msg, code="bad-message") from error
    version = fields.get("version") if isinstance(fields, dict) else None
    if isinstance(version, int) and version > VERSION:
        msg = f"the message is of version {version}, and this program knows {VERSION}: it must be updated first"
        raise Rejected(msg, code="newer-version")
    try:
        return adapter.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        msg = f"the message is not one that this program knows: {where}: {first['msg'].lower()}"
        raise Rejected(msg, code="bad-message") from error
