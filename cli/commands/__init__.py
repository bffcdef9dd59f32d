"""One file a command; each is a plain function that returns an exit code.

At the top of these files stand imports of the standard library and Typer only, so that `--help` waits for nothing else;
and they leave out `from __future__ import annotations`, for Typer would evaluate every option's text twice.
"""
