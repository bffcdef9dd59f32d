"""A film in a store, and those who carry out its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from functions.stores.memory import MemoryStore
from tests.grey_films import CHUNK, grey_film
from tests.stored_films import SOURCE, film_handlers

if TYPE_CHECKING:
    from pathlib import Path

    from functions.outcome import Handlers


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grey film of three chunks."""
    return grey_film(tmp_path_factory.mktemp("film") / "a.mp4", 3 * CHUNK)


@pytest.fixture
def store(clip: Path) -> MemoryStore:
    store = MemoryStore()
    store.write(SOURCE, clip.read_bytes(), content_type="video/mp4")
    return store


@pytest.fixture
def handlers(store: MemoryStore) -> Handlers:
    return film_handlers(store)
