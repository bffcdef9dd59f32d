"""`colorise models`: the networks on this machine."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from functions.colorise.models.card import ModelCard
    from functions.colorise.models.library import Library

app = typer.Typer(help="List, fetch, import, verify and remove models.", no_args_is_help=True, rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class OutputKind(StrEnum):
    """What a network answers with; Typer wants an enumeration."""

    AB = "ab"
    BINS = "bins"


@app.command("list")
def list_models(*, as_json: AsJson = False) -> int:
    """List the models on this machine, and those that can be fetched."""
    from cli.model_table import print_table, rows_of  # noqa: PLC0415 - see above

    rows = rows_of(_library())
    if as_json:
        import json  # noqa: PLC0415 - see above

        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif sys.stdout.isatty():
        print_table(rows)
    else:
        for row in rows:
            typer.echo("\t".join(str(value) for value in row.values()))
    return ExitCode.DONE


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A model's name, or the path of an .onnx file.")],
    *,
    as_json: AsJson = False,
) -> int:
    """Show a model's card: what it is, whose it is, and what it is known to do badly."""
    from dataclasses import asdict  # noqa: PLC0415 - a millisecond of --help

    fields = asdict(_card_to_show(name))
    if as_json:
        import json  # noqa: PLC0415 - see above

        typer.echo(json.dumps(fields, indent=2, ensure_ascii=False))
        return ExitCode.DONE
    from cli.model_table import card_lines  # noqa: PLC0415 - see above

    for line in card_lines(fields):
        typer.echo(line)
    return ExitCode.DONE


@app.command()
def fetch(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|CARD.json", help="A model from the list, or a card of one.")],
    *,
    brought: Annotated[
        Path | None,
        typer.Option("--from", exists=True, file_okay=False, help="Take files that lie in this folder already."),
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option(envvar="COLORISE_MIRROR", help="A base address to try first; hashes are checked."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the files that the model was converted from.")] = False,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds without a byte after which a server has stalled.")
    ] = 30,
    tries: Annotated[int, typer.Option(min=1, help="Tries in a row for each address.")] = 3,
) -> int:
    """Fetch a model and verify it; a download that broke off continues where it was."""
    from cli.download_bar import download_bar  # noqa: PLC0415 - see above
    from cli.library import load_network  # noqa: PLC0415 - as above
    from functions.colorise.models.caffe.convert import convert  # noqa: PLC0415 - numpy and protobuf
    from functions.colorise.models.fetch import Patience, download  # noqa: PLC0415 - httpx
    from functions.colorise.models.install import fetch_model  # noqa: PLC0415 - numpy
    from functions.colorise.models.sources import FilesMissing  # noqa: PLC0415 - as above

    library = _library()
    card = _card_to_fetch(library, name)
    if _is_here(library, card):
        typer.echo(f"{card.name}: on this machine already, and intact")
        return ExitCode.DONE
    patience = Patience(stall_seconds=timeout, tries=tries)
    try:
        with download_bar(quiet=context.obj["quiet"]) as progress:
            fetch_model(
                library,
                card,
                convert=convert,
                load=load_network,
                fetch=lambda file, path: download(file, path, mirror=mirror, patience=patience, progress=progress),
                brought=brought,
                keep=keep,
            )
    except FilesMissing as error:
        typer.echo(f"colorise: {error}", err=True)
        typer.echo(error.listing(), err=True)
        return ExitCode.FAILED
    typer.echo(f"{card.name}: ready in {library.place(card.name)}")
    return ExitCode.DONE


