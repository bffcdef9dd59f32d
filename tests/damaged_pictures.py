"""Damaged picture files by the thousand, and the program that reads them: a crash of native code ends it alone.

Run as `python -m tests.damaged_pictures SEED COUNT LARGE_BYTES`. It prints a line for each file: what it was, what
was done to it, and what `read_picture` made of it. Nothing else is printed, by no library.
"""

from __future__ import annotations

import random
import struct
import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np

from functions.colorise.picture_file import KINDS, Limits, Metadata, Picture, Provenance, read_picture, write_picture
from functions.colorise.picture_file import opencv as picture_opencv
from functions.errors import Rejected
from tests.picture_files import colours, greys, png, png_chunk, saved, saved_frames, tiff, with_jpeg_segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LIMITS = Limits(max_pixels=4_000_000)
NUMBERS = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\x00\x00\x00")


def whole_files() -> dict[str, bytes]:
    """One file or more of every kind, depth and layout that is read."""
    provenance = Provenance("small", "ab" * 32)
    files = {}
    for kind in KINDS:
        for dtype in (np.uint8, np.uint16):
            pixels = colours(dtype=dtype)
            alpha = np.full((40, 56), np.iinfo(dtype).max // 2, dtype)
            seen = Picture(pixels, alpha, "png", Metadata(dpi=(300, 300)))
            files[f"{kind} {dtype.__name__}"] = write_picture(seen, kind=kind, provenance=provenance)
        files[f"{kind} grey"] = write_picture(Picture(greys(), None, "png", Metadata()), kind=kind)
    files |= {
        "jpeg progressive": saved(colours(), "JPEG", progressive=True),
        "jpeg restarts": saved(colours(), "JPEG", restart_marker_blocks=2),
        "jpeg cmyk": saved(colours(), "JPEG", "CMYK"),
        "jpeg iptc": with_jpeg_segment(
            saved(colours(), "JPEG"), 0xED, b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + bytes(9)
        ),
        "png 1": saved(greys(), "PNG", "1"),
        "png palette": saved(colours(), "PNG", "P"),
        "png key": png(greys(), 0, 8, before=png_chunk(b"tRNS", b"\x00\x07")),
        "png animation": saved_frames([colours(), 255 - colours()], "PNG"),
        "gif animation": saved_frames([colours(), 255 - colours()], "GIF"),
        "webp animation": saved_frames([colours(), 255 - colours()], "WEBP"),
        "tiff pages": saved_frames([colours(), 255 - colours()], "TIFF"),
        "tiff fax": saved(greys(), "TIFF", "1", compression="group4"),
        "tiff cmyk": saved(colours(), "TIFF", "CMYK"),
        "tiff palette": saved(colours(), "TIFF", "P"),
        "tiff big-endian": tiff(colours(dtype=np.uint16), 2, sign=">", deflate=True),
        "bmp 1": saved(greys(), "BMP", "1"),
        "bmp palette": saved(colours(), "BMP", "P"),
    }
    for compression in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg", "zstd"):
        files[f"tiff {compression}"] = saved(colours(), "TIFF", compression=compression)
    return files


def odd_files() -> dict[str, bytes]:
    """Files that are odd rather than damaged."""
    jpeg, whole_png = saved(colours(), "JPEG"), saved(colours(), "PNG")
    odd = {
        "nothing": b"",
        "zeros": bytes(1000),
        "a text": b"BM, GIF8, \xff\xd8: none of them",
        "png in jpeg": jpeg + whole_png,
        "jpeg in png": whole_png + jpeg,
        "jpeg and html": jpeg + b"<html><script>",
        "65,500 wide": png(greys(), 0, 8, size=(65_500, 61)),
        "65,535 high": png(greys(), 0, 8, size=(61, 65_535)),
    }
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"):
        odd[f"one pixel {kind}"] = saved(colours(1, 1), kind)
        if kind != "WEBP":  # which holds 16,383 pixels a side
            odd[f"20,000 wide {kind}"] = saved(colours(1, 20_000), kind)
            odd[f"20,000 high {kind}"] = saved(colours(20_000, 1), kind)
    return odd


def with_right_checksums(data: bytes) -> bytes:
    """A PNG whose checksums agree with its chunks, as far as they can be followed: damage that is meant."""
    mended, at = data[:8], 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        mended += data[at:end] + struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return mended + data[at:]


def cut(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    del data[chance.randrange(len(data)) :]


def flip(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    for _flip in range(chance.choice((1, 1, 2, 5, 20))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_in_front(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    for _flip in range(chance.choice((1, 1, 2, 5))):
        data[chance.randrange(min(len(data), 200))] ^= 1 << chance.randrange(8)


def lie(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    size = chance.choice((1, 2, 4))
    at = chance.randrange(min(len(data), 300))
    data[at : at + size] = chance.choice(NUMBERS)[:size]


def lose(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 64)]


def insert(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.randrange(1, 32))


def graft(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    other = chance.choice(others)
    data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]


DAMAGE: Mapping[str, Callable[[bytearray, random.Random, list[bytes]], None]] = {
    "cut": cut,
    "flip": flip,
    "flip in front": flip_in_front,
    "lie": lie,
    "lose": lose,
    "insert": insert,
    "graft": graft,
}


def judged(data: bytes) -> str:
    """What `read_picture` makes of a file, in one line; any other error ends the program."""
    try:
        seen = read_picture(data, LIMITS)
    except Rejected as error:
        return f"{error.code}: {error.reason}"
    assert seen.pixels.dtype in (np.uint8, np.uint16)
    assert seen.pixels.shape[2:] in ((), (3,))
    assert seen.alpha is None or (seen.alpha.shape, seen.alpha.dtype) == (seen.pixels.shape[:2], seen.pixels.dtype)
    checksum = zlib.crc32(seen.pixels.tobytes())
    return f"picture: {seen.pixels.shape} {seen.pixels.dtype} {checksum:08x} {'; '.join(seen.notes)}"


def tell(name: str, damage: str, data: bytes) -> None:
    answer = judged(data)
    assert answer.splitlines() == [answer], answer
    assert answer.partition(": ")[2], answer
    sys.stdout.write(f"{name}\t{damage}\t{answer}\n")
    sys.stdout.flush()  # before the next file has a chance to end the program


def damaged(seed: int, count: int) -> Iterator[tuple[str, str, bytes]]:
    """Name, damage and bytes of so many damaged files."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    files = whole_files()
    for _ in range(count):
        name, damage = chance.choice(list(files)), chance.choice(list(DAMAGE))
        hurt = bytearray(files[name])
        DAMAGE[damage](hurt, chance, list(files.values()))
        mended = name.startswith("png") and chance.random() < 0.7
        yield name, damage, with_right_checksums(bytes(hurt)) if mended else bytes(hurt)


def main(seed: int, count: int, large_bytes: int) -> None:
    picture_opencv._LARGE_BYTES = large_bytes  # type: ignore[misc]  # which of two ways pictures go into OpenCV
    for name, data in (whole_files() | odd_files()).items():
        tell(name, "as it is", data)
    for name, damage, data in damaged(seed, count):
        tell(name, damage, data)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
