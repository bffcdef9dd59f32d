"""The `colorise` command: its words, and how every failure becomes one line and a number."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer
from typer.exceptions import Abort, TyperException

from cli.commands import bench, drill, jobs, models
from cli.commands.bot import bot
from cli.commands.demo import demo
from cli.commands.doctor import doctor
from cli.commands.photo import photo
from cli.commands.up import up
from cli.commands.video import video
from cli.exit_codes import ExitCode
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="colorise",
    help="Black-and-white photographs and films in colour, on this machine, offline.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Rich would triple the time of --help
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command()(photo)
app.command()(video)
app.command()(up)
app.command()(bot)
app.command()(demo)
app.command()(doctor)
app.add_typer(bench.app, name="bench")
app.add_typer(models.app, name="models")
app.add_typer(jobs.app, name="jobs")
app.add_typer(drill.app, name="drill")


ANSWERS: Final = {"usage": ExitCode.USAGE, "interrupted": ExitCode.INTERRUPTED}
"""Code of an error that ends the command → its answer; all others failed."""


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag's value
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only --version needs it

        typer.echo(f"colorise {version('colorisebot')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Log everything, and show tracebacks.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes: errors only.")] = False,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold what belongs to every command."""
    from cli import logs  # noqa: PLC0415 - --help does without

    logs.configure(debug=debug, quiet=quiet)
    context.obj = {"quiet": quiet}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; no exception leaves it but in `--debug`."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in words
    try:
        code = int(app(words, prog_name="colorise", standalone_mode=False) or ExitCode.DONE)
    except TyperException as error:
        _complain(error.format_message())
        return error.exit_code
    except (KeyboardInterrupt, Abort):
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; writing more would only raise it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is one line too, unless --debug
        _complain(_one_line(error), debug=debug)
        return ANSWERS.get(error.code, ExitCode.FAILED) if isinstance(error, Rejected) else ExitCode.FAILED
    if code == ExitCode.INTERRUPTED:  # Typer turns Ctrl-C in a command into this number, silently
        _complain("interrupted")
    return code


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, (Rejected, Postponed, OSError)):
        return text
    if isinstance(error, MemoryError):
        return "not enough memory"
    return f"unexpected {type(error).__name__}: {text} (a bug: please report it with the output of --debug)"


def _complain(message: str, *, debug: bool = False) -> None:
    if debug:
        import traceback  # noqa: PLC0415 - 8 ms that --help need not wait

        traceback.print_exc()
    typer.echo(f"colorise: {message}", err=True)


def run() -> None:
    """Be the console script."""
    # No large matrices are multiplied here: threads for that would cost 20 ms to start, and spin beside the work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # whoever read it has gone
            code = code or ExitCode.FAILED
    # Nothing is left to be saved, and taking ONNX Runtime and OpenCV down in good order costs 50 ms.
    os._exit(code)
