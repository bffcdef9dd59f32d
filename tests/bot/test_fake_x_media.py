"""Uploads to a fake X, in three steps and with commands."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tweepy
from PIL import Image

from bot.fake_x import FakeXServer, FaultKind
from bot.fake_x.file_kinds import look_at
from tests.clips import Clip, made
from tests.fakes.x_api import BOT, client, running_x

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

UPLOAD = "https://api.x.com/2/media/upload"


def picture(kind: str = "jpeg", size: tuple[int, int] = (48, 32)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (90, 120, 60)).save(file, kind)
    return file.getvalue()


def animation(frames: int = 3, size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    images = [Image.fromarray(np.full((size[1], size[0]), number % 256, np.uint8)) for number in range(frames)]
    images[0].save(file, "gif", save_all=True, append_images=images[1:])
    return file.getvalue()


@pytest.fixture
def server() -> Iterator[FakeXServer]:
    with running_x() as running:
        yield running


class Uploader:
    """Uploads as X documents it, on tweepy's session and with its signatures."""

    def __init__(self, server: FakeXServer) -> None:
        self.client = client(server)
        keys = server.fake.credentials(BOT)
        self.auth = tweepy.OAuth1UserHandler(
            keys.consumer_key, keys.consumer_secret, keys.access_token, keys.access_token_secret
        ).apply_auth()

    def ask(self, method: str, url: str, **given: Any) -> requests.Response:
        response: requests.Response = self.client.session.request(method, url, auth=self.auth, **given)
        return response

    def begin(self, content: bytes, category: str, media_type: str) -> requests.Response:
        order = {"media_type": media_type, "total_bytes": len(content), "media_category": category}
        return self.ask("POST", f"{UPLOAD}/initialize", json=order)

    def append(self, media_id: str, index: int, chunk: bytes) -> requests.Response:
        return self.ask(
            "POST", f"{UPLOAD}/{media_id}/append", data={"segment_index": str(index)}, files={"media": ("chunk", chunk)}
        )

    def finish(self, media_id: str) -> requests.Response:
        return self.ask("POST", f"{UPLOAD}/{media_id}/finalize")

    def status(self, media_id: str) -> requests.Response:
        return self.ask("GET", UPLOAD, params={"command": "STATUS", "media_id": media_id})

    def upload(self, content: bytes, category: str, media_type: str) -> str:
        begun = self.begin(content, category, media_type)
        assert begun.status_code == 200, begun.text
        media_id = begun.json()["data"]["id"]
        for index in range(0, len(content), 1000):
            assert self.append(media_id, index // 1000, content[index : index + 1000]).ok
        finished = self.finish(media_id)
        assert finished.ok, finished.text
        if "processing_info" in finished.json()["data"]:
            while self.status(media_id).json()["data"]["processing_info"]["state"] == "in_progress":
                pass
        return str(media_id)


@pytest.fixture
def up(server: FakeXServer) -> Uploader:
    return Uploader(server)


def message(response: requests.Response) -> str:
    assert response.status_code == 400
    body = response.json()
    assert body["type"] == "https://api.twitter.com/2/problems/invalid-request"
    return str(body["errors"][0]["message"])


def test_a_picture_arrives_whole_with_its_alt_text(server: FakeXServer, up: Uploader) -> None:
    content = picture("png", (300, 200))
    media_id = up.upload(content, "tweet_image", "image/png")
    described = up.ask(
        "POST",
        "https://api.x.com/2/media/metadata",
        json={"id": media_id, "metadata": {"alt_text": {"text": "a meadow"}}},
    )
    assert described.json()["data"]["associated_metadata"]["alt_text"] == {"text": "a meadow"}
    posted = up.client.create_tweet(text="here", media_ids=[media_id])
    assert posted.data["text"].startswith("here https://t.co/")
    (post,) = server.fake.posts_by(BOT)
    kept = server.fake.media(post.media[0])
    assert (kept.content, kept.content_type, kept.kind, kept.alt_text) == (content, "image/png", "photo", "a meadow")
    shown = up.client.get_tweet(
        posted.data["id"], user_auth=True, expansions="attachments.media_keys", media_fields="alt_text,width,height"
    ).includes["media"][0]
    assert (shown["alt_text"], shown["width"], shown["height"]) == ("a meadow", 300, 200)


def test_a_film_is_worked_on_before_it_can_be_posted(up: Uploader) -> None:
    content = made(Clip())
    begun = up.begin(content, "tweet_video", "video/mp4").json()["data"]
    assert begun["media_key"] == f"7_{begun['id']}"
    up.append(begun["id"], 0, content)
    finished = up.finish(begun["id"]).json()["data"]
    assert finished["processing_info"] == {"state": "pending", "check_after_secs": 1}
    with pytest.raises(tweepy.BadRequest, match="media IDs are invalid"):
        up.client.create_tweet(text="early", media_ids=[begun["id"]])
    states = [up.status(begun["id"]).json()["data"]["processing_info"]["state"] for _ in range(3)]
    assert states == ["in_progress", "succeeded", "succeeded"]
    posted = up.client.create_tweet(text="here", media_ids=[begun["id"]])
    video = up.client.get_tweet(
        posted.data["id"], user_auth=True, expansions="attachments.media_keys", media_fields="duration_ms,width,height"
    ).includes["media"][0]
    assert (video["type"], video["width"], video["height"], video["duration_ms"]) == ("video", 96, 64, 960)


def test_a_picture_has_no_status(up: Uploader) -> None:
    media_id = up.upload(picture(), "tweet_image", "image/jpeg")
    assert message(up.status(media_id)) == "BadRequest: Not found"


def test_segments_may_come_again_and_in_any_order(server: FakeXServer, up: Uploader) -> None:
    content = picture("png", (200, 200))
    half = len(content) // 2
    media_id = up.begin(content, "tweet_image", "image/png").json()["data"]["id"]
    for index, chunk in ((1, content[half:]), (0, content[:half]), (0, content[:half])):
        up.append(media_id, index, chunk)
    assert up.finish(media_id).ok
    assert up.finish(media_id).ok, "to end it again changes nothing"
    assert server.fake.media(media_id).content == content


@pytest.mark.parametrize(
    ("segments", "said"),
    [({0: b"1234"}, "do not add up"), ({0: b"12", 2: b"345678"}, "do not add up"), ({}, "do not add up")],
)
def test_a_total_that_does_not_match_is_refused(up: Uploader, segments: dict[int, bytes], said: str) -> None:
    media_id = up.begin(b"12345678", "tweet_image", "image/jpeg").json()["data"]["id"]
    for index, chunk in segments.items():
        up.append(media_id, index, chunk)
    assert said in message(up.finish(media_id))


@pytest.mark.parametrize(
    ("category", "media_type", "content"),
    [
        ("tweet_image", "image/jpeg", b"nothing that is known"),
        ("tweet_image", "image/jpeg", picture("png")),
        ("tweet_image", "image/png", animation()),
    ],
)
def test_a_picture_that_is_not_what_it_was_said_to_be_is_refused(
    up: Uploader, category: str, media_type: str, content: bytes
) -> None:
    media_id = up.begin(content, category, media_type).json()["data"]["id"]
    up.append(media_id, 0, content)
    assert message(up.finish(media_id)) == "media type unrecognized."
    with pytest.raises(tweepy.BadRequest, match="media IDs are invalid"):
        up.client.create_tweet(text="here", media_ids=[media_id])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (animation(351), "351 frames"),
        (animation(2, (1281, 4)), "1281x4"),
        (b"GIF89a" + bytes(20), None),
        (picture(), "unrecognized"),
    ],
)
def test_a_bad_animation_fails_while_it_is_worked_on(up: Uploader, content: bytes, said: str | None) -> None:
    media_id = up.upload(content, "tweet_gif", "image/gif")
    info = up.status(media_id).json()["data"]["processing_info"]
    if said is None:
        assert info["state"] == "succeeded"
    else:
        assert info["state"] == "failed"
        assert info["error"]["name"] == "InvalidMedia"
        assert said in info["error"]["message"]


