"""`python -m cli` is `colorise`."""

from cli.main import run

run()
