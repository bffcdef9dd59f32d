"""Claims about picture files that fit into limits."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.color.color_space import luma_of
from functions.color.mark import marked
from functions.colorise.fitting import LEAST_QUALITY, FileWishes, write_fitting
from functions.colorise.picture_file import KINDS, Metadata, Picture, Provenance, read_picture, write_picture
from functions.colorise.picture_file.encoder import QUALITY
from functions.colorise.picture_file.metadata import DIGITAL_SOURCE_TYPE
from functions.errors import Rejected
from tests.pictures import in_colour, resized

if TYPE_CHECKING:
    from tests.pictures import Bytes

TAKEN = ("jpeg", "png", "webp")
PROVENANCE = Provenance(model="small", model_sha256="ab" * 32)


def picture(kind: str = "jpeg", *, alpha: bool = False, lossless: bool = False) -> Picture:
    pixels = in_colour("astronaut")
    clear: Bytes | None = None
    if alpha:
        clear = np.full(pixels.shape[:2], 255, np.uint8)
        clear[:, :200] = 0
    return Picture(pixels, clear, kind, Metadata(dpi=(300.0, 300.0)), lossless=lossless)


def usual(of: Picture, kind: str, quality: int | None = None) -> bytes:
    return write_picture(of, kind=kind, quality=quality, provenance=PROVENANCE)


def test_without_limits_the_file_is_what_it_always_was() -> None:
    for kind in ("jpeg", "png", "webp", "tiff", "bmp", "gif"):
        of = picture(kind)
        written = write_fitting(of, FileWishes(), PROVENANCE)
        assert (written.data, written.kind, written.notes) == (usual(of, kind), kind, ()), kind


def test_limits_that_hold_anyway_change_nothing() -> None:
    data = usual(picture(), "jpeg")
    wishes = FileWishes(kinds=TAKEN, max_side=512, max_bytes=len(data))
    assert write_fitting(picture(), wishes, PROVENANCE) == (data, "jpeg", 512, 512, ())


def test_a_file_that_is_a_byte_too_large_loses_as_little_quality_as_it_can() -> None:
    limit = len(usual(picture(), "jpeg")) - 1
    written = write_fitting(picture(), FileWishes(max_bytes=limit), PROVENANCE)
    (note,) = written.notes
    quality = int(note.split("quality ")[1].split()[0])
    assert written.data == usual(picture(), "jpeg", quality)
    assert len(written.data) <= limit < len(usual(picture(), "jpeg", quality + 1))
    assert (written.width, written.height) == (512, 512)


@pytest.mark.parametrize("kind", sorted(LEAST_QUALITY))
def test_quality_goes_no_lower_than_it_may_and_then_pixels_go(kind: str) -> None:
    least = len(usual(picture(), kind, LEAST_QUALITY[kind]))
    whole = write_fitting(picture(kind), FileWishes(max_bytes=least), PROVENANCE)
    assert (whole.width, len(whole.data)) == (512, least)
    noted = int(whole.notes[-1].split("quality ")[1].split()[0])
    assert whole.data == usual(picture(), kind, noted)
    assert 0 <= noted - LEAST_QUALITY[kind] <= 1  # AVIF and HEIC know fewer steps than a hundred
    smaller = write_fitting(picture(kind), FileWishes(max_bytes=least - 1), PROVENANCE)
    assert smaller.width < 512
    assert len(smaller.data) < least
    assert "scaled down from 512 x 512" in smaller.notes[0]
    assert read_picture(smaller.data).pixels.shape == (smaller.height, smaller.width, 3)


@pytest.mark.parametrize("share", [0.7, 0.4, 0.2, 0.1, 0.05])
@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_most_of_the_room_is_used(kind: str, share: float) -> None:
    limit = int(len(usual(picture(), kind)) * share)
    written = write_fitting(picture(kind), FileWishes(kind=kind, max_bytes=limit), PROVENANCE)
    assert 0.6 * limit < len(written.data) <= limit
    assert written.kind == kind


def test_what_quality_was_asked_for_is_not_exceeded() -> None:
    limit = len(usual(picture(), "jpeg", 50)) - 1
    written = write_fitting(picture(), FileWishes(quality=50, max_bytes=limit), PROVENANCE)
    assert len(written.data) <= limit
    assert written.width < 512
    assert len(write_fitting(picture(), FileWishes(quality=50), PROVENANCE).data) == limit + 1


@pytest.mark.parametrize("kind", ["png", "tiff", "bmp"])
def test_a_lossless_file_that_is_too_large_becomes_jpeg_of_the_usual_quality(kind: str) -> None:
    limit = len(usual(picture(), "png")) - 1
    written = write_fitting(picture(kind), FileWishes(max_bytes=limit), PROVENANCE)
    assert (written.kind, written.data) == ("jpeg", usual(picture(), "jpeg"))
    (note,) = written.notes
    assert note.startswith(f"written as JPEG: as {KINDS[kind]} it has ")


def test_with_transparency_it_becomes_webp_instead() -> None:
    of = picture("png", alpha=True)
    limit = len(usual(of, "png")) - 1
    written = write_fitting(of, FileWishes(max_bytes=limit), PROVENANCE)
    assert (written.kind, written.width) == ("webp", 512)
    assert read_picture(written.data).alpha is not None
    only = write_fitting(of, FileWishes(kinds=("jpeg", "png"), max_bytes=limit), PROVENANCE)
    assert only.kind == "png"
    assert only.width < 512
    assert read_picture(only.data).alpha is not None


def test_a_kind_that_was_asked_for_is_kept_whatever_it_costs() -> None:
    limit = len(usual(picture(), "png")) // 2
    written = write_fitting(picture("png"), FileWishes(kind="png", max_bytes=limit), PROVENANCE)
    assert written.kind == "png"
    assert written.width < 512


def test_lossless_webp_becomes_lossy_and_says_so() -> None:
    of = picture("png", lossless=True)
    limit = len(usual(of, "webp")) - 1
    written = write_fitting(of, FileWishes(kind="webp", max_bytes=limit), PROVENANCE)
    assert written.data == usual(of, "webp", QUALITY["webp"])
    assert "quality 90" in written.notes[0]


@pytest.mark.parametrize(
    ("source", "alpha", "kinds", "kind"),
    [
        ("webp", 0, TAKEN, "webp"),
        ("png", 0, TAKEN, "png"),
        ("tiff", 0, TAKEN, "jpeg"),
        ("heic", 0, TAKEN, "jpeg"),
        ("gif", 0, ("png", "jpeg"), "png"),
        ("gif", 1, TAKEN, "png"),
        ("tiff", 1, ("jpeg",), "jpeg"),
    ],
)
def test_the_kind_is_the_sources_where_it_is_taken_and_else_the_first_that_holds_it(
    source: str, alpha: int, kinds: tuple[str, ...], kind: str
) -> None:
    written = write_fitting(picture(source, alpha=bool(alpha)), FileWishes(kinds=kinds), PROVENANCE)
    assert written.kind == read_picture(written.data).kind == kind
    assert [note.startswith("written as ") for note in written.notes] == ([] if kind == source else [True])


def test_the_longer_side_is_made_to_fit_and_the_print_stays_as_large() -> None:
    of = replace(picture("png"), pixels=in_colour("coffee"))
    written = write_fitting(of, FileWishes(max_side=300), PROVENANCE)
    again = read_picture(written.data)
    assert (written.height, written.width) == again.pixels.shape[:2] == (200, 300)
    assert again.metadata.dpi == pytest.approx((150, 150), abs=0.1)
    wanted = resized(luma_of(of.pixels).astype(np.uint8), (200, 300)).astype(int)
    assert np.abs(luma_of(again.pixels).astype(int) - wanted).max() <= 1
    (note,) = written.notes
    assert note == "scaled down from 600 x 400 to 300 x 200 pixels, as was asked for"


def test_the_mark_is_drawn_after_scaling() -> None:
    written = write_fitting(picture("png"), FileWishes(max_side=200, mark=True), PROVENANCE)
    plain = write_fitting(picture("png"), FileWishes(max_side=200), PROVENANCE)
    expected, _ = marked(read_picture(plain.data).pixels)
    assert (read_picture(written.data).pixels == expected).all()
    limit = len(plain.data) // 2
    squeezed = write_fitting(picture("png"), FileWishes(kind="png", max_bytes=limit, mark=True), PROVENANCE)
    bare = write_fitting(picture("png"), FileWishes(kind="png", max_side=squeezed.width), PROVENANCE)
    expected, _ = marked(read_picture(bare.data).pixels)
    assert (read_picture(squeezed.data).pixels == expected).all()


def test_what_cannot_be_made_to_fit_is_refused_in_one_line() -> None:
    for kind in ("jpeg", "png", "gif"):
        with pytest.raises(Rejected, match=r"cannot be made to fit into 900 bytes: with ") as refused:
            write_fitting(picture(kind), FileWishes(max_bytes=900), PROVENANCE)
        assert refused.value.code == "too-large"
        assert "\n" not in refused.value.reason


def test_every_way_a_file_is_made_to_fit_says_where_its_colours_come_from() -> None:
    whole = len(usual(picture(), "png"))
    for wishes in (
        FileWishes(kinds=TAKEN),
        FileWishes(max_side=100),
        FileWishes(max_bytes=whole // 2),
        FileWishes(max_bytes=whole // 40),
        FileWishes(kind="png", max_bytes=whole // 4, mark=True, keep_metadata=False),
        FileWishes(kind="webp", max_bytes=whole // 9),
        FileWishes(kind="avif", max_bytes=whole // 9),
    ):
        written = write_fitting(picture("png", lossless=True), wishes, PROVENANCE)
        assert DIGITAL_SOURCE_TYPE.encode() in written.data, wishes


def test_equal_wishes_give_equal_bytes() -> None:
    wishes = FileWishes(max_bytes=20_000, mark=True)
    assert write_fitting(picture(), wishes, PROVENANCE) == write_fitting(picture(), wishes, PROVENANCE)


def test_colouring_without_limits_needs_no_more_modules_than_numpy_and_opencv() -> None:
    program = "import sys, functions.colorise.fitting; print(sorted({'PIL', 'av', 'pydantic'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "[]"
