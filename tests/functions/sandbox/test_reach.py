"""Claims about the objects of films that an order reaches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from functions.errors import Rejected
from functions.film_work.names import account_name, piece_name, plan_name
from functions.jobs import ColoriseChunk, ImageColorised, JoinVideo, VideoPlanned
from functions.outcome import Outcome
from functions.sandbox.frames import Garbled
from functions.sandbox.reach import Reaches
from functions.stores.memory import MemoryStore
from functions.stores.names import answer_name
from functions.video_split.handlers import SplitHandler
from tests.grey_films import CHUNK, grey_film
from tests.orders import order
from tests.stored_films import SOURCE, TARGET, film_order

if TYPE_CHECKING:
    from pathlib import Path

    from functions.sandbox.reach import Reach

OTHER_KEY = "f" * 32


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryStore, Outcome]:
    """A store with a film and its plan, and what came of the split."""
    return split(tmp_path_factory.mktemp("film"))


def split(folder: Path) -> tuple[MemoryStore, Outcome]:
    store = MemoryStore()
    clip = grey_film(folder / "a.mp4", 2 * CHUNK)
    store.write(SOURCE, clip.read_bytes(), content_type="video/mp4")
    return store, SplitHandler(store, max_bytes=1 << 30)(film_order())


def plan(outcome: Outcome) -> str:
    (told,) = outcome.results
    assert isinstance(told, VideoPlanned)
    return told.plan


def key(outcome: Outcome) -> str:
    return plan(outcome).split("/")[1]


@pytest.fixture
def reaches(planned: tuple[MemoryStore, Outcome]) -> dict[str, Reach]:
    """Kind of order → what it reaches."""
    store, outcome = planned
    join = order(JoinVideo, plan=plan(outcome))
    found = Reaches(store)
    return {one.kind: found.of(one) for one in (film_order(), outcome.orders[1], join)}


def test_a_split_may_write_the_plan_that_it_really_makes(
    planned: tuple[MemoryStore, Outcome], reaches: dict[str, Reach]
) -> None:
    store, outcome = planned
    reach = reaches["split-video"]
    reach.check_readable(SOURCE)
    assert reach.most_bytes(plan(outcome)) > 0
    reach.check_plan(plan(outcome), store.read(plan(outcome)))
    reach.check_listed(f"work/{key(outcome)}/")
    reach.check_outcome(outcome)


@pytest.mark.parametrize(
    "lie",
    [
        {"asked": {"source": "inbox/other.mp4"}},
        {"target": "outbox/other.mp4"},
        {"job_id": "other"},
        {"key": OTHER_KEY},
        {"key": "../../inbox"},
    ],
)
def test_a_plan_about_something_else_is_not_written(
    planned: tuple[MemoryStore, Outcome], reaches: dict[str, Reach], lie: dict[str, object]
) -> None:
    store, outcome = planned
    forged = {**json.loads(store.read(plan(outcome))), **lie}
    with pytest.raises(Garbled):
        reaches["split-video"].check_plan(plan(outcome), json.dumps(forged).encode())


def test_a_split_gets_one_folder_of_a_film(planned: tuple[MemoryStore, Outcome], reaches: dict[str, Reach]) -> None:
    outcome, reach = planned[1], reaches["split-video"]
    reach.check_listed(f"work/{key(outcome)}/")
    for name in ("work/", f"work/{OTHER_KEY}/", f"work/{key(outcome)}/../{OTHER_KEY}/"):
        with pytest.raises(Garbled):
            reach.check_listed(name)
    for name in (
        plan_name(OTHER_KEY, "wedding"),
        plan_name(key(outcome), "other"),
        piece_name(key(outcome), 0),
        TARGET,
    ):
        with pytest.raises(Garbled):
            reach.most_bytes(name)


def test_a_chunk_writes_its_own_piece_only(planned: tuple[MemoryStore, Outcome], reaches: dict[str, Reach]) -> None:
    outcome, reach = planned[1], reaches["colorise-chunk"]
    for name in (SOURCE, plan(outcome), account_name(key(outcome), 0)):
        reach.check_readable(name)
    assert reach.most_bytes(piece_name(key(outcome), 1)) > reach.most_bytes(account_name(key(outcome), 1)) > 0
    for name in (piece_name(key(outcome), 0), plan(outcome), TARGET, SOURCE, piece_name(OTHER_KEY, 1)):
        with pytest.raises(Garbled):
            reach.most_bytes(name)
    for name in ("inbox/other.mp4", TARGET, piece_name(OTHER_KEY, 1)):
        with pytest.raises(Garbled):
            reach.check_readable(name)
    with pytest.raises(Garbled):
        reach.check_deleted(account_name(key(outcome), 1))


def test_a_join_writes_its_film_and_forgets_no_plan(
    planned: tuple[MemoryStore, Outcome], reaches: dict[str, Reach]
) -> None:
    outcome, reach = planned[1], reaches["join-video"]
    assert reach.most_bytes(TARGET) > reach.most_bytes(answer_name(TARGET)) > 0
    reach.check_deleted(account_name(key(outcome), 0))
    for name in (plan(outcome), piece_name(key(outcome), 0), TARGET, account_name(OTHER_KEY, 0)):
        with pytest.raises(Garbled):
            reach.check_deleted(name)
    with pytest.raises(Garbled):
        reach.most_bytes(piece_name(key(outcome), 0))


def test_a_plan_of_another_job_or_film_is_refused(planned: tuple[MemoryStore, Outcome]) -> None:
    store, outcome = planned
    stolen = plan_name(OTHER_KEY, "wedding")
    store.write(stolen, store.read(plan(outcome)), content_type="application/json")
    for asked in (order(JoinVideo, "other", plan=plan(outcome)), order(JoinVideo, plan=stolen)):
        with pytest.raises(Rejected) as refused:
            Reaches(store).of(asked)
        assert refused.value.code == "bad-plan"
    store.delete(stolen)


def test_nothing_is_told_or_ordered_that_does_not_come_of_an_order(
    planned: tuple[MemoryStore, Outcome], reaches: dict[str, Reach]
) -> None:
    outcome = planned[1]
    first = outcome.orders[0]
    assert isinstance(first, ColoriseChunk)
    picture = ImageColorised(
        job_id=first.job_id,
        trace_id=first.trace_id,
        target=TARGET,
        picture_kind="png",
        width=1,
        height=1,
        verdict="grey",
        seconds=0,
    )
    lies = (
        Outcome((picture,)),
        Outcome(orders=(film_order(),)),
        Outcome(orders=(first.model_copy(update={"job_id": "other"}),)),
        Outcome(orders=(first.model_copy(update={"plan": plan_name(OTHER_KEY, first.job_id)}),)),
    )
    for lie in lies:
        with pytest.raises(Garbled):
            reaches["split-video"].check_outcome(lie)
    with pytest.raises(Garbled):
        reaches["colorise-chunk"].check_outcome(Outcome(orders=(first,)))
