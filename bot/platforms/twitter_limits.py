"""What X takes, and how often."""

from __future__ import annotations

from typing import Final

from bot.platforms.protocol import Limits

LIMITS: Final = Limits(
    # Of one's own words: the names that a reply carries along do not count. Chinese, Japanese and emoji count twice.
    # https://docs.x.com/fundamentals/counting-characters
    text_length=280,
    # https://docs.x.com/x-api/media/create-media-metadata
    alt_text_length=1000,
    # "4 photos, 1 animated GIF or 1 video in a Post". This, the sizes of files, the frames of a GIF and the frame rate
    # are from https://docs.x.com/x-api/media/quickstart/best-practices (read 2026-11); of two kinds of MB, the smaller.
    photos=4,
    photo_bytes=5_000_000,
    # The largest size by which X serves a photo, beside the original; seen, not documented.
    photo_side=4096,
    gif_bytes=15_000_000,
    gif_width=1280,
    gif_height=1080,
    gif_frames=350,
    # What X took from every account for years. The page above now speaks of 20 minutes and 8 GB, and of at most
    # 1280x1024, which the same page contradicts for accounts that pay: the smaller length is safe, and so is the size.
    video_bytes=512_000_000,
    video_seconds=140.0,
    video_width=1920,
    video_height=1200,
    video_frame_rate=60,
)

MENTIONS_A_PAGE: Final = 100
"""The most: https://docs.x.com/x-api/users/get-mentions."""

MENTION_PAGES: Final = 8
"""X shows the newest 800 mentions; another page would be empty (the same page)."""

FIRST_MENTION_PAGES: Final = 4
"""Where nothing is known yet: each mention that is read is paid for, and older ones are stale anyhow."""

POSTS_A_LOOK_UP: Final = 100
"""Ids in one request: https://docs.x.com/x-api/posts/get-posts-by-ids."""

OWN_POST_PAGES: Final = 32
"""Of 100: X shows the newest 3,200 posts of an account."""

CHUNK_BYTES: Final = 4 * 1024 * 1024
"""Of an upload; X takes 5 MB: https://docs.x.com/x-api/media/append-media-upload (read 2026-11)."""

KEEP_ALIVE_SECONDS: Final = 20.0
"""Between blank lines on a stream without news: https://docs.x.com/x-api/fundamentals/consuming-streaming-data."""

SILENCE_SECONDS: Final = 30.0
"""Of a stream that is taken for dead: a keep-alive and a half."""

SECOND_STREAM_SECONDS: Final = 60.0
"""After which a stream may be tried again where X says that there is one already: it takes as long to notice an end."""

WINDOW_SECONDS: Final = 900.0
"""Of X's rate limits: what is waited for where an answer does not say until when."""

DAY_SECONDS: Final = 86_400.0
"""The longest of X's windows; a reset beyond it is a clock that is wrong."""

RETRY_SECONDS: Final = 5.0
"""After which trouble on X's side is worth another try."""
