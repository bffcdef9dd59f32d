"""Pictures and films: those that posts show, and those that are on their way up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.fake_x.file_kinds import Facts, look_at

if TYPE_CHECKING:
    from collections.abc import Mapping


class MediaKind(StrEnum):
    """What X calls them."""

    PHOTO = "photo"
    GIF = "animated_gif"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Attached:
    """A picture or film that somebody else than the bot posts, without uploading it."""

    content: bytes
    """As it can be downloaded; X turns animations into films without sound (MP4)."""
    kind: MediaKind = MediaKind.PHOTO
    content_type: str = "image/jpeg"
    alt_text: str | None = None
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    shown: bool = True
    """Whether X gives an address of it."""


@dataclass(slots=True)
class Medium:
    """A picture or film that a post can show."""

    id: int
    key: str
    kind: MediaKind
    content: bytes
    content_type: str
    name: str
    """Of its file on X's servers of files, without suffix."""
    alt_text: str | None = None
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Category:
    """What an upload may be."""

    kind: MediaKind
    key_prefix: int
    """Of the media key."""
    types: tuple[str, ...]
    most_bytes: int
    processed: bool


CATEGORIES: Final[Mapping[str, Category]] = {
    "tweet_image": Category(
        MediaKind.PHOTO, 3, ("image/jpeg", "image/png", "image/webp"), 5 * 1024 * 1024, processed=False
    ),
    "tweet_gif": Category(MediaKind.GIF, 16, ("image/gif",), 15 * 1024 * 1024, processed=True),
    "tweet_video": Category(MediaKind.VIDEO, 7, ("video/mp4",), 512 * 1024 * 1024, processed=True),
    "amplify_video": Category(MediaKind.VIDEO, 13, ("video/mp4",), 512 * 1024 * 1024, processed=True),
}
"""https://docs.x.com/x-api/media/quickstart/best-practices (read 2026-11)."""

GIF_WIDTH: Final = 1280
GIF_HEIGHT: Final = 1080
GIF_FRAMES: Final = 350
VIDEO_MS: Final = 140_000
CHUNK_BYTES: Final = 5 * 1024 * 1024
ALT_TEXT_LENGTH: Final = 1000


@dataclass(slots=True)
class Upload:
    """Something on its way up."""

    id: int
    owner: str
    category: str
    media_type: str
    total_bytes: int
    expires_at: float
    segments: dict[int, bytes] = field(default_factory=dict)
    state: str = "open"
    """open, pending, in_progress, succeeded, failed."""
    checks_left: int = 0
    alt_text: str | None = None
    error: str | None = None
    used: bool = False
    facts: Facts | None = None

    @property
    def key(self) -> str:
        """Its media key."""
        return f"{CATEGORIES[self.category].key_prefix}_{self.id}"

    @property
    def kind(self) -> MediaKind:
        """As what it is shown."""
        return CATEGORIES[self.category].kind

    @property
    def content(self) -> bytes:
        """All segments, in order."""
        return b"".join(self.segments[index] for index in sorted(self.segments))

    def examine(self) -> str | None:
        """Look at the whole file, and say what is wrong with it."""
        self.facts = facts = look_at(self.content)
        category = CATEGORIES[self.category]
        if facts is None or facts.content_type not in category.types or facts.content_type != self.media_type:
            return "media type unrecognized."
        if category.kind is MediaKind.GIF and (facts.width > GIF_WIDTH or facts.height > GIF_HEIGHT):
            return f"Gif dimensions {facts.width}x{facts.height} exceed the maximum of {GIF_WIDTH}x{GIF_HEIGHT}"
        if category.kind is MediaKind.GIF and facts.frames > GIF_FRAMES:
            return f"Gif has {facts.frames} frames, more than {GIF_FRAMES}"
        if facts.duration_ms > VIDEO_MS:
            return (
                f"Duration {facts.duration_ms // 60000}.minutes+{facts.duration_ms // 1000 % 60}.seconds exceeds max "
                "duration of 2.minutes+20.seconds"
            )
        return None


class MediaShelf:
    """All pictures and films."""

    def __init__(self) -> None:
        self.uploads: dict[int, Upload] = {}
        self.by_key: dict[str, Medium] = {}
        self._by_name: dict[str, Medium] = {}

    def attach(self, identity: int, attached: Attached) -> Medium:
        """Keep what somebody posts."""
        facts = look_at(attached.content) or Facts(attached.content_type)
        prefix = {MediaKind.PHOTO: 3, MediaKind.GIF: 16, MediaKind.VIDEO: 7}[attached.kind]
        return self._keep(
            Medium(
                identity,
                f"{prefix}_{identity}",
                attached.kind,
                attached.content,
                attached.content_type,
                _file_name(),
                attached.alt_text,
                attached.width if attached.width is not None else facts.width,
                attached.height if attached.height is not None else facts.height,
                attached.duration_ms if attached.duration_ms is not None else facts.duration_ms,
                attached.shown,
            )
        )

    def use(self, upload: Upload) -> Medium:
        """Turn a finished upload into what a post shows."""
        upload.used = True
        facts = upload.facts or Facts(upload.media_type)
        if upload.key in self.by_key:
            return self.by_key[upload.key]
        return self._keep(
            Medium(
                upload.id,
                upload.key,
                upload.kind,
                upload.content,
                facts.content_type,
                _file_name(),
                upload.alt_text,
                facts.width,
                facts.height,
                facts.duration_ms,
            )
        )

    def file(self, name: str) -> Medium | None:
        """Find a file by its name on the servers of files."""
        return self._by_name.get(name)

    def find(self, identity: str) -> Medium | Upload | None:
        """Find by media key, or by id."""
        if identity in self.by_key:
            return self.by_key[identity]
        return self.uploads.get(int(identity.rpartition("_")[2] or 0))

    def _keep(self, medium: Medium) -> Medium:
        self.by_key[medium.key] = medium
        self._by_name[medium.name] = medium
        return medium


def _file_name() -> str:
    return secrets.token_urlsafe(11).replace("_", "x").replace("-", "X")
