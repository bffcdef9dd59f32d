"""Claims about reading an object by ranges."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.errors import Postponed
from functions.stores import ranges
from functions.stores.ranges import BLOCK_BYTES, MOST_AHEAD, MOST_KEPT

SIZE = 40 * BLOCK_BYTES + 17
DATA = bytes(value % 253 for value in range(SIZE))


class Source:
    """Bytes, and what was asked of them."""

    def __init__(self, data: bytes = DATA) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def fetch(self, start: int, stop: int) -> bytes:
        self.asked.append((start, stop))
        return self.data[start:stop]


def test_reading_straight_on_asks_for_more_at_once_and_never_for_more_than_a_megabyte() -> None:
    source = Source()
    with ranges.opened(source.fetch, SIZE) as file:
        while file.read(100_000):
            pass
    blocks = [-(-(stop - start) // BLOCK_BYTES) for start, stop in source.asked]
    assert blocks[:3] == [1, 2, 4]
    assert max(blocks) == MOST_AHEAD
    assert MOST_AHEAD * BLOCK_BYTES <= 1 << 20
    assert [start for start, _ in source.asked[1:]] == [stop for _, stop in source.asked[:-1]]
    assert source.asked[-1][1] == SIZE


def test_all_at_once_is_fetched_in_ranges_too() -> None:
    source = Source()
    with ranges.opened(source.fetch, SIZE) as file:
        assert file.read() == DATA
    assert max(stop - start for start, stop in source.asked) <= MOST_AHEAD * BLOCK_BYTES


def test_a_jump_fetches_one_block_and_going_to_and_fro_none_again() -> None:
    source = Source()
    with ranges.opened(source.fetch, SIZE) as file:
        for _ in range(5):
            for start in (3 * BLOCK_BYTES + 5, 30 * BLOCK_BYTES + 7):
                file.seek(start)
                assert file.read(1000) == DATA[start : start + 1000]
    assert source.asked == [(3 * BLOCK_BYTES, 4 * BLOCK_BYTES), (30 * BLOCK_BYTES, 31 * BLOCK_BYTES)]


def test_a_read_across_blocks_fetches_them_together() -> None:
    source = Source()
    with ranges.opened(source.fetch, SIZE) as file:
        file.seek(5 * BLOCK_BYTES + 1)
        assert file.read(BLOCK_BYTES) == DATA[5 * BLOCK_BYTES + 1 : 6 * BLOCK_BYTES + 1]
    assert source.asked == [(5 * BLOCK_BYTES, 7 * BLOCK_BYTES)]


def test_a_first_block_that_is_there_already_is_not_fetched() -> None:
    source = Source()
    with ranges.opened(source.fetch, SIZE, head=DATA[:BLOCK_BYTES]) as file:
        assert file.read(BLOCK_BYTES) == DATA[:BLOCK_BYTES]
        assert source.asked == []
        assert file.read(1) == DATA[BLOCK_BYTES : BLOCK_BYTES + 1]
    assert source.asked[0][0] == BLOCK_BYTES


def test_what_is_kept_does_not_grow_with_the_object() -> None:
    source = Source()
    kept = ranges._RangedFile(source.fetch, SIZE, b"")
    while kept.read(BLOCK_BYTES):
        assert len(kept._blocks) <= MOST_KEPT


def test_a_file_that_has_failed_once_stays_failed_and_asks_no_more() -> None:
    source = Source()

    def fetch(start: int, stop: int) -> bytes:
        source.fetch(start, stop)
        msg = "the store is away"
        raise Postponed(msg, after_seconds=15)

    with ranges.opened(fetch, SIZE) as file:
        for start in (0, 0, 7 * BLOCK_BYTES):
            file.seek(start)
            with pytest.raises(Postponed, match="the store is away") as put_off:
                file.read(10)
            assert put_off.value.after_seconds == 15
    assert len(source.asked) == 1


@settings(max_examples=60)
@given(
    size=st.sampled_from([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, SIZE]),
    reads=st.lists(
        st.tuples(
            st.integers(0, 41).flatmap(
                lambda block: st.integers(-2, 2).map(lambda by: max(block * BLOCK_BYTES + by, 0))
            ),
            st.sampled_from([0, 1, 3, BLOCK_BYTES - 1, BLOCK_BYTES, 3 * BLOCK_BYTES + 1]),
        ),
        max_size=8,
    ),
)
def test_reads_around_the_borders_of_blocks_give_the_bytes(size: int, reads: list[tuple[int, int]]) -> None:
    data = DATA[:size]
    expected = io.BytesIO(data)
    with ranges.opened(Source(data).fetch, size) as file:
        for start, count in reads:
            file.seek(start)
            expected.seek(start)
            assert file.read(count) == expected.read(count)
