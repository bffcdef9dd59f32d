"""Options that several commands have in common, as Typer reads them."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Output: TypeAlias = Annotated[
    str | None,
    typer.Option("-o", "--output", help="A file, a folder, or - ; by default <stem>.color.<ext> beside the source."),
]
Recursive: TypeAlias = Annotated[bool, typer.Option("-r", "--recursive", help="Folders within folders too.")]
Model: TypeAlias = Annotated[str, typer.Option(help="A name from `colorise models list`, or an .onnx file.")]
Saturation: TypeAlias = Annotated[float, typer.Option(min=0, max=2, help="0 is grey, 1 normal, 2 vivid.")]
Side: TypeAlias = Annotated[
    int | None, typer.Option(min=32, max=1024, help="Network side in pixels; smaller is calmer and paler.")
]
Overwrite: TypeAlias = Annotated[bool, typer.Option("-y", "--overwrite", help="Replace results that exist.")]
SkipExisting: TypeAlias = Annotated[
    bool, typer.Option("--skip-existing", help="Leave results that exist (always so for folders).")
]
Via: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS|up", help="Send the work to a queue, such as nats://host:4222, or to `colorise up`."),
]
UpWorkers: TypeAlias = Annotated[
    str, typer.Option("--workers", "-w", metavar="auto|N", help="Processes that colour; auto is one a core.")
]
UpData: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--data", envvar="COLORISE_DATA", help="Folder where everything is kept; your own data folder by default."
    ),
]
UpAsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="A line of JSON on standard output for all that happens.")
]
