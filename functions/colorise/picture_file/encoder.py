"""Pixels → bytes of a picture file, with what the format can say about them.

What a format cannot hold is given up like this: 16 bits become 8 (all but PNG and TIFF; AVIF keeps 10), rounded;
transparent pixels are laid over white in JPEG, and in GIF become wholly transparent or wholly opaque; metadata goes
into all but BMP (density only) and GIF (none).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, cast

import cv2
import numpy as np

from functions.colorise.picture_file.containers import bmp, jpeg, png, tiff, webp
from functions.colorise.picture_file.header import KINDS
from functions.colorise.picture_file.pillow import NEEDS_HEIF
from functions.colorise.picture_file.profile import stripes
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from functions.color.color_space import Pixels
    from functions.colorise.picture_file.metadata import Metadata

QUALITY: Final[Mapping[str, int]] = {"jpeg": 92, "webp": 90, "avif": 80, "heic": 80}
"""Where the caller does not say; 0 to 100. Each is about where its format's losses stop being seen at full size."""

FULL_CHROMA_QUALITY: Final = 95
"""JPEG from this quality on keeps colour at full size (4:4:4). Below, 4:2:0 saves a third of the bytes; the model's
chroma is smooth, and was upsampled itself."""

_MAX_SIDE: Final[Mapping[str, int]] = {"jpeg": 65_500, "webp": webp.SIDE, "gif": 65_535, "heic": 16_384, "avif": 65_535}
"""The largest side that each format, or the library that writes it, can hold."""

LOSSLESS: Final = 101
"""A quality for WebP: OpenCV takes anything above 100 for it."""

_AVIF_SPEED: Final = 8
"""0 slowest to 10: on photographs 6 takes four times as long for 2 % fewer bytes."""

_DEFLATE: Final = 8
_HORIZONTAL: Final = 2
"""TIFF's numbers for the compression and for storing differences between neighbours."""

_GIF_COLORS: Final = 255
"""One of 256 is kept for transparency."""


def encode(pixels: Pixels, alpha: Pixels | None, *, kind: str, quality: int | None, metadata: Metadata) -> bytes:
    """A picture file.

    Args:
        pixels: (H, W) or (H, W, 3) blue, green, red; sRGB; uint8 or uint16.
        alpha: (H, W) of the same type, or None.
        kind: one of `header.KINDS`.
        quality: 0 to 100 for the lossy kinds, or `LOSSLESS` for WebP; None for the kind's own.
        metadata: what the file shall say.

    Raises:
        Rejected: the format cannot hold a picture of this size (code `too-large`), the kind is unknown (code
            `unknown-kind`), or needs a library that is not installed (code `needs-heif`).
    """
    if kind not in _ENCODERS:
        msg = f"pictures are not written as {kind!r}; choose one of {', '.join(_ENCODERS)}"
        raise Rejected(msg, code="unknown-kind")
    height, width = pixels.shape[:2]
    largest = _MAX_SIDE.get(kind)
    if largest is not None and max(width, height) > largest:
        size = f"{width:,} x {height:,}"
        msg = f"{KINDS[kind]} holds at most {largest:,} pixels a side, and this picture has {size}: write PNG or TIFF"
        raise Rejected(msg, code="too-large")
    quality = QUALITY.get(kind, 0) if quality is None else quality
    return _ENCODERS[kind](pixels, alpha, quality, metadata)


def _jpeg(pixels: Pixels, alpha: Pixels | None, quality: int, metadata: Metadata) -> bytes:
    full = quality >= FULL_CHROMA_QUALITY
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    parameters = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    encoded = _opencv("jpeg", _on_white(_shallow(pixels), alpha), parameters)
    packet = metadata.packet(jpeg.XMP_BYTES)
    return jpeg.with_metadata(encoded, exif=metadata.exif_bytes(), xmp=packet, dpi=metadata.dpi)