def test_a_film_longer_than_140_seconds_fails(up: Uploader) -> None:
    content = made(Clip(frames=36, width=16, height=16, rate=Clip().rate / 100))
    facts = look_at(content)
    assert facts
    assert facts.duration_ms > 140_000
    media_id = up.upload(content, "tweet_video", "video/mp4")
    assert "exceeds max" in up.status(media_id).json()["data"]["processing_info"]["error"]["message"]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"media_category": "tweet_image", "media_type": "video/mp4", "total_bytes": 9}, r"$.media_type"),
        ({"media_category": "picture", "media_type": "image/jpeg", "total_bytes": 9}, r"$.media_category"),
        ({"media_category": "tweet_image", "media_type": "image/jpeg", "total_bytes": 0}, r"$.total_bytes"),
        ({"media_category": "tweet_image", "media_type": "image/jpeg", "total_bytes": 5_242_881}, "File size exceeds"),
        ({"media_category": "tweet_gif", "media_type": "image/gif", "total_bytes": 15_728_641}, "File size exceeds"),
    ],
)
def test_what_cannot_be_uploaded_is_refused_at_once(up: Uploader, order: dict[str, object], said: str) -> None:
    assert said in message(up.ask("POST", f"{UPLOAD}/initialize", json=order))


def test_four_photos_go_on_a_post_and_not_five_nor_mixed_kinds(server: FakeXServer, up: Uploader) -> None:
    photos = [up.upload(picture(size=(8, 8 + number)), "tweet_image", "image/jpeg") for number in range(5)]
    gif = up.upload(animation(), "tweet_gif", "image/gif")
    for wrong in (photos, [photos[0], gif], [gif, gif]):
        with pytest.raises(tweepy.BadRequest):
            up.client.create_tweet(text="here", media_ids=wrong)
    up.client.create_tweet(text="four", media_ids=photos[:4])
    up.client.create_tweet(text="one", media_ids=[gif])
    four, one = server.fake.posts_by(BOT)
    assert (len(four.media), len(one.media)) == (4, 1)


