"""Claims that hold for every store alike, sentence by sentence of the protocol."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.errors import Rejected
from functions.stores.folder import FolderStore
from functions.stores.memory import MemoryStore
from functions.stores.minio import MinioStore
from tests.noise import NOISE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from functions.stores.protocol import ObjectStore

BAD_NAMES = (
    "",
    "inbox",
    "inbox/",
    "/inbox/1",
    "outbox//1",
    "work/../inbox/1",
    "work/..",
    "inbox/.hidden",
    "elsewhere/1",
    "work/a/b/c/d/e",
    "work/a b",
    "work/ä",
    "work/a\n",
    "work/a\\..\\b",
    "C:/work/1",
    "work/" + "n" * 122,
)


@pytest.fixture(params=["memory", "folder", "minio"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    stores: dict[str, Callable[[], ObjectStore]] = {
        "memory": MemoryStore,
        "folder": lambda: FolderStore(tmp_path / "store"),
        "minio": lambda: MinioStore(request.getfixturevalue("bucket")),
    }
    made = stores[request.param]()
    made.prepare()
    return made


class _Pipe(io.RawIOBase):
    """A stream that cannot tell its length, gives little at a time, and may break."""

    def __init__(self, data: bytes, *, error: Exception | None = None) -> None:
        self._data = io.BytesIO(data)
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._data.read(min(len(buffer), 50_000))
        if not piece and self._error:
            raise self._error
        buffer[: len(piece)] = piece
        return len(piece)


def pipe(data: bytes, *, error: Exception | None = None) -> BinaryIO:
    return io.BufferedReader(_Pipe(data, error=error))


@pytest.mark.parametrize("data", [b"", b"colour", NOISE], ids=["empty", "small", "large"])
def test_an_object_is_read_as_it_was_written(store: ObjectStore, place: str, data: bytes) -> None:
    store.write(f"{place}/1.jpg", data, content_type="image/jpeg")
    assert store.read(f"{place}/1.jpg") == data
    with store.open(f"{place}/1.jpg") as file:
        assert file.read() == data


def test_what_is_known_of_an_object_is_found_without_reading_it(store: ObjectStore, place: str) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)  # S3 counts whole seconds
    store.write(f"{place}/1.jpg", b"12345", content_type="image/jpeg")
    found = store.find(f"{place}/1.jpg")
    assert found is not None
    assert (found.name, found.size, found.content_type) == (f"{place}/1.jpg", 5, "image/jpeg")
    assert before <= found.modified <= datetime.now(UTC) + timedelta(seconds=2)


def test_a_later_object_replaces_one_of_the_same_name(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", b"old and long", content_type="text/plain")
    store.write(f"{place}/1", b"new", content_type="image/png")
    found = store.find(f"{place}/1")
    assert store.read(f"{place}/1") == b"new"
    assert found is not None
    assert found.content_type == "image/png"


def test_a_stream_is_written_from_where_it_stands_to_its_end(store: ObjectStore, place: str) -> None:
    stream = io.BytesIO(NOISE)
    stream.seek(1_000_000)
    store.write(f"{place}/1", stream, content_type="video/mp4")
    assert store.read(f"{place}/1") == NOISE[1_000_000:]


@pytest.mark.parametrize("size", [0, 1, len(NOISE)])
def test_a_stream_need_not_tell_its_length(store: ObjectStore, place: str, size: int) -> None:
    store.write(f"{place}/1", pipe(NOISE[:size]), content_type="video/mp4")
    assert store.read(f"{place}/1") == NOISE[:size]


@pytest.mark.parametrize("size", [1000, 20 << 20], ids=["one part", "several parts"])
def test_a_stream_that_breaks_leaves_what_was_there(store: ObjectStore, place: str, size: int) -> None:
    store.write(f"{place}/old", b"old", content_type="text/plain")
    for name in ("old", "new"):
        with pytest.raises(OSError, match="the card was pulled out"):
            store.write(
                f"{place}/{name}", pipe(bytes(size), error=OSError("the card was pulled out")), content_type="video/mp4"
            )
    found = store.find(f"{place}/old")
    assert store.read(f"{place}/old") == b"old"
    assert found is not None
    assert found.content_type == "text/plain"
    assert [info.name for info in store.list(place)] == [f"{place}/old"]


def test_there_is_no_reading_of_what_is_not_there(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1/2", b"", content_type="text/plain")
    for name in (f"{place}/nothing", f"{place}/1", place, f"{place}/1/2/3"):
        for reading in (store.read, store.open):
            with pytest.raises(Rejected, match=name) as refused:
                reading(name)
            assert refused.value.code == "missing-object"
        assert store.find(name) is None


def test_an_object_may_be_as_large_as_its_reader_holds_and_no_larger(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", NOISE, content_type="image/jpeg")
    assert store.read(f"{place}/1", max_bytes=len(NOISE)) == NOISE
    for limit in (len(NOISE) - 1, 0):
        with pytest.raises(Rejected, match=f"{len(NOISE):,}") as refused:
            store.read(f"{place}/1", max_bytes=limit)
        assert refused.value.code == "too-large"


def test_a_deleted_object_is_gone_and_may_be_deleted_again(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", b"1", content_type="text/plain")
    for _ in range(2):
        store.delete(f"{place}/1")
        assert store.find(f"{place}/1") is None
        assert list(store.list(place)) == []
    store.write(f"{place}/1", b"2", content_type="text/plain")
    assert store.read(f"{place}/1") == b"2"


def test_any_seeking_and_reading_gives_what_a_file_in_memory_gives(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", NOISE, content_type="video/mp4")
    moves = st.one_of(
        st.tuples(st.just("read"), st.one_of(st.integers(0, 600_000), st.just(-1))),
        st.tuples(st.just("set"), st.integers(0, len(NOISE) + 10)),
        st.tuples(st.just("end"), st.integers(-len(NOISE), 10)),
        st.tuples(st.just("on"), st.integers(0, 700_000)),
    )

    @settings(max_examples=25)
    @given(st.lists(moves, max_size=12))
    def check(steps: list[tuple[str, int]]) -> None:
        expected = io.BytesIO(NOISE)
        whence = {"set": io.SEEK_SET, "on": io.SEEK_CUR, "end": io.SEEK_END}
        with store.open(f"{place}/1") as file:
            for step, count in steps:
                if step == "read":
                    assert file.read(count) == expected.read(count)
                else:
                    assert file.seek(count, whence[step]) == expected.seek(count, whence[step])
                assert file.tell() == expected.tell()

    check()


def test_an_object_replaced_while_it_is_read_is_found_out(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", NOISE, content_type="video/mp4")
    with store.open(f"{place}/1") as file:
        assert file.read(10) == NOISE[:10]
        store.write(f"{place}/1", NOISE[::-1], content_type="video/mp4")
        file.seek(1_500_000)
        with pytest.raises(Rejected, match=f"{place}/1") as refused:
            file.read(10)
    assert refused.value.code == "changed"


def test_an_object_replaced_by_a_shorter_one_is_found_out(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", NOISE, content_type="video/mp4")
    with store.open(f"{place}/1") as file:
        store.write(f"{place}/1", b"short", content_type="video/mp4")
        file.seek(1_500_000)
        with pytest.raises(Rejected) as refused:
            file.read(10)
    assert refused.value.code == "changed"


def test_an_object_deleted_while_it_is_read_is_missing(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", NOISE, content_type="video/mp4")
    with store.open(f"{place}/1") as file:
        store.delete(f"{place}/1")
        file.seek(1_500_000)
        with pytest.raises(Rejected) as refused:
            file.read(10)
    assert refused.value.code == "missing-object"


def test_a_closed_object_cannot_be_read(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", b"1", content_type="text/plain")
    file = store.open(f"{place}/1")
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read()


def test_several_threads_each_read_an_object_of_their_own(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", NOISE, content_type="video/mp4")

    def read_from(start: int) -> bytes:
        with store.open(f"{place}/1") as file:
            file.seek(start)
            return b"".join(iter(lambda: file.read(70_000), b""))

    starts = [0, 1, 500_000, 1_999_999]
    with ThreadPoolExecutor(len(starts)) as threads:
        for start, data in zip(starts, threads.map(read_from, starts), strict=True):
            assert data == NOISE[start:]


def test_an_object_that_many_write_at_once_is_always_one_of_theirs(store: ObjectStore, place: str) -> None:
    versions = [bytes([number]) * 300_000 for number in range(4)]
    store.write(f"{place}/1", versions[0], content_type="image/png")
    done = threading.Event()

    def look() -> set[bytes]:
        seen = {store.read(f"{place}/1")}
        while not done.is_set():
            seen.add(store.read(f"{place}/1"))
        return seen

    def write(data: bytes) -> None:
        for _ in range(5):
            store.write(f"{place}/1", data, content_type="image/png")

    with ThreadPoolExecutor(len(versions) + 1) as threads:
        looking = threads.submit(look)
        try:
            list(threads.map(write, versions))
        finally:
            done.set()
    assert looking.result() <= set(versions)
    assert store.read(f"{place}/1") in versions


def test_a_listing_is_in_the_order_of_the_whole_names(store: ObjectStore, place: str) -> None:
    names = sorted(f"{place}/{name}" for name in ("a/x", "a-b", "a.b", "ab", "A", "b/1/2", "b-1", "b/0", "_"))
    for name in reversed(names):
        store.write(name, name.encode(), content_type="text/plain")
    listed = list(store.list(f"{place}/"))
    assert [info.name for info in listed] == names
    assert [info.size for info in listed] == [len(name) for name in names]
    assert {info.content_type for info in listed} == {""}
    assert all(info.modified.tzinfo for info in listed)


def test_a_prefix_may_end_anywhere_in_a_name(store: ObjectStore, place: str) -> None:
    for name in ("piece-1", "piece-2", "plan", "piece-1x/a"):
        store.write(f"{place}/{name}", b"", content_type="text/plain")

    def names(prefix: str) -> list[str]:
        return [info.name.removeprefix(place) for info in store.list(prefix)]

    assert names(f"{place}/piece-1") == ["/piece-1", "/piece-1x/a"]
    assert names(f"{place}/p") == ["/piece-1", "/piece-1x/a", "/piece-2", "/plan"]
    assert names(place) == names(f"{place}/")
    assert len(names(place[:-2])) == 4
    assert names(f"{place}/piece-1x/") == ["/piece-1x/a"]
    assert names(f"{place}/nothing") == []
    assert names("../") == names("/etc/") == names("work/../../") == names("C:/") == []


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_could_lead_elsewhere_is_refused(store: ObjectStore, name: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: store.read(name),
        lambda: store.open(name),
        lambda: store.write(name, b"", content_type="text/plain"),
        lambda: store.find(name),
        lambda: store.delete(name),
        lambda: store.link(name, seconds=60),
    ]
    for attempt in attempts:
        with pytest.raises(Rejected) as refused:
            attempt()
        assert refused.value.code == "bad-name"


def test_preparing_again_and_by_many_at_once_harms_nothing(store: ObjectStore, place: str) -> None:
    store.write(f"{place}/1", b"1", content_type="text/plain")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: store.prepare(), range(8)))
    assert store.read(f"{place}/1") == b"1"
