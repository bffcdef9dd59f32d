"""Claims about the pixels of files that others wrote: JPEG, PNG, TIFF, pages and frames."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from functions.colorise.picture_file import (
    read_picture,
)
from functions.errors import Unreadable
from tests.picture_files import (
    Samples,
    Sign,
    as_read,
    colours,
    distance,
    greys,
    png,
    png_chunk,
    ramp,
    saved,
    saved_frames,
    tiff,
)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:2:0"}, {"restart_marker_blocks": 2}])
def test_jpeg_is_read_in_every_common_shape(options: dict[str, Any]) -> None:
    again = read_picture(saved(colours(), "JPEG", quality=95, **options))
    assert distance(again.pixels, as_read(colours())) < 4
    assert not again.lossless


def test_a_grey_jpeg_is_read_as_one_plane() -> None:
    again = read_picture(saved(greys(), "JPEG", quality=95))
    assert again.pixels.shape == (40, 56)
    assert distance(again.pixels, greys()) < 2


def test_cmyk_and_ycck_are_read_with_adobes_inverted_inks() -> None:
    cmyk = saved(colours(), "JPEG", "CMYK", quality=95)
    again = read_picture(cmyk)
    assert distance(again.pixels, as_read(colours())) < 4
    # Transform 2 is YCCK: the same samples, taken as YCC of the inks, come out as another picture.
    adobe = cmyk.index(b"Adobe")
    ycck = cmyk[: adobe + 11] + b"\x02" + cmyk[adobe + 12 :]
    with Image.open(io.BytesIO(ycck)) as expected:
        assert np.array_equal(read_picture(ycck).pixels, as_read(np.asarray(expected.convert("RGB"))))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
@pytest.mark.parametrize("share", [0.999, 0.75, 0.3])
def test_a_file_that_was_cut_short_is_refused(kind: str, share: float) -> None:
    whole = saved(colours(), kind)
    with pytest.raises(Unreadable) as caught:
        read_picture(whole[: int(len(whole) * share)])
    assert caught.value.code == "ends-early"
    assert "ends early" in caught.value.reason


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lost_its_middle_is_no_half_grey_picture(*, progressive: bool) -> None:
    whole = saved(colours(160, 224), "JPEG", quality=95, progressive=progressive)
    patched = whole[: len(whole) // 2] + b"\xff\xd9"  # a proper end behind half of the data
    with pytest.raises(Unreadable, match="ends early"):
        read_picture(patched)


def test_a_large_picture_that_lost_its_middle_is_none_either() -> None:
    whole = saved(colours(2000, 2200), "JPEG", quality=50)
    assert read_picture(whole).pixels.shape == (2000, 2200, 3)
    with pytest.raises(Unreadable, match="ends early"):
        read_picture(whole[: len(whole) // 2] + b"\xff\xd9")


def test_damage_that_decodes_leaves_a_note() -> None:
    whole = bytearray(saved(colours(160, 224), "JPEG", quality=95))
    whole[len(whole) // 2 : len(whole) // 2 + 8] = b"\x5a" * 8
    again = read_picture(bytes(whole))
    assert again.pixels.shape == (160, 224, 3)
    assert len(again.notes) == 1
    assert again.notes[0].startswith("the file is damaged, and parts of the picture may be wrong (Corrupt JPEG data")


def test_what_lies_behind_a_jpeg_is_nobodys_business() -> None:
    whole = saved(colours(), "JPEG")
    assert np.array_equal(read_picture(whole + b"PK\x03\x04 a zip").pixels, read_picture(whole).pixels)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_png_greys_of_every_depth_fill_the_range(bits: int) -> None:
    most = (1 << bits) - 1
    codes = (np.arange(40 * 56).reshape(40, 56) * 7) % (most + 1)
    again = read_picture(png(codes, 0, bits))
    assert again.pixels.dtype == (np.uint16 if bits == 16 else np.uint8)
    assert np.array_equal(again.pixels, codes if bits == 16 else codes * 255 // most)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_png_palettes_become_colours_and_grey_palettes_one_plane(bits: int) -> None:
    count = 1 << bits
    codes = (np.arange(40 * 56).reshape(40, 56) * 3) % count
    palette = (np.arange(count * 3).reshape(-1, 3) * 37 % 256).astype(np.uint8)
    again = read_picture(png(codes, 3, bits, before=png_chunk(b"PLTE", palette.tobytes())))
    assert np.array_equal(again.pixels, as_read(palette[codes]))
    grey = np.repeat(palette[:, :1], 3, 1)
    again = read_picture(png(codes, 3, bits, before=png_chunk(b"PLTE", grey.tobytes())))
    assert np.array_equal(again.pixels, grey[:, 0][codes])


def test_a_png_palette_may_be_transparent() -> None:
    codes = np.arange(40 * 56).reshape(40, 56) % 4
    palette = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90], [0, 0, 0]], np.uint8)
    before = png_chunk(b"PLTE", palette.tobytes()) + png_chunk(b"tRNS", bytes([0, 128]))
    again = read_picture(png(codes, 3, 8, before=before))
    assert np.array_equal(again.pixels, as_read(palette[codes]))
    assert again.alpha is not None
    assert np.array_equal(again.alpha, np.array([0, 128, 255, 255])[codes])


@pytest.mark.parametrize(("bits", "key"), [(2, 1), (8, 7), (16, 300)])
def test_a_png_grey_may_stand_for_transparent(bits: int, key: int) -> None:
    codes = np.arange(40 * 56).reshape(40, 56) % min(1 << bits, 500)
    again = read_picture(png(codes, 0, bits, before=png_chunk(b"tRNS", struct.pack(">H", key))))
    assert again.pixels.ndim == 2
    assert again.alpha is not None
    assert np.array_equal(again.alpha == 0, codes == key)


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (16, np.uint16)])
def test_png_grey_with_alpha_is_one_plane_and_alpha(bits: int, dtype: type) -> None:
    again = read_picture(png(np.dstack([greys(dtype=dtype), ramp(dtype)]), 4, bits))
    assert again.alpha is not None
    assert np.array_equal(again.pixels, greys(dtype=dtype))
    assert np.array_equal(again.alpha, ramp(dtype))


def test_an_interlaced_png_is_read() -> None:
    # Adam7: seven small pictures, of every dx-th pixel from x and every dy-th row from y.
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    raw = b""
    for x, y, dx, dy in passes:
        raw += b"".join(b"\x00" + row.tobytes() for row in colours()[y::dy, x::dx])
    header = struct.pack(">IIBBBBB", 56, 40, 8, 2, 0, 0, 1)
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(raw))
    again = read_picture(data + png_chunk(b"IEND", b""))
    assert np.array_equal(again.pixels, as_read(colours()))


def test_a_png_with_a_wrong_checksum_is_damaged() -> None:
    data = bytearray(saved(colours(), "PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(Unreadable, match="checksum") as caught:
        read_picture(bytes(data))
    assert caught.value.code == "damaged"


@pytest.mark.parametrize("sign", ["<", ">"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("deflate", [False, True])
def test_tiff_is_read_in_both_orders_of_bytes(sign: Sign, dtype: type, *, deflate: bool) -> None:
    again = read_picture(tiff(colours(dtype=dtype), 2, sign=sign, deflate=deflate))
    assert np.array_equal(again.pixels, as_read(colours(dtype=dtype)))
    again = read_picture(tiff(greys(dtype=dtype), 1, sign=sign, deflate=deflate))
    assert np.array_equal(again.pixels, greys(dtype=dtype))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_whose_zero_is_white_is_turned_round(dtype: type) -> None:
    again = read_picture(tiff(greys(dtype=dtype), 0))
    assert np.array_equal(again.pixels, np.iinfo(dtype).max - greys(dtype=dtype))


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd"])
def test_tiff_compressions_lose_nothing(compression: str | None) -> None:
    again = read_picture(saved(colours(), "TIFF", compression=compression))
    assert np.array_equal(again.pixels, as_read(colours()))
    assert again.lossless


def test_jpeg_inside_tiff_is_read() -> None:
    again = read_picture(saved(colours(), "TIFF", compression="jpeg", quality=95))
    assert distance(again.pixels, as_read(colours())) < 4
    assert not again.lossless


def test_a_fax_is_black_and_white() -> None:
    again = read_picture(saved(greys(), "TIFF", "1", compression="group4"))
    assert again.pixels.shape == (40, 56)
    assert set(np.unique(again.pixels)) == {0, 255}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_colours_that_were_multiplied_by_alpha_are_divided_again(dtype: type) -> None:
    most = np.iinfo(dtype).max
    alpha = np.maximum(ramp(dtype), most // 4)
    multiplied: Samples = (colours(dtype=dtype).astype(np.float64) * alpha[..., None] / most).astype(dtype)
    again = read_picture(tiff(np.dstack([multiplied, alpha]), 2, more={338: (3, b"\x01\x00")}))
    assert again.alpha is not None
    assert np.array_equal(again.alpha, alpha)
    assert np.abs(again.pixels.astype(int) - as_read(colours(dtype=dtype))).max() <= 5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_fourth_sample_that_is_no_alpha_is_left_out(dtype: type) -> None:
    again = read_picture(tiff(np.dstack([colours(dtype=dtype), ramp(dtype)]), 2, more={338: (3, b"\x00\x00")}))
    assert again.alpha is None
    assert np.array_equal(again.pixels, as_read(colours(dtype=dtype)))


def test_sixteen_bit_cmyk_is_read_with_eight_and_says_so() -> None:
    inks = 65_535 - np.dstack([colours(dtype=np.uint16), np.full((40, 56), 65_535, np.uint16)])
    again = read_picture(tiff(inks, 5))
    assert again.notes == ("its 16-bit inks were read with 8 bits",)
    assert distance(again.pixels, as_read(colours())) < 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tiff(colours().astype(np.float32), 2, more={339: (3, b"\x03\x00" * 3)}), "floating-point samples"),
        (tiff(colours(), 8), "colours are of kind 8"),
        (tiff(colours(), 2, more={259: (3, b"\x06\x00")}), r"compression \(number 6\)"),
        (tiff(colours(), 2, more={50_706: (1, b"\x01\x04\x00\x00")}), "camera's raw file"),
        (tiff(colours(dtype=np.uint16), 2, more={284: (3, b"\x02\x00")}), "separate planes"),
    ],
)
def test_a_tiff_that_cannot_be_read_right_says_what_would_help(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as caught:
        read_picture(data)
    assert caught.value.code == "unsupported"


def test_the_first_of_several_pages_is_read_and_the_rest_counted() -> None:
    again = read_picture(saved_frames([colours(), 255 - colours(), colours()], "TIFF"))
    assert np.array_equal(again.pixels, as_read(colours()))
    assert again.notes == ("this is the first of 3 pages",)


@pytest.mark.parametrize(("kind", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})])
def test_of_an_animation_the_first_frame_is_read(kind: str, options: dict[str, Any]) -> None:
    grey = np.repeat(greys()[..., None] & 0xF0, 3, -1)
    again = read_picture(saved_frames([grey, 255 - grey], kind, duration=100, **options))
    pixels = again.pixels if again.pixels.ndim == 2 else again.pixels[..., 1]
    assert np.array_equal(pixels, grey[..., 0])
    assert again.notes == ("this is the first frame of an animation; `colorise video` colours all of them",)