def _png(pixels: Pixels, alpha: Pixels | None, _: int, metadata: Metadata) -> bytes:
    # The average filter and the fastest deflate: on photographs smaller and faster than OpenCV's own choice.
    parameters = [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG]
    encoded = _opencv("png", _stacked(pixels, alpha), parameters)
    return png.with_metadata(encoded, exif=metadata.exif_bytes(), xmp=metadata.packet(), dpi=metadata.dpi)


def _webp(pixels: Pixels, alpha: Pixels | None, quality: int, metadata: Metadata) -> bytes:
    encoded = _opencv("webp", _stacked(_shallow(pixels), alpha), [cv2.IMWRITE_WEBP_QUALITY, quality])
    return webp.with_metadata(
        encoded,
        size=(pixels.shape[1], pixels.shape[0]),
        alpha=alpha is not None,
        exif=metadata.exif_bytes(),
        xmp=metadata.packet(),
    )


def _tiff(pixels: Pixels, alpha: Pixels | None, _: int, metadata: Metadata) -> bytes:
    parameters = [cv2.IMWRITE_TIFF_COMPRESSION, _DEFLATE, cv2.IMWRITE_TIFF_PREDICTOR, _HORIZONTAL]
    if metadata.dpi is not None:
        across, down = (min(max(round(side), 1), 2**31 - 1) for side in metadata.dpi)
        parameters += [cv2.IMWRITE_TIFF_XDPI, across, cv2.IMWRITE_TIFF_YDPI, down, cv2.IMWRITE_TIFF_RESUNIT, 2]
    return tiff.with_metadata(
        _opencv("tiff", _stacked(pixels, alpha), parameters),
        image=metadata.exif.image,
        exposure=metadata.exif.exposure,
        xmp=metadata.packet(),
        alpha=alpha is not None,
    )


def _bmp(pixels: Pixels, alpha: Pixels | None, _: int, metadata: Metadata) -> bytes:
    return bmp.with_metadata(_opencv("bmp", _stacked(_shallow(pixels), alpha), []), dpi=metadata.dpi)


