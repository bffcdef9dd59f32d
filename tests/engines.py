"""The shipped network, loaded once for all tests of a process, and shown next to nothing so that it is quick."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from functions.colorise.engine import Engine
from functions.colorise.models.library import Library


@cache
def small_engine() -> Engine:
    library = Library(Path("no-library-of-a-person"))
    card = library.find("small")
    return Engine(library.weights(card), card, threads=1, side=32)
