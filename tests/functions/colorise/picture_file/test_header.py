"""Claims about what is known of a file, and refused, before anything is decoded."""

from __future__ import annotations

import contextlib
import functools
import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.colorise.picture_file import Limits, read_picture
from functions.colorise.picture_file.header import KINDS, read_header, sniff
from functions.errors import Rejected, Unreadable
from tests.picture_files import (
    colours,
    greys,
    png,
    png_chunk,
    saved,
    tiff,
    with_jpeg_segment,
    with_png_chunk,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HUGE = 65_500


def claiming(kind: str, width: int, height: int) -> bytes:
    """A small file whose header claims a size."""
    if kind == "png":
        return png(colours(), 2, 8, size=(width, height))
    if kind == "tiff":
        return tiff(colours(), 2, more={256: (4, struct.pack("<I", width)), 257: (4, struct.pack("<I", height))})
    data = bytearray(saved(colours(), kind.upper()))
    if kind == "jpeg":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", height, width)
    elif kind == "gif":
        data[6:10] = struct.pack("<HH", width, height)
    elif kind == "bmp":
        data[18:26] = struct.pack("<ii", width, height)
    else:  # AVIF
        at = data.index(b"ispe") + 8
        data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)


CLAIMING = ("jpeg", "png", "tiff", "gif", "bmp", "avif")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
def test_the_kind_is_known_by_the_bytes(kind: str) -> None:
    data = saved(colours(), kind)
    assert sniff(data) == kind.lower()
    header = read_header(data)
    assert (header.kind, header.width, header.height) == (kind.lower(), 56, 40)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "`colorise video`"),
        (b"\x1a\x45\xdf\xa3\x01", "`colorise video`"),
        (b"RIFF\x00\x00\x01\x00AVI LIST", "`colorise video`"),
        (b"8BPS\x00\x01", "a Photoshop document"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
        (b"FUJIFILMCCD-RAW 0201", "raw file"),
        (b"PK\x03\x04\x14\x00", "an archive"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', "an SVG drawing"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (bytes(5000), "zeros only"),
        (b"BMan was here, and this is a text", "no picture of a known kind"),
        (b"GIF90a..", "no picture of a known kind"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is(start: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words) as caught:
        read_picture(start)
    assert caught.value.code == "not-a-picture"
    assert "\n" not in caught.value.reason


def test_an_empty_file_is_called_empty() -> None:
    with pytest.raises(Unreadable, match="the file is empty") as caught:
        read_picture(b"")
    assert caught.value.code == "empty"


@pytest.mark.parametrize("kind", CLAIMING)
def test_too_many_pixels_are_refused_with_both_figures(kind: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_picture(claiming(kind, 20_000, 10_000))
    assert caught.value.code == "too-large"
    assert caught.value.reason == "the picture has 20,000 x 10,000 = 200.0 megapixels; the limit is 100.0"


def test_the_callers_own_limits_count() -> None:
    data = saved(colours(), "PNG")
    assert read_picture(data, Limits(max_bytes=len(data), max_pixels=40 * 56, max_side=56)).pixels.shape == (40, 56, 3)
    for limits, figures in (
        (Limits(max_bytes=len(data) - 1), r"MB; the limit is"),
        (Limits(max_pixels=40 * 56 - 1), r"56 x 40 = 0\.0 megapixels"),
        (Limits(max_side=55), r"56 x 40 pixels; the limit for a side is 55"),
    ):
        with pytest.raises(Rejected, match=figures) as caught:
            read_picture(data, limits)
        assert caught.value.code == "too-large"


@pytest.mark.parametrize("kind", [kind for kind in CLAIMING if kind != "gif"])  # whose screen grows with its frames
def test_no_pixels_are_damage(kind: str) -> None:
    with pytest.raises(Unreadable):
        read_picture(claiming(kind, 0, 40))


@pytest.mark.parametrize("kind", CLAIMING)
@pytest.mark.parametrize("size", [(5_000, 4_000), (112, 80), (28, 20)])
def test_a_header_that_lies_makes_no_picture_larger_than_it_claims(kind: str, size: tuple[int, int]) -> None:
    with contextlib.suppress(Unreadable):
        picture = read_picture(claiming(kind, *size))
        assert picture.pixels.size <= max(size[0] * size[1], 40 * 56) * 3


@functools.cache
def packed_zeros() -> bytes:
    """64 MB of zeros, in 64 KB."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()


BOMBS: dict[str, Callable[[], bytes]] = {
    "a header of 4,290 megapixels": lambda: claiming("png", HUGE, HUGE),
    "a JPEG header of 4,290 megapixels": lambda: claiming("jpeg", HUGE, HUGE),
    "a TIFF of 4 billion columns": lambda: claiming("tiff", 2**32 - 1, 2**32 - 1),
    "TIFF tiles of 4,290 megapixels": lambda: tiff(
        greys(), 1, more={322: (4, struct.pack("<I", HUGE)), 323: (4, struct.pack("<I", HUGE))}
    ),
    "a TIFF entry of 2 billion values": lambda: tiff(greys(), 1).replace(
        struct.pack("<HHI", 279, 4, 1), struct.pack("<HHI", 279, 4, 2**31)
    ),
    "a profile of 64 MB": lambda: with_png_chunk(saved(colours(), "PNG"), b"iCCP", b"x\x00\x00" + packed_zeros()),
    "a text of 64 MB": lambda: with_png_chunk(saved(colours(), "PNG"), b"zTXt", b"Comment\x00\x00" + packed_zeros()),
    "an XMP packet of 64 MB": lambda: with_png_chunk(
        saved(colours(), "PNG"), b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + packed_zeros()
    ),
    "pixels of 64 MB more than claimed": lambda: (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 56, 40, 8, 2, 0, 0, 0))
        + png_chunk(b"IDAT", packed_zeros())
        + png_chunk(b"IEND", b"")
    ),
    "10 MB of fill bytes": lambda: b"\xff\xd8" + b"\xff" * 10_000_000,
    "3 million empty segments": lambda: b"\xff\xd8" + b"\xff\xe1\x00\x02" * 3_000_000,
    "3 million empty GIF extensions": lambda: saved(greys(), "GIF")[:13] + b"\x21\xfe\x00" * 3_000_000,
    "4,000 pages of 65,535 entries in each other": lambda: (
        tiff(greys(), 1)[:-4] + b"".join(struct.pack("<I", 2 * n) for n in range(3_000, 800_000))
    ),
    "a billion laughs": lambda: with_jpeg_segment(
        saved(colours(), "JPEG"),
        0xE1,
        b"http://ns.adobe.com/xap/1.0/\x00<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b0 'ha'>"
        + b"".join(b"<!ENTITY b%d '%s'>" % (n, b"&b%d;" % (n - 1) * 10) for n in range(1, 12))
        + b"]><a>&b11;</a>",
    ),
}

MEASURE = """
import sys
from functions.colorise.picture_file import read_picture
from functions.errors import Rejected
import functions.colorise.picture_file.pillow, PIL.TiffImagePlugin, xml.etree.ElementTree

def peak():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024

while size := int.from_bytes(sys.stdin.buffer.read(4), "big"):
    data = sys.stdin.buffer.read(size)
    before = peak()
    try:
        read_picture(data)
        print(f"{peak() - before:.1f} a picture")
    except Rejected as error:
        print(f"{peak() - before:.1f} {error.reason}")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_bomb_costs_no_memory() -> None:
    files = [make() for make in BOMBS.values()]
    fed = b"".join(len(data).to_bytes(4, "big") + data for data in files) + bytes(4)
    run = subprocess.run([sys.executable, "-c", MEASURE], input=fed, capture_output=True, check=True, timeout=60)
    answers = run.stdout.decode().splitlines()
    assert len(answers) == len(BOMBS)
    for name, answer in zip(BOMBS, answers, strict=True):
        grown, _, words = answer.partition(" ")
        assert float(grown) < 12, (name, answer)
        assert words, name
    assert run.stderr == b""


def test_a_jpeg_of_a_thousand_scans_is_refused() -> None:
    data = saved(colours(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    with pytest.raises(Unreadable, match="more than 200 scans"):
        read_picture(data[:last] + data[last:-2] * 1000 + b"\xff\xd9")


def test_a_png_of_a_million_chunks_is_refused() -> None:
    data = saved(colours(), "PNG")
    with pytest.raises(Unreadable, match="more than 200,000 chunks"):
        read_picture(data[:33] + png_chunk(b"tIME", b"") * 250_000 + data[33:])


def test_texts_and_profiles_that_are_too_large_leave_the_picture_alone() -> None:
    plain = saved(colours(), "PNG")
    data = with_png_chunk(plain, b"iCCP", b"x\x00\x00" + packed_zeros())
    again = read_picture(data)
    assert np.array_equal(again.pixels, read_picture(plain).pixels)
    assert again.notes == ("its colour profile is damaged or too large, and was ignored",)


def test_pages_that_point_at_each_other_are_counted_once() -> None:
    data = bytearray(tiff(greys(), 1))
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * count, at)
    assert read_header(bytes(data)).frames in (1, 2)


def test_every_kind_has_a_name_for_people() -> None:
    assert set(KINDS) == {"jpeg", "png", "webp", "tiff", "bmp", "gif", "heic", "avif"}