def _gif(pixels: Pixels, alpha: Pixels | None, _: int, metadata: Metadata) -> bytes:  # noqa: ARG001 - as the others
    from PIL import Image  # noqa: PLC0415 - Pillow is slow to import

    shallow = _shallow(pixels)
    image = Image.fromarray(shallow if shallow.ndim == 2 else cv2.cvtColor(shallow, cv2.COLOR_BGR2RGB))  # noqa: PLR2004 - grey
    if image.mode == "RGB":
        # An octree is fast, and seen from afar the dithered picture is nearer to the original than by median cut,
        # which can take half a minute for a colourful photograph.
        palette = image.quantize(_GIF_COLORS, Image.Quantize.FASTOCTREE)
        image = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    if alpha is None:
        transparent = {}
    else:
        image = image.convert("P") if image.mode == "L" else image
        codes = np.array(image)
        np.minimum(codes, _GIF_COLORS - 1, out=codes)
        codes[alpha < (np.iinfo(alpha.dtype).max + 1) // 2] = _GIF_COLORS
        colors = image.getpalette()
        image = Image.fromarray(codes, "P")
        image.putpalette(colors or [])
        transparent = {"transparency": _GIF_COLORS}
    Image.preinit()  # registers GIF and four more, and nothing else
    written = io.BytesIO()
    image.save(written, "GIF", **transparent)
    return written.getvalue()


def _avif(pixels: Pixels, alpha: Pixels | None, quality: int, metadata: Metadata) -> bytes:
    parameters = [cv2.IMWRITE_AVIF_QUALITY, quality, cv2.IMWRITE_AVIF_SPEED, _AVIF_SPEED]
    stacked = _stacked(pixels, alpha)
    if stacked.dtype == np.uint16:
        stacked = _ten_bits(stacked)
        parameters += [cv2.IMWRITE_AVIF_DEPTH, 10]
    said = [
        (kind, payload)
        for kind, payload in (
            (cv2.IMAGE_METADATA_EXIF, metadata.exif_bytes()),
            (cv2.IMAGE_METADATA_XMP, metadata.packet()),
        )
        if payload
    ]
    done, encoded = cv2.imencodeWithMetadata(
        ".avif",
        stacked,
        [kind for kind, _ in said],
        [np.frombuffer(payload, np.uint8) for _, payload in said],
        parameters,
    )
    return bytes(_written("avif", done=done, encoded=encoded))


def _heic(pixels: Pixels, alpha: Pixels | None, quality: int, metadata: Metadata) -> bytes:
    try:
        import pillow_heif  # noqa: PLC0415 - optional
    except ImportError as error:
        raise Rejected(NEEDS_HEIF, code="needs-heif") from error
    stacked = np.ascontiguousarray(_stacked(_shallow(pixels), alpha))
    mode = {2: "L", 3: "BGR", 4: "BGRA"}[stacked.ndim if stacked.ndim == 2 else stacked.shape[2]]  # noqa: PLR2004 - grey
    picture = pillow_heif.from_bytes(mode, (pixels.shape[1], pixels.shape[0]), stacked.data)
    written = io.BytesIO()
    picture.save(written, quality=quality, exif=metadata.exif_bytes() or None, xmp=metadata.packet() or None)
    return written.getvalue()


_ENCODERS: Final[Mapping[str, Callable[[Pixels, Pixels | None, int, Metadata], bytes]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "tiff": _tiff,
    "bmp": _bmp,
    "gif": _gif,
    "heic": _heic,
    "avif": _avif,
}


def _opencv(kind: str, stacked: Pixels, parameters: list[int]) -> memoryview:
    """The file as OpenCV writes it, without a copy: it may be half as large as the pixels."""
    done, encoded = cv2.imencode(f".{kind}", stacked, parameters)
    return _written(kind, done=done, encoded=encoded)


def _written(kind: str, *, done: bool, encoded: Any) -> memoryview:
    if not done:
        msg = f"the picture cannot be written as {KINDS[kind]}"
        raise Rejected(msg, code="unwritable")
    view: memoryview = encoded.data
    return view.cast("B")


def _shallow(pixels: Pixels) -> Pixels:
    """8 bits, rounded; the same array where it has them already."""
    return pixels if pixels.dtype == np.uint8 else cast("Pixels", cv2.convertScaleAbs(pixels, alpha=255 / 65_535))


def _ten_bits(stacked: Pixels) -> Pixels:
    """16 bits to 10, rounded."""
    shallow = np.empty_like(stacked)
    for rows in stripes(stacked):
        shallow[rows] = (stacked[rows].astype(np.uint32) * 1023 + 32_767) // 65_535
    return shallow


def _stacked(pixels: Pixels, alpha: Pixels | None) -> Pixels:
    """(H, W), (H, W, 3) or, where there is transparency, (H, W, 4) blue, green, red, alpha."""
    if alpha is None:
        return pixels
    alpha = alpha if alpha.dtype == pixels.dtype else _shallow(alpha)
    channels = [pixels] * 3 if pixels.ndim == 2 else list(cv2.split(pixels))  # noqa: PLR2004 - grey
    return cast("Pixels", cv2.merge([*channels, alpha]))


def _on_white(pixels: Pixels, alpha: Pixels | None) -> Pixels:
    """8-bit pixels as they look on white paper."""
    if alpha is None:
        return pixels
    opaque = _shallow(alpha)
    paper = np.empty_like(pixels)
    for rows in stripes(pixels):
        share = opaque[rows].astype(np.uint16)
        share = share if pixels.ndim == 2 else share[..., None]  # noqa: PLR2004 - grey
        paper[rows] = (pixels[rows] * share + 255 * (255 - share) + 127) // 255
    return paper
