"""Claims about the plan of a film as an object in the store."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from functions.errors import Rejected
from functions.film_work.planned import Delivery, PlannedFilm, version_for
from functions.jobs import Network
from functions.kept_answers import Asked
from functions.stores.memory import MemoryStore
from functions.video.calm import Calm
from functions.video.index import index
from functions.video.probe import probe
from functions.video.settings import EncodeSettings
from functions.video.wishes import FilmWishes, plan_film
from tests.clips import Clip, Sound, made, source_of
from tests.orders import TRACE

CLIPS = (
    Clip(frames=30, pix_fmt="yuv420p", sounds=(Sound(),), metadata={"title": 'é "quoted" \u2028'}),
    Clip(frames=9, cover=True, chapters=((0, 200, "one"), (200, 360, "two")), rotation=90),
    Clip("matroska", "ffv1", frames=5, pix_fmt="yuv422p10le", rate=Fraction(30000, 1001), aspect=Fraction(16, 15)),
)

WISHES = (
    FilmWishes(),
    FilmWishes(
        encode=EncodeSettings("hevc", "mkv", 22, "slow"),
        calm=Calm(every=3, smooth=0.1),
        saturation=1.1,
        deinterlace="on",
        compare=True,
    ),
)


def planned(clip: Clip, wishes: FilmWishes) -> PlannedFilm:
    open_source = source_of(made(clip))
    film = probe(open_source)
    timeline = index(open_source, film)
    now = datetime.now(UTC)
    return PlannedFilm(
        key="0" * 32,
        film=film,
        plan=plan_film(film, timeline, wishes),
        wishes=wishes,
        asked=Asked(source="inbox/a", source_bytes=1, source_modified=now, wishes="{}", network=Network(side=64)),
        target="outbox/a",
        job_id="wedding",
        trace_id=TRACE,
        asked_at=now,
        begun_at=now,
        notes=("one", "two"),
    )


@pytest.mark.parametrize("clip", CLIPS, ids=["with sound", "with chapters", "deep"])
@pytest.mark.parametrize("wishes", WISHES, ids=["usual", "odd"])
def test_a_plan_comes_back_exactly(clip: Clip, wishes: FilmWishes) -> None:
    store = MemoryStore()
    sent = planned(clip, wishes)
    sent.write(store)
    found = PlannedFilm.read(store, sent.name)
    assert found == sent
    assert repr(found.film) == repr(sent.film)
    assert repr(found.wishes) == repr(sent.wishes)
    assert found.plan.to_json() == sent.plan.to_json()
    assert found.to_json() == sent.to_json()


def test_a_plan_is_of_the_lowest_version_that_has_no_wish_overlooked() -> None:
    bounded, plain = EncodeSettings(max_rate=1_000_000), EncodeSettings(plain=True)
    assert [version_for(wishes, Delivery()) for wishes in WISHES] == [1, 1]
    assert [version_for(FilmWishes(encode=encode), Delivery()) for encode in (bounded, plain)] == [2, 2]
    assert [version_for(FilmWishes(), delivery) for delivery in (Delivery(max_bytes=1), Delivery(audio="aac"))] == [
        2,
        2,
    ]
    sent = replace(planned(CLIPS[0], FilmWishes(encode=plain)), delivery=Delivery(5, "aac"), version=2)
    assert PlannedFilm.from_json(sent.to_json()) == sent


def test_a_plan_that_was_written_before_there_was_a_delivery_is_still_carried_out() -> None:
    sent = planned(CLIPS[0], WISHES[0])
    fields = json.loads(sent.to_json())
    del fields["delivery"], fields["wishes"]["encode"]["plain"], fields["wishes"]["encode"]["max_rate"]
    assert PlannedFilm.from_json(json.dumps(fields).encode()) == sent


def test_two_jobs_that_want_one_film_have_two_plans() -> None:
    sent = planned(CLIPS[0], WISHES[0])
    assert sent.name != replace(sent, job_id="funeral").name


def test_a_plan_of_another_version_is_refused_politely_and_a_damaged_one_too() -> None:
    data = planned(CLIPS[0], WISHES[0]).to_json()
    assert data.count(b'"version":1') == 1
    with pytest.raises(Rejected, match=r"of version 3, and this program knows 2") as refused:
        PlannedFilm.from_json(data.replace(b'"version":1', b'"version":3'))
    assert refused.value.code == "newer-version"
    for damaged in (b"", b"{}", b"[]", data[:-9], data.replace(b'"time_base":"', b'"time_base":"x')):
        with pytest.raises(Rejected) as refused:
            PlannedFilm.from_json(damaged)
        assert refused.value.code == "bad-plan"
        assert "\n" not in refused.value.reason
