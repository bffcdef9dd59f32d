"""Claims about films that are erased while they are coloured."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

import pytest

from functions.errors import Rejected
from functions.jobs import JoinVideo
from functions.stores.erasing import erase
from functions.stores.memory import MemoryStore
from tests.orders import order
from tests.stored_films import SOURCE, TARGET, carried_out, film_handlers, film_order, split_film, stamps

if TYPE_CHECKING:
    from pathlib import Path

    from functions.jobs import AnyOrder
    from functions.outcome import Handlers


def test_when_a_film_is_erased_every_job_that_shares_it_ends_with_a_reason_and_leaves_nothing(
    clip: Path, store: MemoryStore, handlers: Handlers
) -> None:
    _, ours = split_film(handlers)
    _, theirs = split_film(handlers, "funeral")
    carried_out(handlers, [*ours[:2], *theirs[1:2]], claimed=set())
    erase(store, [SOURCE, TARGET, ours[0].plan])
    assert stamps(store) == {}
    joins = [order(JoinVideo, plan=chunks[0].plan) for chunks in (ours, theirs)]
    for late in (ours[2], theirs[2], *joins):
        with pytest.raises(Rejected) as refused:
            handlers[late.kind](late)
        assert refused.value.code == "missing-object"
        assert "\n" not in refused.value.reason
    assert stamps(store) == {}
    store.write(SOURCE, clip.read_bytes(), content_type="video/mp4")
    assert carried_out(handlers, [film_order("funeral")], claimed=set())[-1].final
    assert store.find(TARGET) is not None


class ErasingStore(MemoryStore):
    """A store in which everything of a film is erased once it was opened so many times."""

    def __init__(self, opens: int) -> None:
        super().__init__()
        self.left = opens
        self.plan = ""

    def open(self, name: str) -> BinaryIO:
        opened = io.BytesIO(self.read(name))
        self.left -= bool(self.plan)
        if self.left == 0:
            erase(self, [SOURCE, TARGET, self.plan])
        return opened


def erased_while(kind: str, clip: Path, opens: int) -> tuple[ErasingStore, Rejected]:
    """Erase all when something was opened so many times while an order of this kind was carried out."""
    store = ErasingStore(opens)
    store.write(SOURCE, clip.read_bytes(), content_type="video/mp4")
    handlers = film_handlers(store)
    _, chunks = split_film(handlers)
    late: AnyOrder = chunks[0]
    plan = chunks[0].plan
    if kind == "join-video":
        (late,) = [handlers["colorise-chunk"](chunk) for chunk in chunks][-1].once
    store.plan = plan
    with pytest.raises(Rejected) as refused:
        handlers[kind](late)
    return store, refused.value


def test_a_chunk_in_hand_when_all_is_erased_is_not_kept(clip: Path) -> None:
    store, refused = erased_while("colorise-chunk", clip, 1)
    assert "was deleted while a part of its film was coloured" in refused.reason
    assert refused.code == "missing-object"
    assert stamps(store) == {}


def test_a_film_that_is_joined_when_all_is_erased_is_not_kept(clip: Path) -> None:
    last = "was deleted while its film was joined"
    reasons = []
    for opens in range(1, 20):
        store, refused = erased_while("join-video", clip, opens)
        assert refused.code == "missing-object"
        assert stamps(store) == {}
        reasons.append(refused.reason)
        if last in refused.reason:
            break
    assert last in reasons[-1]
