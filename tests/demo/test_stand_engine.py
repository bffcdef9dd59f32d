"""The stand with the real engine: a photo and a clip from the first byte to their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from functions.color.color_space import luma_of
from functions.colorise.chunk_handler import ChunkHandler
from functions.colorise.handler import ImageHandler
from functions.video_split.handlers import JoinHandler, SplitHandler
from tests.demo.stand_world import grey_jpeg, standing
from tests.engines import small_engine
from tests.grey_films import color_film, grey_film

if TYPE_CHECKING:
    from pathlib import Path

    from functions.outcome import Handlers
    from functions.stores.protocol import ObjectStore
    from tests.pictures import Bytes

MOST = 50_000_000


def real(store: ObjectStore) -> Handlers:
    engine = small_engine()
    return {
        "colorise-image": ImageHandler(store, engine),
        "colorise-chunk": ChunkHandler(store, engine),
        "split-video": SplitHandler(store, max_bytes=MOST),
        "join-video": JoinHandler(store),
    }


def read(data: bytes) -> Bytes:
    pixels: Bytes | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels


async def test_a_photo_gets_colours_at_the_luma_that_the_grey_one_shows() -> None:
    async with standing(handlers=real) as world:
        _, done = await world.coloured(grey_jpeg(180, 240))
        before, after = [read((await world.client.get(done[name])).content) for name in ("before", "after")]
        assert before.shape == after.shape == (180, 240, 3)
        assert np.ptp(after, axis=2).mean() > 3
        assert np.abs(luma_of(before).astype(float) - luma_of(after)).mean() < 3
        assert done["notes"] == []


async def test_a_picture_in_colour_is_refused_in_words() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (4, 4, 3), np.uint8)
    _, data = cv2.imencode(".png", cv2.resize(noise, (200, 200), interpolation=cv2.INTER_CUBIC))
    async with standing(handlers=real) as world:
        name, failed = await world.ended(await world.bring(data.tobytes()))
        assert (name, failed["code"]) == ("failed", "already-colour")
        assert failed["reason"] == world.stand.answers.sentences.of("en")["error.already-colour"]


async def test_a_clip_tells_how_far_it_is_and_is_then_a_film_that_browsers_play(tmp_path: Path) -> None:
    film = grey_film(tmp_path / "film.mp4", 24).read_bytes()
    async with standing(handlers=real) as world:
        accepted = await world.bring(film)
        assert accepted["kind"] == "clip"
        progress = []
        async with world.following(accepted["events"]) as events:
            while (event := await events.next("progress", "done", "failed"))[0] == "progress":
                progress.append(event[1])
        name, done = event
        assert name == "done", done
        assert (done["kind"], done["width"], done["height"]) == ("clip", 64, 48)
        assert progress[-1]["of"] == 24
        answer = await world.client.get(done["after"], headers={"Range": "bytes=0-11"})
        assert (answer.status_code, answer.headers["content-type"]) == (206, "video/mp4")
        assert answer.content[4:8] == b"ftyp"
        assert done["before"].partition("?")[2]
        preview = next((one["preview"] for one in reversed(progress) if one["preview"]), None)
        assert preview is not None
        assert read((await world.client.get(preview)).content).shape == (48, 64, 3)
        own = f"/api/visits/{accepted['id']}"
        put = await world.client.put(f"{own}/wall?token={accepted['token']}", json={}, headers={"X-Stand": "1"})
        assert put.status_code == 204
        async with world.following("/api/wall/events") as wall:
            _, added = await wall.next("added")
        grey, coloured = [read((await world.client.get(added[part])).content) for part in ("before", "after")]
        assert grey.shape == coloured.shape == (48, 64, 3)
        assert np.ptp(grey, axis=2).max() == 0
        token = f"?token={accepted['token']}"
        answer = await world.client.delete(f"/api/visits/{accepted['id']}{token}", headers={"X-Stand": "1"})
        assert answer.status_code == 204
        assert list(world.store.list("")) == []


async def test_a_clip_that_is_too_long_or_in_colour_is_refused_in_words(tmp_path: Path) -> None:
    films: tuple[tuple[bytes, str, float], ...] = (
        (grey_film(tmp_path / "long.mkv", 40, codec="ffv1").read_bytes(), "too-long", 0.5),
        (color_film(tmp_path / "colour.mp4").read_bytes(), "already-colour", 30),
        (b"\x1a\x45\xdf\xa3" + b"\0" * 500, "damaged", 30),
    )
    for data, code, seconds in films:
        async with standing(handlers=real, demo_max_clip_seconds=seconds) as world:
            name, failed = await world.ended(await world.bring(data))
            assert (name, failed["code"]) == ("failed", code)
            assert f"error.{failed['code']}" in world.stand.answers.sentences.of("de"), failed
