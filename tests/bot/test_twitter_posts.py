"""How X's JSON is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.platforms.protocol import AttachmentKind, Missing, Post
from bot.platforms.twitter_attachments import attachment
from bot.platforms.twitter_limits import LIMITS
from bot.platforms.twitter_posts import NotReadError, Shelf, posted

TWEET: dict[str, Any] = {
    "id": "20",
    "author_id": "7",
    "text": "@colorisebot please https://t.co/abc",
    "created_at": "2026-11-05T12:00:00.000Z",
    "conversation_id": "10",
    "attachments": {"media_keys": ["3_1", "3_2"]},
    "entities": {
        "mentions": [{"start": 0, "end": 12, "username": "colorisebot", "id": "42"}],
        "urls": [{"url": "https://t.co/abc", "media_key": "3_1"}],
    },
    "referenced_tweets": [{"type": "replied_to", "id": "10"}],
}
PARENT = {"id": "10", "author_id": "8", "text": "our street", "created_at": "2026-11-05T11:00:00.000Z"}
USERS = [{"id": "7", "username": "alice"}, {"id": "8", "username": "carol", "protected": False}]
MEDIA = [{"media_key": "3_2", "type": "photo", "url": "https://pbs.twimg.com/media/2.jpg", "alt_text": "two"}]


def shelf(**includes: Any) -> Shelf:
    made = Shelf()
    made.put({"data": [TWEET], "includes": includes})
    return made


def test_what_belongs_together_is_found_by_its_ids() -> None:
    found = shelf(users=USERS, media=MEDIA, tweets=[PARENT]).mention(TWEET)
    assert found.post.author.username == "alice"
    assert found.post.posted_at == datetime(2026, 11, 5, 12, tzinfo=UTC)
    assert (found.post.text, found.post.conversation) == ("@colorisebot please", "10")
    assert found.post.mentions == {"42"}
    assert [each.alt_text for each in found.post.attachments] == ["two"]
    assert isinstance(found.replied_to, Post)
    assert found.replied_to.author.username == "carol"
    assert found.replied_to.conversation == "10"


def test_a_parent_without_its_media_is_asked_for_again() -> None:
    with_photo = {**PARENT, "attachments": {"media_keys": ["3_9"]}}
    assert shelf(tweets=[with_photo]).lacking([TWEET]) == ["10"]
    assert shelf().lacking([TWEET]) == ["10"]
    assert shelf(tweets=[PARENT]).lacking([TWEET]) == []
    whole = shelf(tweets=[with_photo])
    whole.put({"data": with_photo, "includes": {"media": [{"media_key": "3_9", "type": "photo"}]}})
    assert whole.lacking([TWEET]) == []


@pytest.mark.parametrize(
    ("kind", "why"), [("resource-not-found", "gone"), ("not-authorized-for-resource", "protected"), ("other", "gone")]
)
def test_a_parent_that_is_not_shown_is_missing_and_not_asked_for_again(kind: str, why: str) -> None:
    made = shelf()
    made.put({"errors": [{"resource_type": "tweet", "resource_id": "10", "type": f"https://x/{kind}"}]})
    assert made.lacking([TWEET]) == []
    missing = made.mention(TWEET).replied_to
    assert isinstance(missing, Missing)
    assert (missing.id, missing.why) == ("10", why)


def test_a_parent_of_which_nothing_is_known_is_gone() -> None:
    assert shelf().mention(TWEET).replied_to == Missing("10", "gone")


def test_errors_about_accounts_are_none_about_posts() -> None:
    made = shelf()
    made.put({"errors": [{"resource_type": "user", "resource_id": "10", "type": "https://x/resource-not-found"}]})
    assert made.lacking([TWEET]) == ["10"]


def test_an_author_who_did_not_come_along_is_known_by_id() -> None:
    assert shelf().mention(TWEET).post.author.id == "7"


def test_the_whole_of_a_long_post_is_read_with_the_names_in_it() -> None:
    note = {"text": "x" * 300 + " @colorisebot &lt;3", "entities": {"mentions": [{"username": "c", "id": "42"}]}}
    long = {**TWEET, "text": "x" * 270 + "…", "entities": {}, "note_tweet": note}
    found = Shelf().mention(long)
    assert found.post.text.endswith("@colorisebot <3")
    assert found.post.mentions == {"42"}


def test_links_that_were_typed_stay() -> None:
    links = [{"url": "https://t.co/abc", "expanded_url": "https://example.com/status/99"}]
    assert Shelf().mention({**TWEET, "entities": {"urls": links}}).post.text.endswith("https://t.co/abc")


def test_the_link_to_a_quoted_post_goes() -> None:
    quote = {
        **TWEET,
        "referenced_tweets": [{"type": "quoted", "id": "99"}],
        "entities": {"urls": [{"url": "https://t.co/abc", "expanded_url": "https://x.com/carol/status/99"}]},
    }
    found = Shelf().mention(quote)
    assert (found.post.text, found.is_quote, found.replied_to) == ("@colorisebot please", True, None)


@pytest.mark.parametrize(
    "broken",
    [
        {"created_at": "yesterday"},
        {"created_at": None},
        {"author_id": None, "text": None},
        {"attachments": "none"},
        {"entities": {"mentions": [{"id": "1"}]}, "text": 7, "created_at": 7},
    ],
)
def test_a_post_that_is_not_as_described_is_said_to_be_so(broken: dict[str, Any]) -> None:
    with pytest.raises(NotReadError, match="the post 20"):
        Shelf().mention({**TWEET, **broken})
    if "created_at" in broken:
        with pytest.raises(NotReadError, match="the post 20"):
            posted({**TWEET, **broken})


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": [7, None, {}]}, {"includes": None, "errors": "x"}])
def test_answers_with_holes_are_read_as_far_as_they_go(answer: dict[str, Any]) -> None:
    made = Shelf()
    made.put(answer)
    assert made.posts == {}


def variant(bit_rate: int, name: str, content_type: str = "video/mp4") -> dict[str, Any]:
    return {"bit_rate": bit_rate, "content_type": content_type, "url": f"https://video.twimg.com/{name}.mp4"}


VIDEO = {"media_key": "7_1", "type": "video", "duration_ms": 10_000, "width": 1280, "height": 720}


def test_of_a_film_the_best_is_taken_that_is_not_too_large() -> None:
    variants = [
        {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/a.m3u8"},
        variant(632_000, "small"),
        variant(2_176_000, "good"),
        variant(950_000, "middle"),
    ]
    found = attachment({**VIDEO, "variants": variants})
    assert found.url == "https://video.twimg.com/good.mp4"
    assert (found.kind, found.content_type, found.seconds) == (AttachmentKind.VIDEO, "video/mp4", 10.0)
    assert (found.width, found.height) == (1280, 720)
    long_seconds = LIMITS.video_bytes * 8 / 1_000_000  # so long that what fits has less than 1 Mbit/s
    found = attachment({**VIDEO, "duration_ms": long_seconds * 1000, "variants": variants})
    assert found.url == "https://video.twimg.com/middle.mp4"
    found = attachment({**VIDEO, "duration_ms": long_seconds * 1e6, "variants": variants})
    assert found.url == "https://video.twimg.com/small.mp4"


def test_an_animation_is_the_film_that_x_made_of_it() -> None:
    gif = {"media_key": "16_1", "type": "animated_gif", "variants": [variant(0, "gif")]}
    found = attachment(gif)
    assert (found.kind, found.url, found.seconds) == (AttachmentKind.GIF, "https://video.twimg.com/gif.mp4", None)


@pytest.mark.parametrize("variants", [None, [], [{"content_type": "application/x-mpegURL", "url": "https://x"}]])
def test_a_film_that_x_does_not_show_has_no_address(variants: Any) -> None:
    assert attachment({**VIDEO, "variants": variants}).url is None
