"""Claims about writing picture files and reading them again, for every kind and depth."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from functions.colorise.picture_file import (
    KINDS,
    Metadata,
    Picture,
    Provenance,
    read_picture,
    readable_kinds,
    write_picture,
)
from functions.errors import Rejected
from tests.picture_files import (
    Samples,
    as_read,
    colours,
    distance,
    greys,
    ramp,
    saved,
)

LOSSLESS = ("png", "tiff", "bmp")
DEEP = ("png", "tiff")
PROVENANCE = Provenance(model="small", model_sha256="ab" * 32)


def picture(pixels: Samples, alpha: Samples | None = None, **more: object) -> Picture:
    plain = Picture(np.ascontiguousarray(as_read(pixels)), alpha, "png", Metadata())
    return replace(plain, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_as_it_was_written(kind: str) -> None:
    again = read_picture(write_picture(picture(colours()), kind=kind, provenance=PROVENANCE))
    assert again.kind == kind
    assert again.pixels.shape == (40, 56, 3)
    assert again.pixels.dtype == np.uint8
    assert again.alpha is None
    assert again.notes == ()
    assert distance(again.pixels, as_read(colours())) <= (0 if kind in LOSSLESS else 6)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "webp"])
def test_a_grey_picture_stays_one_plane(kind: str) -> None:
    again = read_picture(write_picture(picture(greys()), kind=kind))
    assert again.pixels.shape == (40, 56)
    assert distance(again.pixels, greys()) <= (0 if kind in {*LOSSLESS, "gif"} else 2)


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("pixels", [colours(dtype=np.uint16), greys(dtype=np.uint16)], ids=["colours", "greys"])
def test_sixteen_bits_stay_sixteen_bits(kind: str, pixels: Samples) -> None:
    again = read_picture(write_picture(picture(pixels), kind=kind))
    assert again.pixels.dtype == np.uint16
    assert np.array_equal(again.pixels, as_read(pixels))


@pytest.mark.parametrize("kind", ["jpeg", "webp", "bmp", "gif", "heic"])
def test_kinds_of_eight_bits_get_sixteen_bits_rounded(kind: str) -> None:
    deep = write_picture(picture(colours().astype(np.uint16) * 257 + 100), kind=kind, quality=90)
    assert deep == write_picture(picture(colours()), kind=kind, quality=90)


def test_avif_keeps_ten_of_sixteen_bits() -> None:
    smooth = np.broadcast_to(np.linspace(0, 65_535, 256).astype(np.uint16), (64, 256)).copy()
    again = read_picture(write_picture(picture(smooth), kind="avif", quality=100))
    assert again.pixels.dtype == np.uint16
    assert again.pixels.max() == 65_535
    assert distance(again.pixels, smooth) < 65_535 / 1023
    assert len(np.unique(again.pixels)) > 200


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("png", np.uint8), ("png", np.uint16), ("tiff", np.uint8), ("tiff", np.uint16), ("bmp", np.uint8)],
)
def test_transparency_comes_back_as_it_was_written(kind: str, dtype: type) -> None:
    again = read_picture(write_picture(picture(colours(dtype=dtype), ramp(dtype)), kind=kind))
    assert again.alpha is not None
    assert np.array_equal(again.alpha, ramp(dtype))
    assert np.array_equal(again.pixels, as_read(colours(dtype=dtype)))


@pytest.mark.parametrize("kind", ["webp", "avif", "heic"])
def test_transparency_survives_lossy_kinds(kind: str) -> None:
    again = read_picture(write_picture(picture(colours(), ramp()), kind=kind))
    assert again.alpha is not None
    assert distance(again.alpha, ramp()) < 3


def test_gif_makes_pixels_wholly_transparent_or_wholly_opaque() -> None:
    again = read_picture(write_picture(picture(colours(), ramp()), kind="gif"))
    assert again.alpha is not None
    assert np.array_equal(again.alpha, np.where(ramp() < 128, 0, 255))


def test_jpeg_shows_transparent_pixels_on_white() -> None:
    alpha = np.where(np.arange(56) < 32, 0, 255).astype(np.uint8)[None].repeat(40, 0)
    again = read_picture(write_picture(picture(np.zeros((40, 56), np.uint8), alpha), kind="jpeg"))
    assert again.pixels[:, :24].min() > 250
    assert again.pixels[:, 40:].max() < 5


def test_transparency_that_hides_nothing_is_none() -> None:
    opaque = np.dstack([colours(), np.full((40, 56), 255, np.uint8)])
    assert read_picture(saved(opaque, "PNG")).alpha is None


def test_a_written_picture_says_that_it_is_srgb_and_how_dense() -> None:
    dense = replace(picture(colours()), metadata=Metadata(dpi=(300.0, 150.0)))
    for kind in KINDS:
        again = read_picture(write_picture(dense, kind=kind, provenance=PROVENANCE))
        if kind != "gif":
            assert again.metadata.dpi == pytest.approx((300, 150), abs=0.02), kind
    assert b"sRGB" in write_picture(dense, kind="png")


def test_equal_pictures_give_equal_bytes() -> None:
    for kind in KINDS:
        first, second = (write_picture(picture(colours(), ramp()), kind=kind, provenance=PROVENANCE) for _ in range(2))
        assert first == second, kind


def test_jpeg_keeps_colour_at_full_size_from_quality_95_on() -> None:
    def sampling(quality: int) -> int:
        written = write_picture(picture(colours()), kind="jpeg", quality=quality)
        return written[written.index(b"\xff\xc0") + 11]  # of the first component, across and down

    assert sampling(94) == 0x22
    assert sampling(95) == 0x11


def test_webp_is_lossless_where_the_source_was_and_nobody_says_otherwise() -> None:
    source = read_picture(saved(colours(), "PNG"))
    assert np.array_equal(read_picture(write_picture(source, kind="webp")).pixels, source.pixels)
    assert b"VP8 " in write_picture(source, kind="webp", quality=90)
    lossy = read_picture(write_picture(source, kind="jpeg"))
    assert b"VP8 " in write_picture(lossy, kind="webp")


@pytest.mark.parametrize(("kind", "side"), [("jpeg", 65_501), ("webp", 16_384), ("heic", 16_385)])
def test_a_kind_that_cannot_hold_the_picture_says_so(kind: str, side: int) -> None:
    with pytest.raises(Rejected, match=r"at most [\d,]+ pixels a side.*write PNG or TIFF") as caught:
        write_picture(picture(np.zeros((1, side), np.uint8)), kind=kind)
    assert caught.value.code == "too-large"


def test_an_unknown_kind_is_answered_with_those_there_are() -> None:
    with pytest.raises(Rejected, match=r"'psd'; choose one of jpeg, png, webp") as caught:
        write_picture(picture(colours()), kind="psd")
    assert caught.value.code == "unknown-kind"


def test_what_is_missing_is_named_before_it_is_needed() -> None:
    kinds = readable_kinds()
    assert list(kinds) == list(KINDS)
    assert kinds["jpeg"] == ""


def test_without_pillow_heif_heic_says_what_to_install() -> None:
    program = """
import sys
sys.modules["pillow_heif"] = None
from functions.colorise.picture_file import read_picture
from functions.errors import Unreadable
try:
    read_picture(sys.stdin.buffer.read())
except Unreadable as error:
    print(error.code, error.reason)
"""
    data = write_picture(picture(colours()), kind="heic")
    run = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True, timeout=60)
    assert run.stdout.decode().strip() == (
        "needs-heif HEIC pictures need one more library: pip install 'colorisebot[heif]'"
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_twelve_megapixel_photograph_costs_its_bytes_and_its_pixels() -> None:
    program = """
import sys
from functions.colorise.picture_file import read_picture

def peak():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024

data = sys.stdin.buffer.read()
before = peak()
picture = read_picture(data)
print(peak() - before, picture.pixels.nbytes / 2**20)
"""
    photograph = saved(colours(3000, 4000), "JPEG", quality=90)
    run = subprocess.run([sys.executable, "-c", program], input=photograph, capture_output=True, check=True, timeout=60)
    grown, pixels = map(float, run.stdout.split())
    assert pixels > 34
    assert grown < pixels * 1.25  # twice that with `imdecode`
