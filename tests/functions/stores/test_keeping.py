"""Claims about how long objects are kept, where the store has to see to it itself."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from functions.stores.folder import FolderStore
from functions.stores.memory import MemoryStore
from functions.stores.protocol import KEPT_DAYS

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("inbox/1.jpg", "outbox/1.jpg", "work/1/plan.json")


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryStore | FolderStore:
    made = MemoryStore() if request.param == "memory" else FolderStore(tmp_path)
    made.prepare()
    for name in NAMES:
        made.write(name, b"1", content_type="text/plain")
    return made


def names(store: MemoryStore | FolderStore) -> list[str]:
    return [info.name for info in store.list("")]


def test_each_prefix_has_its_own_time(store: MemoryStore | FolderStore) -> None:
    now = datetime.now(UTC)
    assert store.expire(now + timedelta(hours=23)) == 0
    for days, left in ((1, ["outbox/1.jpg", "work/1/plan.json"]), (3, ["outbox/1.jpg"]), (7, [])):
        assert store.expire(now + timedelta(days=days, minutes=1)) == 1
        assert names(store) == left


def test_preparing_says_how_long(store: MemoryStore | FolderStore) -> None:
    store.prepare({"outbox": 2})
    assert store.expire(datetime.now(UTC) + timedelta(days=30)) == 1
    assert names(store) == ["inbox/1.jpg", "work/1/plan.json"]


def test_a_replaced_object_begins_anew(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.prepare()
    store.write("inbox/1.jpg", b"1", content_type="text/plain")
    age(tmp_path / "inbox/1.jpg", days=2)
    store.write("inbox/1.jpg", b"2", content_type="text/plain")
    store.prepare()
    assert store.read("inbox/1.jpg") == b"2"


def test_preparing_a_folder_deletes_what_is_too_old(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.prepare()
    for name in NAMES:
        store.write(name, b"1", content_type="text/plain")
        age(tmp_path / name, days=5)
    store.prepare(KEPT_DAYS)
    assert names(store) == ["outbox/1.jpg"]
    assert [path.name for path in (tmp_path / "work/1").iterdir()] == []


def test_what_killed_programs_left_behind_goes_after_a_day(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.prepare()
    folder = tmp_path / "work" / "film"
    folder.mkdir(parents=True)
    left = [folder / ".0123.partial", folder / ".gone.type"]
    for path in left:
        path.write_bytes(b"1")
    store.prepare()
    assert all(path.exists() for path in left)
    for path in left:
        age(path, days=2)
    store.prepare()
    assert list(folder.iterdir()) == []
    age(folder, days=2)
    store.prepare()
    assert not folder.exists()
    assert (tmp_path / "work").exists()


def age(path: Path, *, days: int) -> None:
    then = path.stat().st_mtime - timedelta(days=days).total_seconds()
    os.utime(path, (then, then))
