"""Claims about the capacity model: the simulation agrees with what is known in closed form, and keeps the rules."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING

import pytest

from infra.capacity.__main__ import main
from infra.capacity.costs import read_costs
from infra.capacity.document import filled, is_stale
from infra.capacity.events import Clock
from infra.capacity.film import long_film
from infra.capacity.formulae import (
    Stream,
    erlang_c,
    in_system,
    mean_wait,
    merged,
    servers_for,
    stream_of,
    waits_beside_batches,
    waits_by_priority,
)
from infra.capacity.measuring.machine import competition, competition_of_spin
from infra.capacity.needs import needs
from infra.capacity.pipeline import CHUNK, IMAGE, JOIN, SPLIT, Deaths
from infra.capacity.resources import NEVER, SharedCores
from infra.capacity.scenario import Cluster, Crew, OneMachine, arrivals, percentile, run
from infra.capacity.work import Measured, Mix, Task, Work

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from infra.capacity.scenario import Run
    from infra.capacity.work import Recipe


@dataclass(frozen=True, slots=True)
class Drawn:
    """Photographs that take as long as somebody draws."""

    name: str
    seconds: Callable[[random.Random], float]

    def draw(self, luck: random.Random) -> Task:
        return Task(Work(core=self.seconds(luck)))


def queue(recipe: Drawn, *, rate: float, servers: int, seconds: float, seed: int = 1) -> Run:
    coming = arrivals(rate * 60, Mix({"photo": 1.0}), seconds, seed)
    return run({"photo": recipe}, coming, Crew(servers), Cluster(), seed=seed, ignore_seconds=seconds / 20)


EXPONENTIAL = Drawn("photo", lambda luck: luck.expovariate(1.0))
CONSTANT = Drawn("photo", lambda _: 1.0)


def test_one_server_with_exponential_work_makes_people_wait_as_m_m_1_says() -> None:
    seen = queue(EXPONENTIAL, rate=0.7, servers=1, seconds=60_000).seen
    assert fmean(seen.waits[IMAGE]) == pytest.approx(0.7 / 0.3, rel=0.1)
    assert mean_wait(Stream(0.7, 1.0, 2.0), 1) == pytest.approx(0.7 / 0.3)


def test_one_server_with_constant_work_makes_people_wait_as_m_d_1_says() -> None:
    seen = queue(CONSTANT, rate=0.8, servers=1, seconds=40_000).seen
    assert fmean(seen.waits[IMAGE]) == pytest.approx(0.8 / 0.2 / 2, rel=0.1)
    assert mean_wait(Stream(0.8, 1.0, 1.0), 1) == pytest.approx(2.0)


def test_several_servers_make_people_wait_as_m_m_c_says() -> None:
    seen = queue(EXPONENTIAL, rate=3.5, servers=5, seconds=15_000).seen
    assert fmean(seen.waits[IMAGE]) == pytest.approx(erlang_c(5, 3.5) / (5 - 3.5), rel=0.1)


def test_several_servers_with_constant_work_make_people_wait_about_half_as_long() -> None:
    seen = queue(CONSTANT, rate=3.5, servers=5, seconds=15_000).seen
    # Lee and Longton's estimate is a few per cent off for M/D/c.
    assert fmean(seen.waits[IMAGE]) == pytest.approx(mean_wait(Stream(3.5, 1.0, 1.0), 5), rel=0.15)


def test_erlang_c_is_what_tables_say() -> None:
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(5, 4.0) == pytest.approx(0.5541, abs=1e-4)
    assert erlang_c(5_000, 4_000.0) == pytest.approx(0, abs=1e-9)
    assert erlang_c(3, 3.0) == 1


def test_busy_servers_and_those_in_the_system_follow_the_utilisation_law_and_little() -> None:
    found = queue(EXPONENTIAL, rate=3.0, servers=4, seconds=8_000)
    seen = found.seen
    rate = seen.asked / found.seconds
    assert sum(seen.busy.values()) / 8_000 == pytest.approx(3.0, rel=0.03)
    there = in_system(rate, fmean(seen.stays["photo"]))
    assert seen.in_system / found.seconds == pytest.approx(there, rel=0.02)


def test_urgent_kinds_wait_as_cobham_says() -> None:
    """Photographs before chunks, both of one second, at one worker that takes both."""
    films = Measured("film", [Task(Work(0.0), (Work(1.0),), Work(0.0))])
    coming = arrivals(0.8 * 60, Mix({"photo": 0.5, "film": 0.5}), 60_000, 3)
    seen = run({"photo": CONSTANT, "film": films}, coming, Crew(1), Cluster(), seed=3, ignore_seconds=1_000).seen
    urgent, other = waits_by_priority([Stream(0.4, 1.0, 1.0), Stream(0.4, 1.0, 1.0)], 1)
    assert urgent == pytest.approx(0.8 / 0.6 / 2)
    assert other == pytest.approx(urgent / 0.2)
    assert fmean(seen.waits[IMAGE]) == pytest.approx(urgent, rel=0.1)
    assert fmean(seen.waits[CHUNK]) == pytest.approx(other, rel=0.15)


def test_a_photograph_overtakes_the_chunks_that_wait_and_none_that_is_in_hand() -> None:
    film = Measured("film", [Task(Work(1.0), (Work(10.0),) * 4, Work(1.0))])
    photo = Measured("photo", [Task(Work(0.5))])
    coming = [(0.0, "film"), (2.0, "photo"), (3.0, "photo")]
    seen = run({"film": film, "photo": photo}, coming, Crew(1), Cluster(), seed=0).seen
    assert seen.waits[IMAGE] == [pytest.approx(9.0), pytest.approx(8.5)]
    assert seen.waits[CHUNK] == [pytest.approx(waited) for waited in (0.0, 11.0, 21.0, 31.0)]


def test_a_film_is_joined_when_its_last_chunk_is_there() -> None:
    film = Measured("film", [Task(Work(2.0), (Work(10.0), Work(4.0), Work(4.0)), Work(3.0))])
    seen = run({"film": film}, [(0.0, "film")], Crew(2), Cluster(), seed=0).seen
    assert seen.stays["film"] == [pytest.approx(2 + 10 + 3)]
    assert set(seen.busy) == {SPLIT, CHUNK, JOIN}


def mixed(deaths: Deaths | None, seed: int, site: Cluster | OneMachine | None = None) -> Run:
    recipes: dict[str, Recipe] = {
        "photo": Drawn("photo", lambda luck: luck.uniform(0.1, 0.5)),
        "film": Measured("film", [Task(Work(0.5, 0.1, 1e6, 2), (Work(8.0, 0.2, 5e6, 2),) * 3, Work(1.0, 0.2, 9e6, 4))]),
    }
    coming = arrivals(30, Mix({"photo": 0.8, "film": 0.2}), 900, seed)
    limits = Cluster(store_cores=2, network=1e8, messages=500)
    return run(recipes, coming, Crew(5, 2), site or limits, seed=seed, deaths=deaths)


@pytest.mark.parametrize("deaths", [None, Deaths(60.0), Deaths(5.0, restart_seconds=1.0)])
def test_every_job_ends_whoever_dies(deaths: Deaths | None) -> None:
    seen = mixed(deaths, 7).seen
    assert seen.asked > 300
    assert seen.done + seen.buried == seen.asked
    assert sum(map(len, seen.stays.values())) == seen.done
    assert (seen.redelivered > 0) == (deaths is not None)


def test_an_order_over_which_all_workers_die_is_buried() -> None:
    photo = Measured("photo", [Task(Work(1e6))])
    seen = run(
        {"photo": photo}, [(0.0, "photo")], Crew(1), Cluster(), seed=0, deaths=Deaths(10.0, restart_seconds=1.0)
    ).seen
    assert (seen.done, seen.buried, seen.redelivered) == (0, 1, 8)


def test_what_a_dead_worker_had_comes_back_after_the_last_sign_of_life_and_ack_wait() -> None:
    deaths = Deaths(40.0, restart_seconds=0.0, ack_wait_seconds=9.0)
    photo = Measured("photo", [Task(Work(30.0))])
    runs = [run({"photo": photo}, [(0.0, "photo")], Crew(2), Cluster(), seed=seed, deaths=deaths) for seed in range(20)]
    lost = [found.seen for found in runs if found.seen.redelivered]
    assert lost
    for seen in lost:
        # From one to all signs of life within 9 s are over when it comes back, and then it is done from the start.
        assert seen.stays["photo"][0] >= 30 + 6 * seen.redelivered


def test_the_same_seed_leads_to_the_same_figures_and_another_to_others() -> None:
    assert mixed(Deaths(60.0), 7).seen == mixed(Deaths(60.0), 7).seen
    assert mixed(None, 7).seen != mixed(None, 8).seen


def test_shared_cores_are_shared_evenly_with_others_too() -> None:
    clock, ended = Clock(), list[tuple[str, float]]()
    cores = SharedCores(clock, 2, [(0.0, 0.0), (10.0, 2.0), (25.0, NEVER), (30.0, 0.0)])

    def begin(name: str, seconds: float) -> None:
        cores.serve(seconds, lambda: ended.append((name, clock.now)))

    begin("alone", 4.0)
    for name in "abc":
        clock.after(4.0, partial(begin, name, 8.0))
    clock.run()
    # Three on two cores from 4 to 10: 4 s each. Five on two to 20: 4 s more each.
    assert ended == [("alone", 4.0), ("a", pytest.approx(20.0)), ("b", pytest.approx(20.0)), ("c", pytest.approx(20.0))]


def test_a_machine_that_stands_still_does_nothing() -> None:
    clock, ended = Clock(), list[float]()
    cores = SharedCores(clock, 1, [(1.0, NEVER), (11.0, 0.0)])
    cores.serve(2.0, lambda: ended.append(clock.now))
    clock.run()
    assert ended == [pytest.approx(12.0)]


def test_work_that_is_given_up_leaves_its_core_to_others() -> None:
    clock, ended = Clock(), list[float]()
    cores = SharedCores(clock, 1)
    given_up = cores.serve(10.0, lambda: ended.append(-1.0))
    cores.serve(2.0, lambda: ended.append(clock.now))
    clock.after(2.0, given_up.cancel)
    clock.run()
    assert ended == [pytest.approx(3.0)]


def test_a_store_that_is_too_small_holds_up_everything_else() -> None:
    photo = Measured("photo", [Task(Work(core=0.1, moved=2e6))])
    found = run({"photo": photo}, [(0.0, "photo")] * 100, Crew(50), Cluster(network=1e7), seed=0)
    assert found.seen.ended_at == pytest.approx(100 * 2e6 / 1e7, rel=0.01)


def test_a_batch_on_one_machine_takes_as_long_as_its_cores_need() -> None:
    photo = Measured("photo", [Task(Work(core=0.9, store=0.05, messages=2))])
    found = run({"photo": photo}, [(0.0, "photo")] * 40, Crew(2), OneMachine(2, message_core=0.025), seed=0)
    assert found.seen.ended_at == pytest.approx(40 * 1.0 / 2)
    assert found.used["cores"] == pytest.approx(1.0)


def test_the_fewest_servers_are_found_that_keep_the_promise() -> None:
    streams = [stream_of(10.0, [(0.5, 0.1), (0.5, 0.3)]), stream_of(1.0, [(1.0, 8.0)])]
    load = merged(streams).load

    def wait(servers: int) -> float:
        return waits_by_priority(streams, servers)[0]

    servers = servers_for(wait, load=load, busiest=0.8, longest_wait=0.1)
    assert load / servers <= 0.8
    assert wait(servers) <= 0.1
    assert load / (servers - 1) > 0.8 or wait(servers - 1) > 0.1
    assert math.isinf(waits_by_priority(streams, 9)[1])


@pytest.mark.parametrize(("workers", "films"), [(1, 0.02), (2, 0.05), (12, 0.35)])
def test_the_estimate_for_chunks_that_come_together_is_near_the_simulation(workers: int, films: float) -> None:
    film = Measured("film", [Task(Work(0.0), (Work(4.0), Work(8.0), Work(12.0)), Work(0.0))])
    photo = Measured("photo", [Task(Work(0.2))])
    coming = arrivals(60 * 10 * films, Mix({"photo": 0.9, "film": 0.1}), 2_000 / films, 5)
    seen = run({"film": film, "photo": photo}, coming, Crew(workers), Cluster(), seed=5, ignore_seconds=500).seen
    urgent, batched = Stream(9 * films, 0.2, 0.04), Stream(3 * films, 8.0, (16 + 64 + 144) / 3)
    photo_wait, chunk_wait = waits_beside_batches(urgent, batched, workers, 3)
    assert photo_wait == pytest.approx(fmean(seen.waits[IMAGE]), rel=0.5)
    assert chunk_wait == pytest.approx(fmean(seen.waits[CHUNK]), rel=0.5)


def test_a_mix_that_is_not_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"these are 1\.1"):
        Mix({"photo": 0.6, "film": 0.5})


def test_percentiles_are_values_that_were_there() -> None:
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.95) == 4.0
    assert percentile([], 0.5) == 0.0


def test_the_page_says_what_the_measured_figures_lead_to() -> None:
    assert not is_stale(), "run python -m infra.capacity document"


def test_a_hundred_times_the_mentions_need_a_hundred_times_the_work_and_fewer_workers_than_that() -> None:
    few, many = needs(read_costs(), 10), needs(read_costs(), 1_000)
    assert many.orders == pytest.approx(100 * few.orders)
    assert many.down == pytest.approx(100 * few.down)
    assert sum(many.kept.values()) == pytest.approx(100 * sum(few.kept.values()))
    assert many.colour_workers < 100 * few.colour_workers
    assert many.results_kept_seconds <= few.results_kept_seconds


def test_more_workers_make_a_long_film_quicker_until_each_has_a_chunk() -> None:
    film = long_film(read_costs(), minutes=120, rate=24)
    seconds = [film.seconds(workers) for workers in (1, 10, film.chunks, 10 * film.chunks)]
    assert seconds == sorted(seconds, reverse=True)
    assert seconds[-1] == seconds[-2] == pytest.approx(film.split + film.chunk + film.join)
    assert (film.frames, film.chunks) == (172_800, 720)


def test_how_busy_others_are_is_seen_from_how_long_one_waits_for_a_core() -> None:
    before = {7: {1: (10.0, 4.0)}, 8: {2: (5.0, 5.0)}}
    # Two of ours runnable all the time, on a core for a quarter of it: eight on two cores, so six of others.
    after = {7: {1: (10.5, 5.5), 3: (0.1, 1.9)}, 8: {2: (5.5, 6.5)}, 9: {}}
    assert competition(before, after, 2.0, cores=2) == pytest.approx(6.0)
    assert competition(before, {7: {1: (12.0, 4.0)}}, 2.0, cores=2) == 0
    assert competition_of_spin([0.25, 0.25], cores=2) == pytest.approx(6.0)
    assert competition_of_spin([1.0, 1.0], cores=2) == 0


def test_a_page_without_a_place_for_each_table_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has places for"):
        filled("<!-- table: films -->\n<!-- end -->", read_costs())


def test_the_command_simulates_a_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "mentions.txt"
    trace.write_text("0 photo-1\n0.5 clip-640x360\n1 photo-12\n")
    assert main(["simulate", "--trace", str(trace), "--minutes", "0", "--workers", "1", "--splitters", "1"]) == 0
    assert "3 asked for, 3 done, 0 buried" in capsys.readouterr().out
