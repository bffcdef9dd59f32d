"""Claims about ICC profiles: what comes out is sRGB, at the depth that went in."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from functions.color.color_space import srgb_encode
from functions.colorise.picture_file import read_picture
from functions.colorise.picture_file.profile import color_to_srgb, grey_to_srgb, read_curves
from tests.picture_files import (
    ADOBE_TO_XYZ,
    DESCRIPTION,
    WHITE,
    Samples,
    colours,
    gamma_curve,
    grey_profile,
    greys,
    matrix_profile,
    parametric_curve,
    png,
    profile,
    saved,
    table_profile,
    with_png_chunk,
)

ADOBE_GAMMA = 563 / 256
ADOBE = matrix_profile(ADOBE_TO_XYZ, gamma_curve(ADOBE_GAMMA))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SRGB_TO_XYZ = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
P3_TO_XYZ = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB_CURVE = parametric_curve(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
P3 = matrix_profile(P3_TO_XYZ, SRGB_CURVE)
IGNORED = ("its colour profile is damaged or of another kind of picture, and was ignored",)


def lab_corners(inputs: int) -> Samples:
    """(2, …, 2, 3): a press or a monitor that is far from sRGB."""
    corners = np.zeros((2,) * inputs + (3,))
    for corner in np.ndindex((2,) * inputs):
        ink = np.mean(corner[:3])
        light = ink if inputs == 3 else (1 - 0.7 * ink) * (1 - corner[3])
        corners[corner] = 100 * light, 40 * (corner[0] - corner[1]), 30 * (corner[1] - corner[2])
    return corners


def by_little_cms(pixels: Samples, mode: str, icc: bytes, intent: ImageCms.Intent) -> Samples:
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    image = Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), np.ascontiguousarray(pixels).tobytes())
    made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), intent, "RGB")
    assert made is not None
    return np.asarray(made)


def deep_png(pixels: Samples, icc: bytes) -> bytes:
    """A 16-bit PNG with a profile."""
    return with_png_chunk(png(pixels, 2 if pixels.ndim == 3 else 0, 16), b"iCCP", b"x\x00\x00" + zlib.compress(icc))


@pytest.mark.parametrize("icc", [ADOBE, P3], ids=["Adobe RGB", "Display P3"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
def test_colours_of_a_profile_become_srgb(kind: str, icc: bytes) -> None:
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 100, "subsampling": "4:4:4"},
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 100},
    }
    data = saved(colours(), kind, icc_profile=icc, **options.get(kind, {}))
    plain = read_picture(saved(colours(), kind, **options.get(kind, {})))
    again = read_picture(data)
    expected = by_little_cms(plain.pixels[..., ::-1], "RGB", icc, ImageCms.Intent.RELATIVE_COLORIMETRIC)
    assert again.notes == ()
    assert np.abs(again.pixels[..., ::-1].astype(int) - expected).max() <= 2
    assert not np.array_equal(again.pixels, plain.pixels)


def test_sixteen_bits_of_a_profile_are_computed_with_sixteen_bits() -> None:
    pixels = colours(dtype=np.uint16)
    again = read_picture(deep_png(pixels, ADOBE))
    d50_to_srgb = np.linalg.inv(SRGB_TO_XYZ)
    linear = (pixels / 65_535) ** ADOBE_GAMMA @ (d50_to_srgb @ ADOBE_TO_XYZ).T
    expected = srgb_encode(np.clip(linear, 0, 1)) * 65_535
    assert again.pixels.dtype == np.uint16
    assert np.abs(again.pixels[..., ::-1] - expected).max() < 40  # of 65,535; profiles round their matrices
    assert len(np.unique(again.pixels)) > 2_000


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_greys_of_a_profile_become_srgb_greys(dtype: type) -> None:
    most = np.iinfo(dtype).max
    ramp: Samples = np.linspace(0, most, 4096).astype(dtype).reshape(64, 64)
    icc = grey_profile(gamma_curve(1.8))
    data = saved(ramp, "PNG", icc_profile=icc) if dtype == np.uint8 else deep_png(ramp, icc)
    again = read_picture(data)
    expected = srgb_encode((ramp / most) ** (461 / 256)) * most
    assert again.pixels.shape == ramp.shape
    assert np.abs(again.pixels - expected).max() <= (1 if dtype == np.uint8 else 3)


def test_greys_with_a_profile_of_colours_follow_its_grey_axis() -> None:
    again = read_picture(saved(greys(), "PNG", icc_profile=ADOBE))
    expected = srgb_encode((greys() / 255) ** ADOBE_GAMMA) * 255
    assert again.pixels.ndim == 2
    assert np.abs(again.pixels - expected).max() <= 1


@pytest.mark.parametrize("icc", [SRGB, matrix_profile(SRGB_TO_XYZ, SRGB_CURVE)], ids=["Pillow's", "by hand"])
def test_srgb_itself_costs_no_conversion(icc: bytes) -> None:
    curves = read_curves(icc)
    assert curves is not None
    assert curves.is_srgb
    pixels = colours().astype(np.uint8)
    assert color_to_srgb(pixels, icc) is pixels
    assert np.array_equal(pixels, colours())
    grey = greys().astype(np.uint8)
    assert grey_to_srgb(grey, icc) is grey


def test_p3_is_not_taken_for_srgb_although_its_curve_is() -> None:
    curves = read_curves(P3)
    assert curves is not None
    assert not curves.is_srgb


def test_greys_stay_greys_in_every_matrix() -> None:
    grey = np.repeat(greys()[..., None], 3, -1)
    for icc in (ADOBE, P3):
        pixels = read_picture(saved(grey, "PNG", icc_profile=icc)).pixels.astype(int)
        assert np.abs(pixels - pixels[..., :1]).max() <= 1


def test_profiles_of_tables_go_through_little_cms() -> None:
    icc = table_profile(b"RGB ", lab_corners(3))
    again = read_picture(saved(colours(), "PNG", icc_profile=icc))
    expected = by_little_cms(colours(), "RGB", icc, ImageCms.Intent.PERCEPTUAL)
    assert np.array_equal(again.pixels[..., ::-1], expected)


def test_profiles_of_tables_keep_sixteen_bits() -> None:
    icc = table_profile(b"RGB ", lab_corners(3))
    again = read_picture(deep_png(colours(dtype=np.uint16), icc))
    expected = by_little_cms(colours(), "RGB", icc, ImageCms.Intent.PERCEPTUAL)
    assert again.pixels.dtype == np.uint16
    assert np.abs(again.pixels[..., ::-1] / 257 - expected).max() < 1.5
    assert len(np.unique(again.pixels)) > 1_000


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_go_through_their_presss_profile(kind: str) -> None:
    icc = table_profile(b"CMYK", lab_corners(4))
    data = saved(colours(), kind, "CMYK", icc_profile=icc)
    again = read_picture(data)
    with Image.open(io.BytesIO(data)) as image:
        inks = np.asarray(image)
    expected = by_little_cms(inks, "CMYK", icc, ImageCms.Intent.PERCEPTUAL)
    assert again.notes == ()
    assert np.array_equal(again.pixels[..., ::-1], expected)


def test_transparency_is_no_colour() -> None:
    alpha = np.broadcast_to(np.arange(56, dtype=np.uint8), (40, 56))
    again = read_picture(saved(np.dstack([colours(), alpha]), "PNG", icc_profile=ADOBE))
    assert again.alpha is not None
    assert np.array_equal(again.alpha, alpha)


@pytest.mark.parametrize(
    "icc",
    [
        b"no profile",
        ADOBE[:200],
        grey_profile(gamma_curve(2.2)),
        table_profile(b"CMYK", lab_corners(4)),
        matrix_profile(np.zeros((3, 3)), gamma_curve(2.2)),
        matrix_profile(ADOBE_TO_XYZ, gamma_curve(0)),
        matrix_profile(ADOBE_TO_XYZ, parametric_curve(1, 2.2, 0, 0)),
        matrix_profile(ADOBE_TO_XYZ, parametric_curve(9, 2.2)),
        matrix_profile(ADOBE_TO_XYZ, b"curv\x00\x00\x00\x00\xff\xff\xff\xff"),
        profile({b"desc": DESCRIPTION, b"wtpt": WHITE}),
    ],
)
def test_a_profile_of_no_use_is_ignored_with_a_note(icc: bytes) -> None:
    again = read_picture(saved(colours(), "PNG", icc_profile=icc))
    assert again.notes == IGNORED
    assert np.array_equal(again.pixels[..., ::-1], colours())


def test_a_profile_of_no_use_leaves_inks_to_plain_arithmetic() -> None:
    again = read_picture(saved(colours(), "TIFF", "CMYK", icc_profile=ADOBE))
    assert again.notes == IGNORED
    assert np.abs(again.pixels[..., ::-1].astype(int) - colours()).max() <= 2


@pytest.mark.parametrize(
    ("curve", "light"),
    [
        (parametric_curve(0, 2.0), 0.25),
        (parametric_curve(1, 2.0, 1.0, 0.0), 0.25),
        (parametric_curve(2, 2.0, 0.9, 0.0, 0.1), 0.3025),
        (SRGB_CURVE, 0.21404),
        (parametric_curve(4, 2.0, 1.0, 0.0, 0.5, 0.1, 0.0, 0.0), 0.25),
        (b"curv\x00\x00\x00\x00\x00\x00\x00\x00", 0.5),
        (b"curv\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x20\x00\xff\xff", 0.125),
    ],
)
def test_each_kind_of_curve_is_evaluated(curve: bytes, light: float) -> None:
    curves = read_curves(grey_profile(curve))
    assert curves is not None
    middle = np.interp(0.5, np.linspace(0, 1, curves.to_linear.shape[1]), curves.to_linear[0])
    assert middle == pytest.approx(light, abs=0.001)
