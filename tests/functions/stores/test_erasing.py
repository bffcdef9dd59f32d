"""Claims about deleting all that somebody sent, and all that is old."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from functions.errors import Rejected
from functions.stores.erasing import erase, plans_of, sweep
from functions.stores.folder import FolderStore
from functions.stores.memory import MemoryStore
from functions.stores.minio import MinioStore
from functions.stores.names import answer_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from functions.stores.protocol import ObjectStore

KEY, OTHER = "a" * 32, "b" * 32
LONG = "x" * 121
"""A name whose answer cannot just be `NAME.json`."""


@pytest.fixture(params=["memory", "folder", "minio"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    stores: dict[str, Callable[[], ObjectStore]] = {
        "memory": MemoryStore,
        "folder": lambda: FolderStore(tmp_path / "store"),
        "minio": lambda: MinioStore(request.getfixturevalue("bucket")),
    }
    made = stores[request.param]()
    made.prepare()
    for info in made.list(""):
        made.delete(info.name)  # the server is shared with other tests
    return made


def put(store: ObjectStore, *names: str) -> None:
    for name in names:
        store.write(name, b"1", content_type="text/plain")


def left(store: ObjectStore) -> list[str]:
    return [info.name for info in store.list("")]


def test_objects_go_with_the_answers_beside_them_and_nothing_else_goes(store: ObjectStore) -> None:
    targets = ("outbox/1.jpg", f"outbox/{LONG}")
    others = ("inbox/10.jpg", "outbox/1.jpg.jpg", "outbox/2.json")
    put(store, "inbox/1.jpg", *targets, *map(answer_name, targets), *others)
    assert erase(store, ["inbox/1.jpg", *targets]) == 5
    assert left(store) == sorted(others)


def test_a_plan_goes_with_all_pieces_and_plans_of_its_film(store: ObjectStore) -> None:
    parts = [f"work/{KEY}/{name}" for name in ("000000.json", "000000.mkv", "plan-me.json", "plan-you.json")]
    others = [f"work/{OTHER}/000000.mkv", f"work/{KEY}x/000000.mkv"]
    put(store, *parts, *others)
    assert erase(store, [f"work/{KEY}/plan-me.json"]) == 4
    assert left(store) == sorted(others)


def test_a_plan_that_is_gone_already_leads_to_the_pieces_all_the_same(store: ObjectStore) -> None:
    put(store, f"work/{KEY}/000000.mkv")
    assert erase(store, [f"work/{KEY}/plan-me.json"]) == 1
    assert left(store) == []


def test_plans_of_a_job_are_found_and_no_others(store: ObjectStore) -> None:
    mine = [f"work/{KEY}/plan-me.json", f"work/{OTHER}/plan-me.json"]
    put(store, *mine, f"work/{KEY}/plan-me2.json", f"work/{KEY}/plan-you.json", f"work/{KEY}x/plan-me.json")
    assert sorted(plans_of(store, "me")) == sorted(mine)
    assert plans_of(store, "nobody") == []


def test_a_folder_goes_with_all_that_is_in_it(store: ObjectStore) -> None:
    put(store, "inbox/me/1.jpg", "inbox/me/2/3.jpg", "inbox/me2/1.jpg")
    assert erase(store, ["inbox/me/"]) == 2
    assert left(store) == ["inbox/me2/1.jpg"]


def test_erasing_twice_is_harmless(store: ObjectStore) -> None:
    put(store, "inbox/1.jpg")
    assert [erase(store, ["inbox/1.jpg"] * 2) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize(
    "name",
    ["inbox/", "work/", "outbox/", "/", "", "inbox/../work/", "inbox//", "elsewhere/1/", "../etc/passwd", "inbox"],
)
def test_what_is_no_ones_is_not_erased_and_then_nothing_is(store: ObjectStore, name: str) -> None:
    put(store, "inbox/1.jpg", "work/1.jpg")
    with pytest.raises(Rejected) as refused:
        erase(store, ["inbox/1.jpg", name])
    assert refused.value.code == "bad-name"
    assert len(left(store)) == 2


def test_what_is_older_than_wanted_is_swept(store: ObjectStore) -> None:
    put(store, "inbox/1.jpg", "inbox/me/2.jpg", "outbox/1.jpg")
    written = datetime.now(UTC)
    hours = timedelta(hours=6)
    assert sweep(store, "inbox/", hours, now=written + hours - timedelta(minutes=1)) == 0
    assert sweep(store, "inbox/me/", hours, now=written + hours + timedelta(minutes=1)) == 1
    assert left(store) == ["inbox/1.jpg", "outbox/1.jpg"]
    assert sweep(store, "inbox/", hours, now=written + hours + timedelta(minutes=1)) == 1
    assert left(store) == ["outbox/1.jpg"]


@pytest.mark.parametrize("prefix", ["", "/", "inbox", "in", "elsewhere/"])
def test_a_sweep_names_its_folder(store: ObjectStore, prefix: str) -> None:
    with pytest.raises(Rejected) as refused:
        sweep(store, prefix, timedelta(0), now=datetime.now(UTC))
    assert refused.value.code == "bad-name"


def test_whoever_erases_needs_no_engine() -> None:
    program = "import sys, functions.stores.erasing; print(sorted({'numpy', 'av', 'cv2', 'minio'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "[]"
