"""The operator: who has the number, and what can be changed with it while the stand runs."""

from __future__ import annotations

import csv

import pytest

from demo.operator import made_pin
from functions.errors import Rejected
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.demo.stand_world import OURS, PIN, Clock, grey_jpeg, said, standing


async def test_nobody_is_the_operator_without_the_number_not_even_at_the_machine_itself() -> None:
    async with standing() as world:
        for method, path in (
            ("GET", "/api/operator/settings"),
            ("PUT", "/api/operator/settings"),
            ("GET", "/api/operator/figures.csv"),
            ("DELETE", "/api/operator/wall"),
            ("DELETE", "/api/operator/visits/x"),
        ):
            assert said(await world.client.request(method, path, headers=OURS)) == (403, "forbidden")
        assert (await world.client.get("/api/stand")).json()["is_operator"] is False
        await world.operator()
        assert (await world.client.get("/api/stand")).json()["is_operator"] is True
        async with world.browser() as other:
            assert (await other.get("/api/operator/settings")).status_code == 403
        async with world.browser(Cookie="operator=operator.x.y") as forger:
            assert (await forger.get("/api/operator/settings")).status_code == 403


async def test_after_five_wrong_numbers_none_is_looked_at_for_a_minute() -> None:
    async with standing() as world:

        async def tried(pin: object) -> tuple[int, str]:
            return said(await world.client.post("/api/operator/session", json={"pin": pin}, headers=OURS))

        for pin in ("000000", "", 471100, None, PIN + "0"):
            assert await tried(pin) == (403, "wrong-pin")
            world.clock.pass_by(seconds=1)
        for pin in ("000000", PIN):
            answer = await world.client.post("/api/operator/session", json={"pin": pin}, headers=OURS)
            assert said(answer) == (429, "too-often")
            assert 0 < int(answer.headers["retry-after"]) <= 60
        world.clock.pass_by(seconds=56)
        await world.operator()


async def test_wrong_numbers_long_apart_keep_nobody_out() -> None:
    async with standing() as world:
        for _ in range(7):
            answer = await world.client.post("/api/operator/session", json={"pin": "0"}, headers=OURS)
            assert said(answer) == (403, "wrong-pin")
            world.clock.pass_by(seconds=16)
        await world.operator()


async def test_the_session_ends_when_the_operator_leaves_and_after_a_day() -> None:
    async with standing() as world:
        await world.operator()
        world.clock.pass_by(hours=11)
        assert (await world.client.get("/api/operator/settings")).status_code == 200
        world.clock.pass_by(hours=2)
        assert (await world.client.get("/api/operator/settings")).status_code == 403
        await world.operator()
        await world.client.delete("/api/operator/session", headers=OURS)
        assert (await world.client.get("/api/operator/settings")).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        b'{"name": "a\\r\\nSet-Cookie: x"}',
        b'{"name": ""}',
        b'{"idle_seconds": -1}',
        b'{"idle_seconds": 1e999}',
        b'{"wall_hours": NaN}',
        b'{"keep_minutes": 99999999999999999999999}',
        b'{"samples": ["../../etc"]}',
        b'{"unknown": 1}',
    ],
)
async def test_a_setting_that_cannot_be_is_refused_and_changes_nothing(change: bytes) -> None:
    async with standing() as world:
        await world.operator()
        before = (await world.client.get("/api/operator/settings")).json()
        answer = await world.client.put("/api/operator/settings", content=change, headers=OURS)
        assert said(answer) == (422, "bad-settings")
        assert (await world.client.get("/api/operator/settings")).json() == before


