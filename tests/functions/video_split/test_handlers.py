"""Claims about a film's way through the store: planned, coloured in chunks, joined."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

import pytest

from functions.errors import Postponed, Rejected
from functions.film_work.names import account_name, piece_name
from functions.film_work.planned import PlannedFilm
from functions.jobs import ChunkColorised, JoinVideo, VideoColorised, VideoPlanned
from functions.stores.memory import MemoryStore
from functions.stores.protocol import KEPT_DAYS, WORK
from functions.video_split.handlers import SplitHandler
from tests.clips import Clip, Sound, made
from tests.grey_films import CHUNK, color_film, grey_film
from tests.orders import order
from tests.stored_films import SOURCE, TARGET, carried_out, coloured_here, film_handlers, film_order, split_film, stamps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from functions.outcome import Handlers
    from functions.stores.protocol import ObjectInfo

FRAMES = 3 * CHUNK


def planned(store: MemoryStore) -> PlannedFilm:
    """The only plan in the store."""
    (name,) = (name for name in stamps(store) if "/plan-" in name)
    return PlannedFilm.read(store, name)


def test_a_film_is_coloured_to_the_bytes_that_the_command_writes(
    clip: Path, store: MemoryStore, handlers: Handlers, tmp_path: Path
) -> None:
    results = carried_out(handlers, [film_order()], claimed=set())
    assert [result.kind for result in results] == ["video-planned", *["chunk-colorised"] * 3, "video-colorised"]
    looked, film = results[0], results[-1]
    assert isinstance(looked, VideoPlanned)
    assert (looked.width, looked.height, looked.frames, looked.chunks, looked.finished) == (64, 48, FRAMES, 3, 0)
    assert isinstance(film, VideoColorised)
    assert (film.target, film.width, film.height, film.frames, film.shots) == (TARGET, 64, 48, FRAMES, 1)
    assert 0 < film.inferred < FRAMES
    assert film.seconds > 0
    found = store.find(TARGET)
    assert found is not None
    assert found.content_type == "video/x-matroska"
    assert store.read(TARGET) == coloured_here(clip, film_order(), tmp_path / "b.mkv")


def test_orders_that_come_twice_change_nothing_and_are_answered_the_same(
    store: MemoryStore, handlers: Handlers
) -> None:
    _, chunks = split_film(handlers)
    claimed: set[str] = set()
    results = carried_out(handlers, chunks, claimed=claimed)
    join = order(JoinVideo, plan=chunks[0].plan)
    before = stamps(store)
    assert carried_out(handlers, [*chunks, join], claimed=claimed) == results
    assert carried_out(handlers, [film_order()], claimed=claimed) == results[-1:]
    assert stamps(store) == before


def test_a_second_job_finds_the_pieces_of_the_first(store: MemoryStore, handlers: Handlers) -> None:
    carried_out(handlers, [film_order()], claimed=set())
    film = store.read(TARGET)
    second = film_order("funeral", target="outbox/other.mkv")
    results = carried_out(handlers, [second], claimed=set())
    assert [result.kind for result in results] == ["video-planned", "video-colorised"]
    assert isinstance(results[0], VideoPlanned)
    assert results[0].finished == 3
    assert store.read("outbox/other.mkv") == film
    # And one that wants the very same film is answered at once.
    (answer,) = carried_out(handlers, [film_order("third")], claimed=set())
    assert isinstance(answer, VideoColorised)
    assert (answer.job_id, answer.target) == ("third", TARGET)


def test_two_jobs_at_once_each_get_their_film(store: MemoryStore, handlers: Handlers) -> None:
    _, ours = split_film(handlers)
    second = handlers["split-video"](film_order("funeral", target="outbox/other.mkv"))
    mixed = [one for pair in zip(ours, second.orders, strict=True) for one in pair]
    results = carried_out(handlers, mixed, claimed=set())
    films = {result.job_id: result.target for result in results if isinstance(result, VideoColorised)}
    assert films == {"wedding": TARGET, "funeral": "outbox/other.mkv"}
    assert store.read(TARGET) == store.read("outbox/other.mkv")


def test_what_was_killed_between_piece_and_account_is_made_again_to_the_same_bytes(
    store: MemoryStore, handlers: Handlers
) -> None:
    _, chunks = split_film(handlers)
    carried_out(handlers, chunks[:1], claimed=set())
    key = planned(store).key
    piece = store.read(piece_name(key, 0))
    store.delete(account_name(key, 0))
    store.write(piece_name(key, 0), b"half", content_type="video/x-matroska")
    told, again = split_film(handlers)
    assert told.finished == 0
    assert [one.chunk for one in again] == [0, 1, 2]
    carried_out(handlers, again[:1], claimed=set())
    assert store.read(piece_name(key, 0)) == piece


def test_going_on_orders_only_what_is_missing(handlers: Handlers) -> None:
    _, chunks = split_film(handlers)
    carried_out(handlers, [chunks[1]], claimed=set())
    told, left = split_film(handlers, "later")
    assert told.finished == 1
    assert [one.chunk for one in left] == [0, 2]


def test_whoever_finds_all_pieces_there_has_them_joined_and_the_order_is_one_and_the_same(
    handlers: Handlers,
) -> None:
    _, chunks = split_film(handlers)
    outcomes = [handlers["colorise-chunk"](chunk) for chunk in chunks]
    assert [len(outcome.once) for outcome in outcomes] == [0, 0, 1]
    at_once = handlers["colorise-chunk"](chunks[0])
    assert at_once.once == outcomes[-1].once
    assert isinstance(at_once.results[0], ChunkColorised)


def test_a_film_whose_source_was_replaced_is_not_put_together_of_two(
    store: MemoryStore, handlers: Handlers, tmp_path: Path
) -> None:
    _, chunks = split_film(handlers)
    carried_out(handlers, chunks[:2], claimed=set())
    other = grey_film(tmp_path / "other.mp4", FRAMES, size=(40, 64))
    store.write(SOURCE, other.read_bytes(), content_type="video/mp4")
    with pytest.raises(Rejected) as refused:
        handlers["colorise-chunk"](chunks[2])
    assert refused.value.code == "changed"
    store.delete(SOURCE)
    with pytest.raises(Rejected) as refused:
        handlers["colorise-chunk"](chunks[2])
    assert refused.value.code == "missing-object"


class AgedStore(MemoryStore):
    """A store in which all that belongs to unfinished films was written earlier than it was."""

    age = timedelta(0)

    def find(self, name: str) -> ObjectInfo | None:
        found = super().find(name)
        return found and self._aged(found)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        return map(self._aged, super().list(prefix))

    def _aged(self, found: ObjectInfo) -> ObjectInfo:
        return replace(found, modified=found.modified - self.age) if found.name.startswith(WORK) else found


def test_pieces_about_to_be_deleted_are_made_again(clip: Path) -> None:
    store = AgedStore()
    store.write(SOURCE, clip.read_bytes(), content_type="video/mp4")
    handlers = film_handlers(store)
    _, chunks = split_film(handlers)
    carried_out(handlers, chunks[:1], claimed=set())
    store.age = timedelta(days=KEPT_DAYS[WORK]) - timedelta(days=1, minutes=5)
    assert split_film(handlers)[0].finished == 1
    store.age = timedelta(days=KEPT_DAYS[WORK]) - timedelta(days=1)
    told, again = split_film(handlers)
    assert (told.finished, len(again)) == (0, 3)
    account = account_name(planned(store).key, 0)
    before = stamps(store)[account]
    handlers["colorise-chunk"](again[0])
    assert stamps(store)[account] > before


def test_a_film_without_some_of_its_pieces_is_not_joined(handlers: Handlers) -> None:
    _, chunks = split_film(handlers)
    carried_out(handlers, chunks[:2], claimed=set())
    with pytest.raises(Rejected, match="1 of 3 pieces") as refused:
        handlers["join-video"](order(JoinVideo, plan=chunks[0].plan))
    assert refused.value.code == "pieces-gone"


def test_a_damaged_piece_is_said_and_whoever_asks_again_gets_new_ones(store: MemoryStore, handlers: Handlers) -> None:
    _, chunks = split_film(handlers)
    outcomes = [handlers["colorise-chunk"](chunk) for chunk in chunks]
    name = piece_name(planned(store).key, 1)
    piece = store.read(name)
    store.write(name, piece[: len(piece) // 2], content_type="video/x-matroska")
    with pytest.raises(Rejected) as refused:
        handlers["join-video"](outcomes[-1].once[0])
    assert refused.value.code == "bad-piece"
    assert store.find(TARGET) is None
    results = carried_out(handlers, [film_order("again")], claimed=set())
    assert results[-1].kind == "video-colorised"


def test_a_film_in_colour_is_refused_unless_that_is_asked_for(
    store: MemoryStore, handlers: Handlers, tmp_path: Path
) -> None:
    store.write(SOURCE, color_film(tmp_path / "c.mp4").read_bytes(), content_type="video/mp4")
    with pytest.raises(Rejected, match="already in colour") as refused:
        handlers["split-video"](film_order())
    assert refused.value.code == "already-colour"
    assert "--" not in refused.value.reason
    assert set(stamps(store)) == {SOURCE}
    assert handlers["split-video"](film_order(force=True)).orders


def test_what_is_no_film_or_too_large_is_refused_in_one_line(store: MemoryStore, handlers: Handlers) -> None:
    with pytest.raises(Rejected) as refused:
        SplitHandler(store, max_bytes=100)(film_order())
    assert refused.value.code == "too-large"
    for data, code in ((b"", "empty"), (b"hello", "unreadable")):
        store.write(SOURCE, data, content_type="video/mp4")
        with pytest.raises(Rejected) as refused:
            handlers["split-video"](film_order())
        assert refused.value.code == code
        assert "\n" not in refused.value.reason
    store.delete(SOURCE)
    with pytest.raises(Rejected) as refused:
        handlers["split-video"](film_order())
    assert refused.value.code == "missing-object"


def test_a_part_of_a_film_with_its_sound_can_be_asked_for(store: MemoryStore, handlers: Handlers) -> None:
    clip = made(Clip(frames=50, pix_fmt="yuv420p", sounds=(Sound(),), metadata={"title": "A film"}))
    store.write(SOURCE, clip, content_type="video/mp4")
    wished = film_order(target="outbox/part.mp4", start="1/5", end=1, compare=True, force=True)
    film = carried_out(handlers, [wished], claimed=set())[-1]
    assert isinstance(film, VideoColorised)
    assert (film.frames, film.width, film.height) == (20, 192, 64)
    found = store.find("outbox/part.mp4")
    assert found is not None
    assert found.content_type == "video/mp4"


class BreakingStore(MemoryStore):
    """A store that gets out of reach after a while."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left
        """Bytes that can still be read."""

    def open(self, name: str) -> BinaryIO:
        whole = self

        class Breaking(io.BytesIO):
            def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
                return self._counted(super().readinto(buffer))

            def read(self, size: int | None = -1) -> bytes:
                data = super().read(size)
                self._counted(len(data))
                return data

            def _counted(self, count: int) -> int:
                whole.left -= count
                if whole.left < 0:
                    msg = "the store is out of reach"
                    raise Postponed(msg, after_seconds=1)
                return count

        return Breaking(self.read(name))


def test_a_store_out_of_reach_is_never_taken_for_the_end_of_a_film(clip: Path) -> None:
    data = clip.read_bytes()
    store = BreakingStore(1 << 40)
    store.write(SOURCE, data, content_type="video/mp4")
    handlers = film_handlers(store)
    _, chunks = split_film(handlers)
    read = (1 << 40) - store.left
    for left in range(0, read, read // 23):
        store.left = left
        with pytest.raises(Postponed):
            handlers["split-video"](film_order())
    store.left = 1 << 40
    handlers["colorise-chunk"](chunks[1])
    read = (1 << 40) - store.left
    store.delete(account_name(planned(store).key, 1))
    for left in range(0, read, read // 11):
        store.left = left
        with pytest.raises(Postponed):
            handlers["colorise-chunk"](chunks[1])
    store.left = 1 << 40
    results = carried_out(handlers, chunks, claimed=set())
    assert isinstance(results[-1], VideoColorised)
    assert results[-1].damaged == ()