def test_media_of_somebody_else_or_unknown_or_too_old_are_refused(server: FakeXServer, up: Uploader) -> None:
    media_id = up.upload(picture(), "tweet_image", "image/jpeg")
    for who, wrong in (("anna", media_id), (BOT, "123"), (BOT, "abc")):
        with pytest.raises(tweepy.BadRequest, match="media IDs are invalid") as refused:
            client(server, who).create_tweet(text="here", media_ids=[wrong])
        assert refused.value.response.json()["errors"][0]["parameters"] == {"media.media_ids": [wrong]}
    server.fake.forward(86_401)
    with pytest.raises(tweepy.BadRequest, match="media IDs are invalid"):
        up.client.create_tweet(text="here", media_ids=[media_id])
    assert message(up.append(media_id, 0, b"1")) == "Invalid media_id."


def test_alt_text_is_1000_characters_at_most(server: FakeXServer, up: Uploader) -> None:
    media_id = up.upload(picture(), "tweet_image", "image/jpeg")
    for length, status in ((1000, 200), (1001, 400), (0, 400)):
        body = {"id": media_id, "metadata": {"alt_text": {"text": "a" * length}}}
        assert up.ask("POST", "https://api.x.com/2/media/metadata", json=body).status_code == status
    assert server.fake.media(media_id).alt_text == "a" * 1000


def test_processing_fails_when_told_to(server: FakeXServer, up: Uploader) -> None:
    server.fake.set_fault("upload", FaultKind.PROCESSING_FAILED, times=1)
    media_id = up.upload(animation(), "tweet_gif", "image/gif")
    assert up.status(media_id).json()["data"]["processing_info"]["state"] == "failed"
    up.upload(animation(), "tweet_gif", "image/gif")


def test_the_one_address_with_commands_does_the_same(server: FakeXServer, up: Uploader) -> None:
    content = picture()
    order = {
        "command": "INIT",
        "media_type": "image/jpeg",
        "total_bytes": len(content),
        "media_category": "tweet_image",
    }
    media_id = up.ask("POST", UPLOAD, data=order).json()["data"]["id"]
    appended = {"command": "APPEND", "media_id": media_id, "segment_index": "0"}
    assert up.ask("POST", UPLOAD, data=appended, files={"media": content}).ok
    assert up.ask("POST", UPLOAD, data={"command": "FINALIZE", "media_id": media_id}).ok
    assert server.fake.media(media_id).state == "succeeded"
    at_once = up.ask("POST", UPLOAD, data={"media_category": "tweet_image"}, files={"media": content}).json()["data"]
    assert server.fake.media(at_once["id"]).content == content


def test_uploads_need_an_account(up: Uploader) -> None:
    with pytest.raises(tweepy.Forbidden, match="Application-Only is forbidden"):
        up.client.request("POST", "/2/media/upload/initialize", json={})