@app.command("import")
def import_model(
    file: Annotated[Path | None, typer.Argument(metavar="FILE.onnx", exists=True, dir_okay=False)] = None,
    *,
    name: Annotated[str, typer.Option(help="The name it gets here.")],
    prototxt: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A Caffe network's layers.")
    ] = None,
    caffemodel: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Its weights.")] = None,
    points: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="An .npy file with the bins' centres, (N, 2)."),
    ] = None,
    blob: Annotated[
        str | None, typer.Option(help="The Caffe blob that is the answer, where there are several.")
    ] = None,
    side: Annotated[int | None, typer.Option(min=8, max=4096, help="Pixels the network sees a side; 256.")] = None,
    offset: Annotated[float | None, typer.Option(help="Taken from L* before the network sees it; 0.")] = None,
    scale: Annotated[float | None, typer.Option(help="Times which L* is then taken; 1.")] = None,
    output: Annotated[OutputKind | None, typer.Option(help="What it answers with; ab.")] = None,
    output_scale: Annotated[
        float | None, typer.Option(min=1e-6, help="What its a* and b* are multiplied by; 1.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(min=0.01, help="Of the mean over bins; 0.38.")] = None,
    licence: Annotated[str | None, typer.Option(help="Under which licence you have it.")] = None,
) -> int:
    """Import an .onnx file or a Caffe network (--prototxt and --caffemodel), after a trial on a grey ramp."""
    from cli.library import load_network  # noqa: PLC0415 - see above
    from functions.colorise.models.install import Description, import_caffe, import_onnx  # noqa: PLC0415 - numpy

    bins = output is OutputKind.BINS
    if bins and points is None:
        msg = "--output bins needs --points"
        raise typer.BadParameter(msg)
    if (file is None) == (prototxt is None and caffemodel is None):
        msg = "give either an .onnx file, or --prototxt and --caffemodel"
        raise typer.BadParameter(msg)
    if file is not None and points is not None and not bins:
        msg = "--points goes with --output bins, or with a Caffe network"
        raise typer.BadParameter(msg)
    library = _library()
    centres = None
    if points is not None:
        from functions.colorise.models.caffe.pair import read_points  # noqa: PLC0415 - numpy

        centres = read_points(points.read_bytes(), where=str(points))
    said: Description = Description(
        side=side,
        lightness_offset=offset,
        lightness_scale=scale,
        output=output.value if output else None,
        bins=tuple((float(a), float(b)) for a, b in centres) if bins and centres is not None else None,
        output_scale=output_scale,
        temperature=temperature,
        licence=licence,
    )
    if file is not None:
        card = import_onnx(library, name, file, said, load_network)
    elif prototxt is not None and caffemodel is not None:
        from functions.colorise.models.caffe.convert import convert  # noqa: PLC0415 - protobuf

        card = import_caffe(
            library,
            name,
            said,
            convert,
            load_network,
            prototxt=prototxt,
            caffemodel=caffemodel,
            points=centres,
            blob=blob,
        )
    else:
        msg = "--prototxt and --caffemodel go together"
        raise typer.BadParameter(msg)
    typer.echo(f"{card.name}: ready in {library.place(card.name)}")
    return ExitCode.DONE


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="All of them by default.")] = None,
) -> int:
    """Read models as if to use them, and compare size and sha256 with their cards."""
    from functions.errors import Rejected  # noqa: PLC0415 - see above

    library = _library()
    code = ExitCode.DONE
    for name in names or library.names():
        try:
            library.verify(name)
        except (Rejected, OSError) as error:
            typer.echo(f"{name}\tbad\t{error}")
            code = ExitCode.FAILED
        else:
            typer.echo(f"{name}\tok")
    return code


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="A model that was fetched or imported.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Remove a model from this machine; built-in ones stay."""
    library = _library()
    if not yes:
        if not sys.stdin.isatty():
            msg = f"removing {name} needs a yes: add -y"
            raise typer.BadParameter(msg)
        typer.confirm(f"Remove model {name} from {library.folder}?", abort=True, err=True)
    library.remove(name)
    typer.echo(f"{name}: removed")
    return ExitCode.DONE


def _library() -> "Library":
    from cli.library import open_library  # noqa: PLC0415 - see above

    return open_library()


def _card_to_show(name: str) -> "ModelCard":
    from cli.library import load_network  # noqa: PLC0415 - see above

    library = _library()
    if name.lower().endswith(".onnx"):
        return library.open(name, load_network)[0]
    offered = library.offered()
    if name in offered and name not in library.names():
        return offered[name]
    return library.find(name)


def _card_to_fetch(library: "Library", name: str) -> "ModelCard":
    from functions.colorise.models.card_file import read_card  # noqa: PLC0415 - see above
    from functions.colorise.models.install import check_not_ours  # noqa: PLC0415 - numpy

    if name.lower().endswith(".json"):
        card = read_card(Path(name))
        check_not_ours(library, card.name)
        return card
    offered = library.offered()
    if name in offered:
        return offered[name]
    card = library.find(name)  # where there is none, the error lists what there is
    library.verify(name)  # what came by another way cannot be fetched again: the error says what helps
    return card


def _is_here(library: "Library", card: "ModelCard") -> bool:
    """Whether a model of just these files is on this machine, intact."""
    from functions.colorise.models.sources import parts  # noqa: PLC0415 - see above
    from functions.errors import Rejected  # noqa: PLC0415 - see above

    try:
        here = library.find(card.name)
        library.weights(here)
    except (Rejected, OSError):
        return False
    return [file.sha256 for file in parts(here)] == [file.sha256 for file in parts(card)]
