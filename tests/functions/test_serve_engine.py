from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from functions.colorise.handler import ImageHandler
from functions.colorise.photo import Wishes, colorise_photo
from functions.colorise.picture_file import Limits
from functions.jobs import ImageWishes, Network
from functions.serve import PICTURES, ColouredBytes, Function
from functions.stores.memory import MemoryStore
from tests.engines import small_engine
from tests.http_function import failed, served
from tests.pictures import in_colour, in_grey

if TYPE_CHECKING:
    from tests.pictures import Bytes


def colorise_bytes(data: bytes, wishes: ImageWishes) -> ColouredBytes:
    engine = small_engine()
    limits = Limits(max_pixels=wishes.max_pixels)
    photo = colorise_photo(
        data,
        engine.coloriser(Network()),
        Wishes(kind=wishes.kind, force=wishes.force, limits=limits),
        engine.provenance,
    )
    return ColouredBytes(photo.data, photo.kind, photo.width, photo.height, photo.notes, photo.seconds)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def function(store: MemoryStore) -> Function:
    return Function(
        name="colorise",
        handlers={"colorise-image": ImageHandler(store, small_engine())},
        vocabulary=PICTURES,
        store=store,
        colorise_bytes=colorise_bytes,
        warm_up=small_engine().warm,
    )


def as_png(pixels: Bytes) -> bytes:
    written, data = cv2.imencode(".png", pixels)
    assert written
    return data.tobytes()


async def test_the_engine_colours_over_http_what_it_colours_without(function: Function, store: MemoryStore) -> None:
    grey = as_png(in_grey("astronaut", 128))
    expected = colorise_bytes(grey, ImageWishes())
    store.write("inbox/1.png", grey, content_type="image/png")
    async with served(function) as client:
        answer = await client.post("/", content=grey, headers={"Content-Type": "image/png"})
        assert answer.content == expected.data
        assert answer.headers["Content-Type"] == "image/png"
        answer = await client.post("/", json={"image": "1.png", "output_filename": "1.png"})
        assert (answer.json()["verdict"], answer.json()["width"]) == ("grey", 128)
        assert store.read("outbox/1.png") == expected.data
    pixels = cv2.imdecode(np.frombuffer(expected.data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert np.ptp(pixels.astype(int), axis=2).max() > 10


async def test_what_the_engine_refuses_has_its_status(function: Function) -> None:
    colour = as_png(in_colour("astronaut"))
    async with served(function) as client:
        assert failed(await client.post("/", content=colour)) == (409, "already-colour")
        assert (await client.post("/?force=true", content=colour)).status_code == 200
        assert failed(await client.post("/?max_pixels=1000", content=colour)) == (413, "too-large")
        assert failed(await client.post("/", content=b"no picture")) == (422, "not-a-picture")
        assert failed(await client.post("/", content=colour[:5000])) == (422, "ends-early")
