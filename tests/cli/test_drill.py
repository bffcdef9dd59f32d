"""Claims about the parts of `colorise drill` that need no server."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import TYPE_CHECKING

import pytest

from cli.drill_disk import small_disk
from cli.drill_faults import FaultsOptions, planned_faults
from cli.drill_goods import films, pictures
from cli.drill_ground import run_drill
from cli.drill_kills import turns
from cli.drill_poisons import poisons
from cli.drill_report import DrillReport, told
from cli.main import main
from functions.errors import Postponed, Rejected
from functions.jobs import parse_order

if TYPE_CHECKING:
    from pathlib import Path


def report(*, kept: bool) -> DrillReport:
    made = DrillReport("test")
    made.promise("nothing is lost", [] if kept else [f"order-{number}" for number in range(8)], right="8 orders")
    made.figure("kills", 3)
    made.figure("ratio", 0.9, aim="at least 0.85", reached=True, values=(0.8, 0.9, 1.0))
    return made


def test_a_broken_promise_is_exit_code_1_and_names_some_of_what_broke_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(report(kept=True), as_json=False) == 0
    assert "8 orders" in capsys.readouterr().out
    assert told(report(kept=False), as_json=False) == 1
    shown = capsys.readouterr().out
    assert "BROKEN" in shown
    assert "order-4; and 3 more" in shown


def test_json_says_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(report(kept=False), as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["drill"], said["kept"]) == ("test", False)
    assert said["figures"][1]["values"] == [0.8, 0.9, 1.0]


def test_a_missed_aim_breaks_no_promise() -> None:
    made = report(kept=True)
    made.figure("rate", 1, aim="at least 2", reached=False)
    assert made.kept


def test_goods_are_the_same_for_the_same_seed_and_no_two_are_alike() -> None:
    one, same, other = (pictures(30, seed=seed) for seed in (1, 1, 2))
    assert [good.data for good in one] == [good.data for good in same]
    assert len({good.data for good in one + other}) == 60
    assert {good.content_type for good in one} == {"image/jpeg", "image/png"}
    assert len({good.order.target for good in one}) == 30


def test_films_are_no_two_alike() -> None:
    assert len({good.data for good in films(2, 1, seed=1)}) == 2


def test_a_source_that_is_asked_for_again_has_another_target() -> None:
    (good,) = pictures(1, seed=1)
    again = good.again("other")
    assert again.order.source == good.order.source
    assert again.objects == {"outbox/other.jpg", "outbox/other.jpg.json"}


def test_every_kind_of_program_is_killed_once_before_any_twice() -> None:
    kinds = ("worker", "split", "nats", "s3")
    deck = turns(kinds, Random(4))  # noqa: S311 - the same turns every time
    first, second = ([next(deck) for _ in kinds] for _ in range(2))
    assert sorted(first) == sorted(second) == sorted(kinds)
    again = turns(kinds, Random(4))  # noqa: S311 - as above
    assert [next(again) for _ in kinds] == first


def test_faults_are_the_same_for_the_same_seed_and_of_every_kind() -> None:
    options = FaultsOptions(images=30)
    assert planned_faults(options) == planned_faults(options)
    assert {type(fault).__name__ for fault in planned_faults(options)} == {"Answer", "Cut", "Stall"}


def test_poison_is_of_every_kind_and_some_of_it_is_an_order_at_first_sight() -> None:
    made = poisons(16, "x")
    assert len({one.job_id for one in made}) == 16
    assert len({one.what for one in made}) == 8
    for one in made:
        if one.code in {"newer-version", "bad-message"}:
            with pytest.raises(Rejected) as refused:
                parse_order(one.data)
            assert refused.value.code == one.code
        else:
            assert parse_order(one.data).job_id == one.job_id


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").touch()
    assert main(["drill", "chaos", "--data", str(tmp_path)]) == 2
    assert "a drill needs an empty folder" in capsys.readouterr().err


def test_what_a_drill_has_left_stays_where_a_promise_was_broken(capsys: pytest.CaptureFixture[str]) -> None:
    folders: list[Path] = []

    async def drill(folder: Path, *, kept: bool) -> DrillReport:
        await asyncio.to_thread(folder.mkdir)
        folders.append(folder)
        return report(kept=kept)

    run_drill(lambda folder: drill(folder, kept=True), None)
    run_drill(lambda folder: drill(folder, kept=False), None)
    assert [folder.exists() for folder in folders] == [False, True]
    assert str(folders[1].parent) in capsys.readouterr().err
    folders[1].rmdir()
    folders[1].parent.rmdir()


def test_what_fails_beside_other_things_is_told_as_itself() -> None:
    async def failing() -> None:
        msg = "the queue is away"
        raise Postponed(msg, after_seconds=1)

    async def drill(_folder: Path) -> DrillReport:
        async with asyncio.TaskGroup() as group:
            group.create_task(failing())
        return report(kept=True)

    with pytest.raises(Postponed, match="the queue is away"):
        run_drill(drill, None)


def test_a_small_disk_is_full_and_has_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        if disk is None:
            pytest.skip("only root may mount a small disk")
        before, after = disk.folder / "before", disk.folder / "after"
        before.write_bytes(b"x")
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            after.write_bytes(bytes(1 << 20))
        disk.make_room()
        after.write_bytes(bytes(1 << 20))
        assert before.read_bytes() == b"x"
