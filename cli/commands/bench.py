"""`colorise bench`: speed as ratios, measured side by side in one run."""

from enum import StrEnum
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


@app.callback()
def bench() -> None:
    """Keep `photo` a word of its own although it is the only one."""


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
    from cli.cores import usable_cores  # noqa: PLC0415 - with it
    from cli.exit_codes import ExitCode  # noqa: PLC0415 - with it

    parts = [part.value for part in only or Part]
    rows = measure_photos(parts, rounds=rounds, threads=threads or usable_cores(), model=model, opencv4=opencv4)
    print_rows(rows, as_json=as_json)
    return ExitCode.DONE
