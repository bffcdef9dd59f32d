"""`colorise video`: films, one or many."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.shared_options import Model, Output, Overwrite, Recursive, Saturation, Side, SkipExisting, Via


class Codec(StrEnum):
    """Codecs that can be written."""

    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"
    FFV1 = "ffv1"
    PRORES = "prores"


class Container(StrEnum):
    """Kinds of film that can be written."""

    MP4 = "mp4"
    MOV = "mov"
    MKV = "mkv"
    WEBM = "webm"
    GIF = "gif"
    Y4M = "y4m"


class Deinterlacing(StrEnum):
    """Which films are deinterlaced."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


def video(
    context: typer.Context,
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Films, folders or patterns; - is standard input.")
    ],
    output: Output = None,
    recursive: Recursive = False,
    model: Model = "small",
    saturation: Saturation = 1.0,
    size: Side = None,
    every: Annotated[
        str, typer.Option(metavar="auto|N", help="Frames between those the network looks at; 1 is every frame.")
    ] = "auto",
    smooth: Annotated[
        float | None, typer.Option(min=0, max=1, help="0 lets colours waver, 1 holds them longest.")
    ] = None,
    codec: Annotated[Codec | None, typer.Option(help="h264 where the container holds it.")] = None,
    format_: Annotated[Container | None, typer.Option("--format", help="Write this kind of film.")] = None,
    crf: Annotated[int | None, typer.Option(min=0, max=63, help="Quality, 0 is best; by default what suits.")] = None,
    preset: Annotated[str | None, typer.Option(help="The encoder's speed, such as veryfast or slow.")] = None,
    deinterlace: Annotated[Deinterlacing, typer.Option(help="Make whole frames of fields.")] = Deinterlacing.AUTO,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="Seconds or [HH:]MM:SS to begin at.")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Seconds or [HH:]MM:SS to end at.")] = None,
    preview: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.001, help="Colour only so much, to see how it looks.")
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Before | after in one film.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Colour films that are in colour already.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; by default one a core.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Colour anew what an earlier run has finished.")] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare the result with the source; with SOURCE RESULT, do nothing else."),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page that shows before and after.")
    ] = None,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    as_json: Annotated[bool, typer.Option("--json", help="Progress and results as JSON on standard output.")] = False,
    via: Via = None,
) -> int:
    """Colour films. Ctrl-C loses nothing: the same command goes on where it was."""
    from cli.film_batch import colour_films, prove_film  # noqa: PLC0415 - numpy, cv2 and PyAV
    from cli.film_options import FilmOptions  # noqa: PLC0415 - as above
    from cli.film_times import ends_after, seconds_of  # noqa: PLC0415 - as above
    from cli.sources import STDIN, Usage  # noqa: PLC0415 - as above
    from functions.video.calm import Calm  # noqa: PLC0415 - as above

    if every != "auto" and not (every.isdecimal() and int(every)):
        msg = f"--every {every}: give auto, or a number of frames from 1 on"
        raise Usage(msg)
    if preview is not None and end is not None:
        msg = "--preview and --end both say where to end: give one"
        raise Usage(msg)
    if verify and compare:
        msg = "--verify compares films of one size: leave out --compare"
        raise Usage(msg)
    first, last = seconds_of(start, "--start"), seconds_of(end, "--end")
    if preview is not None:
        last = ends_after(first, preview)
    calm = Calm(every=None if every == "auto" else int(every))
    options = FilmOptions(
        model=model,
        side=size,
        force=force,
        saturation=saturation,
        calm=calm if smooth is None else Calm(every=calm.every, smooth=smooth),
        codec=codec.value if codec else None,
        container=format_.value if format_ else None,
        crf=crf,
        preset=preset,
        deinterlace=deinterlace.value,
        start=first,
        end=last,
        is_preview=preview is not None,
        compare=compare,
        jobs=jobs,
        fresh=fresh,
        report=report,
        verify=verify,
        as_json=as_json,
        overwrite=overwrite,
        skip_existing=skip_existing,
        quiet=bool((context.obj or {}).get("quiet")),
    )
    pair = len(sources) == 2 and STDIN not in sources and all(Path(word).is_file() for word in sources)  # noqa: PLR2004 - SOURCE RESULT
    if verify and pair and output is None:
        return prove_film(options, sources)
    if via is None:
        return colour_films(options, sources, recursive=recursive, output=output)
    from cli.via_address import pipeline_at  # noqa: PLC0415 - pydantic, and the clients of queue and store
    from cli.via_films import films_via  # noqa: PLC0415 - as above

    return colour_films(options, sources, recursive=recursive, output=output, way=films_via(pipeline_at(via)))
