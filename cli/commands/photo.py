"""`colorise photo`: photographs, one or thousands."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.byte_size import byte_size
from cli.commands.shared_options import Model, Output, Overwrite, Recursive, Saturation, Side, SkipExisting, Via

if TYPE_CHECKING:
    from cli.photo_job import Way


class Format(StrEnum):
    """Kinds of file that can be written."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    TIFF = "tiff"
    BMP = "bmp"
    AVIF = "avif"
    HEIC = "heic"


def photo(
    context: typer.Context,
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Pictures, folders or patterns; - is standard input.")
    ],
    output: Output = None,
    recursive: Recursive = False,
    model: Model = "small",
    saturation: Saturation = 1.0,
    size: Side = None,
    restore_tone: Annotated[
        bool, typer.Option("--restore-tone", help="Bring a faded scan's contrast back first.")
    ] = False,
    compare: Annotated[bool, typer.Option("--compare", help="Before | after in one picture.")] = False,
    format_: Annotated[Format | None, typer.Option("--format", help="Write this kind of file.")] = None,
    quality: Annotated[
        int | None, typer.Option(min=1, max=100, help="Of JPEG, WebP and AVIF; by default what suits the kind.")
    ] = None,
    max_bytes: Annotated[
        int | None,
        typer.Option(
            parser=byte_size, metavar="SIZE", help="Fit into so much, such as 5MB: less quality, then scaled."
        ),
    ] = None,
    max_side: Annotated[
        int | None, typer.Option(min=16, help="Scale results down to this longer side, pixels.")
    ] = None,
    mark: Annotated[bool, typer.Option("--mark", help="A small mark in the corner: coloured by a machine.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Colour pictures that are in colour already.")] = False,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON a picture on standard output.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Pictures at a time.")] = None,
    max_megapixels: Annotated[float, typer.Option(min=0.001, help="Refuse larger pictures.")] = 100.0,
    strip: Annotated[bool, typer.Option("--strip", help="Copy no metadata (places are never copied).")] = False,
    require_gpu: Annotated[bool, typer.Option("--require-gpu", help="Fail where no GPU runs.")] = False,
    via: Via = None,
) -> int:
    """Colour photographs."""
    from cli.photo_batch import colour_all, colour_stream  # noqa: PLC0415 - json and more
    from cli.photo_job import Batch  # noqa: PLC0415 - as above
    from cli.sources import STDIN, Usage  # noqa: PLC0415 - as above
    from functions.colorise.photo import Wishes  # noqa: PLC0415 - numpy and cv2
    from functions.colorise.picture_file import Limits  # noqa: PLC0415 - as above

    wishes = Wishes(
        kind=format_.value if format_ else None,
        quality=quality,
        saturation=saturation,
        restore_tone=restore_tone,
        compare=compare,
        force=force,
        keep_metadata=not strip,
        limits=Limits(max_pixels=round(max_megapixels * 1e6)),
        max_side=max_side,
        max_bytes=max_bytes,
        mark=mark,
    )
    batch = Batch(
        wishes=wishes,
        model=model,
        side=size,
        require_gpu=require_gpu,
        jobs=jobs,
        overwrite=overwrite,
        skip_existing=skip_existing,
        as_json=as_json,
        quiet=bool((context.obj or {}).get("quiet")),
    )
    way = _way(via)
    if STDIN in sources:
        if len(sources) > 1:
            msg = "- (standard input) stands alone: it is one picture"
            raise Usage(msg)
        return colour_stream(batch, None if output in (None, STDIN) else Path(str(output)), way=way)
    if output == STDIN and as_json:
        msg = "-o - and --json both want standard output"
        raise Usage(msg)
    return colour_all(batch, sources, recursive=recursive, output=output, way=way)


def _way(via: str | None) -> "Way":
    """Where the pictures are coloured."""
    if via is None:
        from cli.photo_here import here  # noqa: PLC0415 - onnxruntime

        return here
    from cli.via_address import pipeline_at  # noqa: PLC0415 - pydantic, and the clients of queue and store
    from cli.via_photos import photos_via  # noqa: PLC0415 - as above

    return photos_via(pipeline_at(via))
