"""Claims about a store that is a folder."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from functions.errors import Postponed, Rejected
from functions.stores.folder import FolderStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(root: Path) -> FolderStore:
    made = FolderStore(root)
    made.prepare()
    return made


def test_an_object_is_a_file_that_anybody_can_open(store: FolderStore, root: Path) -> None:
    store.write("outbox/1.jpg", b"colour", content_type="image/jpeg")
    assert (root / "outbox" / "1.jpg").read_bytes() == b"colour"


def test_a_file_put_there_by_hand_is_an_object(store: FolderStore, root: Path) -> None:
    (root / "inbox").mkdir()
    (root / "inbox" / "1.jpg").write_bytes(b"grey")
    found = store.find("inbox/1.jpg")
    assert store.read("inbox/1.jpg") == b"grey"
    assert found is not None
    assert found.content_type == "application/octet-stream"


def test_an_object_cannot_be_where_others_are_below_it(store: FolderStore) -> None:
    store.write("work/1/2", b"1", content_type="text/plain")
    for name in ("work/1", "work/1/2/3"):
        with pytest.raises(Rejected, match=name) as refused:
            store.write(name, b"2", content_type="text/plain")
        assert refused.value.code == "name-taken"
    assert [info.name for info in store.list("")] == ["work/1/2"]
    store.delete("work/1/2")
    store.write("work/1", b"2", content_type="text/plain")
    assert store.read("work/1") == b"2"


def test_without_its_folder_nothing_is_missing_but_everything_is_postponed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "unmounted")
    for attempt in (
        lambda: store.read("inbox/1"),
        lambda: store.open("inbox/1"),
        lambda: store.find("inbox/1"),
        lambda: store.list("inbox/"),
        lambda: store.delete("inbox/1"),
        lambda: store.write("inbox/1", b"", content_type="text/plain"),
    ):
        with pytest.raises(Postponed, match="unmounted: mount it"):
            attempt()


def test_a_folder_that_cannot_be_made_is_postponed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Postponed, match="file"):
        FolderStore(tmp_path / "file").prepare()


def test_a_full_disk_postpones_and_leaves_nothing_half(store: FolderStore, root: Path) -> None:
    store.write("work/1", b"old", content_type="text/plain")
    # A limit on the size of files stands in for a disk that fills up in the middle of a write.
    program = (
        "import io, resource, sys; from pathlib import Path; from functions.errors import Postponed\n"
        "from functions.stores.folder import FolderStore\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: FolderStore(Path(sys.argv[1])).write('work/1', io.BytesIO(bytes(5000)), content_type='image/png')\n"
        "except Postponed as error: print(error.reason)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program, str(root)], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == f"cannot write work/1 in {root}: file too large"
    found = store.find("work/1")
    assert store.read("work/1") == b"old"
    assert found is not None
    assert found.content_type == "text/plain"
    assert sorted(path.name for path in (root / "work").iterdir()) == [".1.type", "1"]


def test_nobody_else_is_given_an_address(store: FolderStore) -> None:
    store.write("outbox/1.jpg", b"1", content_type="image/jpeg")
    with pytest.raises(Rejected, match=r"outbox/1\.jpg") as refused:
        store.link("outbox/1.jpg", seconds=60)
    assert refused.value.code == "no-links"


def test_many_write_and_delete_in_one_folder_at_once(store: FolderStore) -> None:
    def come_and_go(number: int) -> None:
        for _ in range(20):
            store.write(f"work/film/{number}", io.BytesIO(b"1"), content_type="text/plain")
            store.delete(f"work/film/{number}")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(come_and_go, range(4)))
    assert list(store.list("")) == []
