"""Claims about the parts of `colorise drill bot` that need no bot: its pictures, its cast, how it judges replies."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from cli.drill_bot_cast import SHARES, cast_of, mentions_in
from cli.drill_bot_casting import MAX_AGE, Casting
from cli.drill_bot_checks import add_counts
from cli.drill_bot_control import FakeControl, Seen
from cli.drill_bot_pictures import Look, Picture, alike, chroma_in, code_in, code_of, frames_in, luma_of
from cli.drill_bot_play import Play, moment_of
from cli.drill_bot_scenes import NOTHING, Act, Expected, Scene, Share
from cli.drill_bot_secrets import found_in
from cli.drill_bot_views import photo_seen
from cli.drill_report import DrillReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from functions.color.color_space import Pixels

ASKED, OTHER = str((1_900_000_000_000 - 1_288_834_974_657) << 22), "2"


def pixels_of(data: bytes) -> Pixels:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    pixels: Pixels = decoded.astype(np.uint8)
    return pixels


def casting() -> Casting:
    return Casting(Random(4))  # noqa: S311 - the same cast each time


def coloured(picture: Picture, quality: int = 80) -> bytes:
    pixels = pixels_of(picture.content()).astype(np.float32) * np.array([0.7, 0.95, 1.1], np.float32)
    written, data = cv2.imencode(".jpg", np.clip(pixels, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert written
    return data.tobytes()


@pytest.mark.parametrize("look", [Look.GREY, Look.SEPIA, Look.PNG])
def test_a_picture_s_number_is_read_from_its_luma_whatever_its_size(look: Look) -> None:
    for number in range(60):
        luma = luma_of(pixels_of(Picture(number, look).content()))
        assert code_in(luma) == code_of(number)
        assert code_in(cv2.resize(luma, (90, 70)).astype(np.uint8)) == code_of(number)


def test_no_two_pictures_of_a_long_drill_have_the_same_code() -> None:
    assert len({code_of(number) for number in range(100_000)}) == 100_000


def test_a_clip_is_like_itself_and_like_no_other() -> None:
    first, second = (frames_in(Picture(number, Look.CLIP).content(), "mp4") for number in (1, 2))
    assert len(first) == Picture(1, Look.CLIP).frames
    assert alike(luma_of(first[0]), luma_of(first[-1])) > alike(luma_of(first[0]), luma_of(second[0]))


def test_a_reply_passes_that_shows_the_picture_in_colour() -> None:
    chroma, faults = photo_seen(Picture(5), coloured(Picture(5)), "photo", beside=False)
    assert faults == []
    assert chroma > 3


@pytest.mark.parametrize(
    ("data", "kind", "fault"),
    [
        (coloured(Picture(6)), "photo", "another picture"),
        (Picture(5).content(), "photo", "grey"),
        (b"\xff\xd8", "photo", "no photo"),
        (coloured(Picture(5)), "video", "no photo"),
    ],
)
def test_a_reply_fails_that_shows_something_else(data: bytes, kind: str, fault: str) -> None:
    _, faults = photo_seen(Picture(5), data, kind, beside=False)
    assert fault in "; ".join(faults)


def test_a_comparison_fails_without_the_original_in_grey() -> None:
    _, faults = photo_seen(Picture(5), coloured(Picture(5)), "photo", beside=True)
    assert "the original is not beside it" in faults
    left, right = (pixels_of(data) for data in (Picture(5).content(), coloured(Picture(5), 95)))
    _, data = cv2.imencode(".png", np.hstack([left, right]))
    assert photo_seen(Picture(5), data.tobytes(), "photo", beside=True)[1] == []
    assert chroma_in(left) < 1


@pytest.mark.parametrize("mentions", [60, 300])
def test_every_kind_of_scene_is_in_the_cast_and_the_same_seed_casts_the_same(mentions: int) -> None:
    scenes, again = (cast_of(mentions, casting()) for _ in range(2))
    kinds = {build(casting()).kind for build in SHARES}
    assert kinds <= {scene.kind for scene in scenes}
    assert sum(map(mentions_in, scenes)) >= mentions
    assert scenes == again


def test_no_two_scenes_share_people_or_pictures() -> None:
    people: set[str] = set()
    numbers: set[int] = set()
    for scene in cast_of(300, casting()):
        authors = {act.author for act in scene.acts if act.author}
        assert not people & authors
        assert all(len(author) <= 15 for author in authors)
        people |= authors
        shown = {picture.number for act in scene.acts for picture in act.pictures}
        assert not numbers & shown
        numbers |= shown


@pytest.fixture
def control() -> Iterator[FakeControl]:
    made = FakeControl("http://127.0.0.1:9", "nobody listens")
    yield made
    made.close()


def play_of(
    control: FakeControl, scene: Scene, replies: list[tuple[str, tuple[str, ...]]], *, late: bool = False
) -> Play:
    """A play whose acts have the ids ASKED, ASKED + 1 and so on, and in which the bot has said so much."""
    play = Play(control, "bot")
    ids: list[str | None] = [str(int(ASKED) + place) for place in range(len(scene.acts))]
    for identity, act in zip(ids, scene.acts, strict=True):
        play.add(scene, act, str(identity), told_at=datetime.now(UTC))
    play.scenes.append((scene, ids))
    at = moment_of(ASKED) + (MAX_AGE + timedelta(seconds=1) if late else timedelta(seconds=1))
    for number, (mention, media) in enumerate(replies):
        play.keep([*play.seen.values(), Seen(f"r{number}", "said", at, mention, media)])
    return play


def broken(play: Play) -> list[str]:
    report = DrillReport("test")
    add_counts(report, play)
    return [promise.name for promise in report.promises if not promise.kept]


PHOTO = Scene("photo", (Act("p_1", "please", expected=Expected(pictures=(Picture(1),))),))
SILENT = Scene("thanks", (Act("p_1", "thanks", expected=NOTHING),))
SHARED = Scene("limit", tuple(replace(PHOTO.acts[0], expected=None) for _ in range(3)), share=Share(1, in_words=1))
NEXT = str(int(ASKED) + 1)


def test_what_is_owed_and_given_breaks_no_promise(control: FakeControl) -> None:
    assert broken(play_of(control, PHOTO, [(ASKED, ("m",))])) == []
    assert broken(play_of(control, SILENT, [])) == []
    assert broken(play_of(control, SHARED, [(ASKED, ("m",)), (NEXT, ())])) == []


@pytest.mark.parametrize(
    ("scene", "replies", "late", "promise"),
    [
        (PHOTO, [], False, "every deserving mention is answered"),
        (PHOTO, [(ASKED, ("m",)), (ASKED, ("m",))], False, "none is answered twice"),
        (SILENT, [(ASKED, ())], False, "nobody else is answered"),
        (PHOTO, [(ASKED, ("m",)), (OTHER, ())], False, "nobody else is answered"),
        (SHARED, [(ASKED, ("m",)), (NEXT, ("m",))], False, "limits for a person hold"),
        (PHOTO, [(ASKED, ("m",))], True, "no mention is answered that is too old"),
    ],
)
def test_a_broken_promise_is_found(
    control: FakeControl, scene: Scene, replies: list[tuple[str, tuple[str, ...]]], *, late: bool, promise: str
) -> None:
    assert promise in broken(play_of(control, scene, replies, late=late))


def test_an_answer_that_is_gone_although_nobody_asked_for_that_breaks_a_promise(control: FakeControl) -> None:
    play = play_of(control, PHOTO, [(ASKED, ("m",))])
    play.there.clear()
    assert broken(play) == ["what is deleted is what was asked for"]


def test_a_token_is_found_as_it_is_in_an_address_and_in_base64(tmp_path: Path) -> None:
    secret = "19-drill/Token+0123456789abcdef"  # noqa: S105 - made up
    files = []
    for number, text in enumerate(
        (
            f"Authorization: {secret}",
            "oauth_token=19-drill%2FToken%2B0123456789abcdef&x",
            *(base64.b64encode(b"a" * before + secret.encode() + b"zz").decode() for before in range(3)),
            "nothing of the kind",
        )
    ):
        files.append(tmp_path / str(number))
        files[-1].write_text(text)
    assert list(found_in(files, {"token": secret})) == [f"token in {path}" for path in files[:-1]]
