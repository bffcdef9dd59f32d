"""What may be brought: told by its content, within the limits, before anything decodes it."""

from __future__ import annotations

import io
import json
import struct
from typing import TYPE_CHECKING

import pytest

from demo.clip_header import claimed_seconds, clip_kind
from demo.uploads import accepted_types, looked_at
from functions.errors import Rejected
from tests.demo.stand_world import OURS, grey_jpeg, said, standing
from tests.picture_files import colours, exif, greys, png, saved, saved_frames

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def looked(data: bytes, *, max_clip_seconds: float = 30) -> tuple[str, str]:
    upload = looked_at(io.BytesIO(data), len(data), max_clip_seconds=max_clip_seconds)
    assert upload.file.tell() == 0
    return upload.kind, upload.content_type


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(seconds: int, *, brand: bytes = b"isom", wide: bool = False, first: bytes = b"") -> bytes:
    """An MP4 that says how long it runs, and has no picture."""
    if wide:
        header = struct.pack(">B3xQQIQ", 1, 0, 0, 1000, seconds * 1000)
    else:
        header = struct.pack(">B3xIIII", 0, 0, 0, 600, seconds * 600)
    return box(b"ftyp", brand + b"\0" * 8) + first + box(b"moov", box(b"free", b"") + box(b"mvhd", header + b"\0" * 80))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (grey_jpeg(), ("photo", "image/jpeg")),
        (saved(colours(), "PNG"), ("photo", "image/png")),
        (saved(colours(), "WEBP"), ("photo", "image/webp")),
        (saved(colours(), "TIFF"), ("photo", "image/tiff")),
        (saved(colours(), "BMP"), ("photo", "image/bmp")),
        (saved(greys(), "GIF"), ("photo", "image/gif")),
        (saved_frames([greys(), 255 - greys()], "GIF"), ("clip", "image/gif")),
        (mp4(5), ("clip", "video/mp4")),
        (mp4(5, brand=b"qt  "), ("clip", "video/quicktime")),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + b"\0" * 50, ("clip", "video/webm")),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska" + b"\0" * 50, ("clip", "video/x-matroska")),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, told: tuple[str, str]) -> None:
    assert looked(data) == told
    assert told[1] in accepted_types()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"hello, this is no picture at all", "not-a-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "not-a-picture"),
        (b"<!doctype html><script>1</script>", "not-a-picture"),
        (b"%PDF-1.7 and so on", "not-a-picture"),
        (b"\0" * 100, "not-a-picture"),
        (grey_jpeg()[:100], "ends-early"),
        (png(greys(), 0, 8, size=(60_000, 60_000)), "too-large"),
        (mp4(31), "too-long"),
        (mp4(31, wide=True), "too-long"),
    ],
)
def test_what_is_no_picture_or_too_much_of_one_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        looked(data)
    assert refused.value.code == code


@pytest.mark.parametrize("wide", [False, True])
def test_how_long_a_clip_runs_is_found_wherever_it_stands(*, wide: bool) -> None:
    data = mp4(7, wide=wide, first=struct.pack(">I4sQ", 1, b"mdat", 16 + 1000) + b"\xff" * 1000)
    assert claimed_seconds(io.BytesIO(data), len(data)) == 7


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 7, box(b"moov", b""), struct.pack(">I4s", 0, b"free"), struct.pack(">I4s", 3, b"moov") * 9]
)
def test_a_clip_that_says_nothing_sensible_has_no_length(data: bytes) -> None:
    assert claimed_seconds(io.BytesIO(data), len(data)) is None


def test_a_picture_of_a_phone_is_not_taken_for_a_film() -> None:
    for brand in (b"heic", b"mif1", b"avif", b"msf1"):
        assert clip_kind(b"\0\0\0\x18ftyp" + brand + b"\0" * 20) is None


async def test_the_type_that_a_browser_names_is_not_trusted() -> None:
    async with standing() as world:
        accepted = await world.bring(grey_jpeg(), **{"Content-Type": "video/mp4"})
        assert accepted["kind"] == "photo"
        answer = await world.client.post(
            "/api/visits", content=b"<html>no picture</html>", headers=OURS | {"Content-Type": "image/jpeg"}
        )
        assert said(answer) == (415, "not-a-picture")
        assert world.painter.orders[1:] == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_file_over_the_limit_is_refused_in_words_and_not_stored(*, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"\xff" * 10_000

    async with standing(demo_max_mb=0.1) as world:
        content = pieces() if chunked else b"\xff" * 300_000
        answer = await world.client.post("/api/visits", content=content, headers=OURS)
        assert said(answer) == (413, "too-large")
        assert list(world.store.list("inbox/")) == []
        assert world.painter.orders == []


async def test_a_file_of_exactly_the_limit_is_taken() -> None:
    data = grey_jpeg()
    async with standing(demo_max_mb=len(data) / 1e6) as world:
        await world.bring(data)
        answer = await world.client.post("/api/visits", content=data + b"\0", headers=OURS)
        assert said(answer) == (413, "too-large")


async def test_json_that_names_no_sample_is_refused() -> None:
    async with standing() as world:
        for body in (b"{}", b"[]", b"{", b'{"sample": {"a": 1}}', b'{"sample": "' + b"x" * 20_000 + b'"}', b"[" * 5000):
            answer = await world.client.post(
                "/api/visits", content=body, headers=OURS | {"Content-Type": "application/json"}
            )
            assert answer.status_code in {400, 404}, body[:20]
            assert json.loads(answer.text)["reason"]


async def test_a_picture_that_lies_on_its_side_is_shown_upright_before_and_after() -> None:
    lying = saved(greys(40, 56), "JPEG", exif=b"Exif\0\0" + exif(6))
    async with standing() as world:
        _, done = await world.coloured(lying)
        assert (done["width"], done["height"]) == (40, 56)
