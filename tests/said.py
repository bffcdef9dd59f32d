"""Mentions, and what there is to know about them, for the tests of what the bot makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.platforms.protocol import Account, Attachment, AttachmentKind, Limits, Mention, Missing, Post
from bot.policy import Known, Origin, Rules

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ME = Account(id="1", username="colorisebot")
ASKER = Account(id="2", username="grandchild")
AUTHOR = Account(id="3", username="grandma")
LIMITS = Limits(
    text_length=280, alt_text_length=1000, photos=4, photo_bytes=5_000_000, photo_side=8192, gif_bytes=15_000_000,
    gif_width=1280, gif_height=1080, gif_frames=350, video_bytes=512_000_000, video_seconds=140, video_width=1920,
    video_height=1920, video_frame_rate=60,
)  # fmt: skip
RULES = Rules(max_age=timedelta(hours=6), per_hour=5, per_conversation=3, max_seconds=100)
KNOWN = Known(me=ME, now=NOW, limits=LIMITS)

PHOTO = Attachment(key="p1", kind=AttachmentKind.PHOTO, url="https://media.example/p1.jpg")
PHOTOS = tuple(replace(PHOTO, key=f"p{n}") for n in range(1, 7))
FILM = Attachment(key="v1", kind=AttachmentKind.VIDEO, url="https://media.example/v1.mp4", seconds=20)
GIF = Attachment(key="g1", kind=AttachmentKind.GIF, url="https://media.example/g1.mp4")
ORIGIN = Origin(asker=ASKER.id, source_post="20", attachments=(PHOTO,), saturation=1.0, compare=False)

THEIRS = Post(
    id="20",
    author=AUTHOR,
    text="Mum, 1951",
    posted_at=NOW - timedelta(days=900),
    conversation="20",
    attachments=(PHOTO,),
)
NAMING_US = replace(THEIRS, text="@colorisebot please", mentions=frozenset({ME.id}))
OURS = Post(
    id="30", author=ME, text="Here it is.", posted_at=NOW - timedelta(hours=1), conversation="20", attachments=(PHOTO,)
)


def mention(
    text: str = "@colorisebot please",
    *attachments: Attachment,
    to: Post | Missing | None = None,
    author: Account = ASKER,
    age: timedelta = timedelta(minutes=1),
    named: bool = True,
) -> Mention:
    post = Post(
        id="40", author=author, text=text, posted_at=NOW - age, conversation="20", attachments=attachments,
        mentions=frozenset({ME.id}) if named else frozenset(),
    )  # fmt: skip
    return Mention(post, replied_to=to)


def origin_of(**others: Any) -> Known:
    """What is known of a reply to an answer of the bot's."""
    return replace(KNOWN, origin=replace(ORIGIN, **others))
