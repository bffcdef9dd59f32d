"""Claims about what a visitor hangs on a post: nobody learns from it where it was taken."""

from __future__ import annotations

import io
import struct

import av
import pytest
from PIL import Image

from demo.clip_places import without_places
from demo.network_posts import MediaKind
from demo.timeline_files import SIDE, checker
from functions.errors import Rejected
from tests.clips import Clip, Sound, made

check = checker(lambda: 30.0)

PLACE = b"+48.8577+002.2950/"


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def track(handler: bytes, inside: bytes = b"") -> bytes:
    return box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12))) + inside)


def photo(side: int = 64, mode: str = "RGB") -> bytes:
    picture = Image.new(mode, (side, side // 2), 90 if mode == "L" else (90, 60, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif[0x010E] = "Grandma's house"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 27.0), 3: "E", 4: (2.0, 17.0, 42.0)})
    made_of = io.BytesIO()
    picture.save(made_of, "JPEG", exif=exif)
    return made_of.getvalue()


def test_a_photo_is_shown_upright_and_small_and_without_metadata() -> None:
    source = photo(4000)
    assert Image.open(io.BytesIO(source)).getexif().get_ifd(0x8825)
    shown = check(source)
    assert (shown.kind, shown.content_type, shown.shape) == (MediaKind.PHOTO, "image/jpeg", (SIDE // 2, SIDE))
    picture = Image.open(io.BytesIO(shown.data))
    assert picture.size == shown.shape
    assert not picture.getexif()
    assert b"Grandma" not in shown.data
    red, green, blue = picture.convert("RGB").getpixel((9, 9))  # type: ignore[misc]
    assert abs(red - 90) + abs(green - 60) + abs(blue - 30) < 12


def test_a_film_plays_as_before_and_says_no_more_where_it_was_taken() -> None:
    source = made(Clip(frames=25, sounds=(Sound(),)))
    at = source.index(b"moov")
    size = int.from_bytes(source[at - 4 : at], "big")
    place = box(b"udta", box(b"\xa9xyz", b"\x00\x12\x15\xc7" + PLACE))
    # At the end of `moov`, which the file ends with: no frame moves.
    assert at - 4 + size == len(source), "the clip of the tests begins with its index"
    tagged = source[: at - 4] + struct.pack(">I", size + len(place)) + source[at:] + place
    assert PLACE in tagged
    shown = check(tagged)
    assert (shown.kind, shown.content_type) == (MediaKind.VIDEO, "video/mp4")
    assert PLACE not in shown.data
    assert len(shown.data) == len(tagged)
    assert frames(shown.data) == frames(source)


def frames(film: bytes) -> tuple[int, int]:
    """Pictures, and samples of sound."""
    with av.open(io.BytesIO(film), "r") as pictures, av.open(io.BytesIO(film), "r") as sound:
        heard = [frame for frame in sound.decode(audio=0) if isinstance(frame, av.AudioFrame)]
        return len(list(pictures.decode(video=0))), sum(frame.samples for frame in heard)


@pytest.mark.parametrize(
    "where",
    [
        box(b"moov", box(b"udta", PLACE)),
        box(b"moov", box(b"meta", PLACE)),
        box(b"moov", track(b"vide", box(b"udta", PLACE))),
        box(b"moov", track(b"soun", box(b"meta", PLACE))),
        box(b"moov", track(b"meta", PLACE)),
        box(b"moov", track(b"tmcd", PLACE)),
        box(b"uuid", PLACE),
        box(b"meta", PLACE),
        struct.pack(">I", 1) + b"udta" + struct.pack(">Q", 16 + len(PLACE)) + PLACE,
        struct.pack(">I", 0) + b"udta" + PLACE,
    ],
)
def test_a_place_is_taken_out_wherever_it_stands(where: bytes) -> None:
    cleaned = without_places(box(b"ftyp", b"isom") + where)
    assert PLACE not in cleaned
    assert len(cleaned) == len(where) + 12


def test_pictures_and_sound_stay() -> None:
    film = box(b"ftyp", b"isom") + box(b"moov", track(b"vide") + track(b"soun")) + box(b"mdat", b"frames")
    assert without_places(film) == film


@pytest.mark.parametrize(
    "damage",
    [
        struct.pack(">I", 4) + b"moov",
        struct.pack(">I", 400) + b"moov",
        box(b"moov", struct.pack(">I", 400) + b"trak"),
        box(b"moov", box(b"trak", struct.pack(">I", 400) + b"mdia")),
        box(b"free", b"") * 20_000,
    ],
    ids=["no-size", "too-long", "inner", "innermost", "too-many"],
)
def test_a_film_whose_parts_cannot_be_followed_is_refused(damage: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        without_places(box(b"ftyp", b"isom") + damage)
    assert refused.value.code == "damaged"


def test_an_animation_is_taken_as_one_and_a_film_in_another_container_is_not() -> None:
    pictures = [Image.new("L", (32, 24), shade) for shade in (0, 120)]
    moving = io.BytesIO()
    pictures[0].save(moving, "GIF", save_all=True, append_images=pictures[1:])
    assert check(moving.getvalue()).kind is MediaKind.GIF
    with pytest.raises(Rejected) as refused:
        check(b"\x1a\x45\xdf\xa3" + bytes(20) + b"webm" + bytes(100))
    assert refused.value.code == "unsupported"
