"""Entries of the ledger: what is written down is read again, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.entry import Colouring, Entry, State, entry_of, read_entry
from bot.verdicts import Colorise, Command, Decline, Ignore, Obey, Reason, Shift, Silence, Verdict
from functions.errors import Rejected
from tests.said import GIF, NOW, PHOTOS, mention

VERDICTS: st.SearchStrategy[Verdict] = st.one_of(
    st.builds(Decline, st.sampled_from(Reason)),
    st.builds(Obey, st.sampled_from(Command), answer=st.none() | st.just("31")),
    st.builds(
        Colorise,
        st.lists(st.sampled_from((*PHOTOS, GIF)), min_size=1, max_size=4).map(tuple),
        source_post=st.just("20"),
        saturation=st.floats(0.3, 2),
        compare=st.booleans(),
        left_out=st.integers(0, 3),
        shift=st.none() | st.sampled_from(Shift),
    ),
)


@given(VERDICTS, st.sampled_from(State), st.text(max_size=280), st.none() | st.just("99"))
def test_what_is_written_down_is_read_again(verdict: Verdict, state: State, text: str, answer: str | None) -> None:
    entry = entry_of(mention(), verdict, now=NOW)
    entry = entry.model_copy(update={"state": state, "text": text, "answer": answer})
    for written in (entry.model_dump_json(), entry.model_dump_json(exclude_none=True)):
        assert read_entry(written.encode()) == entry


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b'{"version": 2}', b"\xff"])
def test_what_is_no_entry_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(Rejected, match="cannot be read"):
        read_entry(data)


def test_an_erased_entry_names_nobody_and_nothing() -> None:
    entry = entry_of(mention("@colorisebot please", *PHOTOS), Colorise(PHOTOS[:2], source_post="20"), now=NOW)
    erased = entry.erased()
    assert erased.state is State.ERASED
    left = Entry(mention=entry.mention, author="", posted_at=entry.posted_at, seen_at=entry.seen_at, state=State.ERASED)
    assert erased == left


def test_each_picture_has_a_job_of_its_own_that_follows_from_the_mention() -> None:
    entry = entry_of(mention(), Colorise(PHOTOS[:3], source_post="20"), now=NOW)
    assert isinstance(entry.task, Colouring)
    assert [(piece.job_id, piece.position) for piece in entry.task.pieces] == [
        ("bot-40-1", 1),
        ("bot-40-2", 2),
        ("bot-40-3", 3),
    ]


def test_the_trace_of_a_mention_is_32_hex_digits_on_networks_with_numbers_and_without() -> None:
    entry = entry_of(mention(), Decline(Reason.NO_PICTURE), now=NOW)
    other = entry.model_copy(update={"mention": "at://did:plc:abc/post/3k"})
    assert entry.trace_id == f"{40:032x}"
    assert len(other.trace_id) == 32
    assert int(other.trace_id, 16) != int(entry.trace_id, 16)


def test_what_is_ignored_has_no_entry() -> None:
    with pytest.raises(TypeError, match="nothing to do"):
        entry_of(mention(), Ignore(Silence.OWN), now=NOW)