async def test_settings_hold_at_once_and_after_a_restart() -> None:
    queue, store, clock = MemoryQueue(), MemoryStore(), Clock()
    async with standing(queue=queue, store=store, clock=clock) as world:
        await world.operator()
        settings = (await world.client.get("/api/operator/settings")).json()
        assert {
            "name", "language", "idle_seconds", "max_bytes", "keep_minutes", "per_visitor_per_minute", "samples"
        } <= set(settings)  # fmt: skip
        changed = {"name": "A fair", "language": "de", "max_bytes": 100, "samples": ["alps"], "idle_seconds": 0}
        answer = await world.client.put("/api/operator/settings", json=changed, headers=OURS)
        assert answer.json() == settings | changed
        refused = await world.client.post("/api/visits", content=grey_jpeg(), headers=OURS)
        assert said(refused) == (413, "too-large")
        german = (await world.client.get("/api/words")).json()
        assert refused.json()["reason"] == german["error.too-large"]
    async with standing(queue=queue, store=store, clock=clock, demo_name="Other", demo_per_minute=7) as world:
        about = (await world.client.get("/api/stand")).json()
        assert (about["name"], about["language"], about["idle_seconds"]) == ("A fair", "de", 0)
        assert [one["id"] for one in about["samples"]] == ["alps"]
        assert world.stand.rules.now.per_visitor_per_minute == 7  # what nobody changed is as it was started


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"language": "xx"},
        {"keep_minutes": 0},
        {"max_bytes": "many"},
        {"per_visitor_per_minute": 0},
        {"samples": ["../../etc"]},
        {"secret": "x"},
    ],
)
async def test_settings_that_cannot_be_are_refused_and_nothing_is_changed(fields: dict[str, object]) -> None:
    async with standing() as world:
        await world.operator()
        before = world.stand.rules.now
        answer = await world.client.put("/api/operator/settings", json={"idle_seconds": 5, **fields}, headers=OURS)
        assert said(answer) == (422, "bad-settings")
        assert world.stand.rules.now == before


async def test_the_figures_tell_how_many_how_quickly_and_why_not() -> None:
    queue, store, clock = MemoryQueue(), MemoryStore(), Clock()
    async with standing(queue=queue, store=store, clock=clock) as world:
        await world.coloured()
        await world.client.post("/api/visits", content=b"none", headers=OURS)
        world.painter.refuses = Rejected("colour", code="already-colour")
        await world.ended(await world.bring(grey_jpeg()))
    async with standing(queue=queue, store=store, clock=clock) as world:
        clock.pass_by(hours=1)
        await world.coloured()
        await world.operator()
        answer = await world.client.get("/api/operator/figures.csv")
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(answer.text.splitlines()))
        assert [(row["hour"], row["kind"], row["ending"], row["visits"]) for row in rows] == [
            ("2026-11-28T12:00Z", "none", "not-a-picture", "1"),
            ("2026-11-28T12:00Z", "photo", "already-colour", "1"),
            ("2026-11-28T12:00Z", "photo", "coloured", "1"),
            ("2026-11-28T13:00Z", "photo", "coloured", "1"),
        ]
        assert float(rows[2]["median_seconds"]) <= float(rows[2]["longest_seconds"])
        assert rows[0]["median_seconds"] == ""


def test_a_number_that_is_made_is_another_one_each_time() -> None:
    assert len({made_pin() for _ in range(20)}) > 15
    assert all(len(made_pin()) == 6 and made_pin().isdecimal() for _ in range(20))


async def test_prometheus_hears_of_visits_of_the_wall_and_of_who_listens() -> None:
    async with standing() as world, world.following("/api/wall/events") as wall:
        accepted, _ = await world.coloured()
        await world.client.put(f"/api/visits/{accepted['id']}/wall?token={accepted['token']}", json={}, headers=OURS)
        await wall.next("added")
        told = world.stand.figures.registry.get_sample_value
        assert told("colorise_demo_visits_total", {"kind": "photo", "ending": "coloured"}) == 1
        assert told("colorise_demo_visit_seconds_count", {"kind": "photo"}) == 1
        assert told("colorise_demo_wall_pictures") == 1
        assert (told("colorise_demo_streams") or 0) >= 1
