"""`colorise models`: the networks on this machine."""

from __future__ import annotations

import typer

app = typer.Typer(help="List, fetch, import, verify and remove models.", no_args_is_help=True, rich_markup_mode=None)
