"""`python -m infra.capacity`: simulate a pipeline, say what a rate needs, or bring docs/capacity.md up to date."""

from __future__ import annotations

import argparse
import statistics
import sys
from typing import TYPE_CHECKING

from infra.capacity import document
from infra.capacity.costs import read_costs
from infra.capacity.needs import USUAL_MIX, Assumptions, message_seconds, needs
from infra.capacity.pipeline import Deaths
from infra.capacity.scenario import Cluster, Crew, arrivals, percentile, run
from infra.capacity.work import Mix

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from infra.capacity.scenario import Arrival, Run


def main(words: Sequence[str] | None = None) -> int:
    """Do as the command line says; 1 where `document --check` finds the page stale."""
    parser = argparse.ArgumentParser(prog="python -m infra.capacity", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    simulate = commands.add_parser("simulate", help="mentions at random, or from a file")
    simulate.add_argument("--per-minute", type=float, default=10.0, help="mentions")
    simulate.add_argument("--minutes", type=float, default=60.0, help="that are simulated")
    simulate.add_argument("--trace", help="file of lines `SECONDS NAME` instead, in the order of time")
    simulate.add_argument("--mix", help="such as photo-1=0.9,clip-1280x720=0.1")
    simulate.add_argument("--workers", type=int, help="that colour; as many as are needed by default")
    simulate.add_argument("--splitters", type=int, help="that split and join, likewise")
    simulate.add_argument("--store-cores", type=float, default=float("inf"), help="of the store")
    simulate.add_argument("--network", type=float, default=float("inf"), help="MB/s at the store")
    simulate.add_argument("--messages", type=float, default=float("inf"), help="a second that the queue stores")
    simulate.add_argument("--life", type=float, help="minutes that a worker lives on average; for ever by default")
    simulate.add_argument("--seed", type=int, default=1)
    page = commands.add_parser("document", help="make the tables of docs/capacity.md anew")
    page.add_argument("--check", action="store_true", help="only say whether they are stale")
    told = parser.parse_args(words)
    if told.command == "simulate":
        _simulate(told)
    elif told.check:
        stale = document.is_stale()
        sys.stdout.write("stale: run python -m infra.capacity document\n" if stale else "up to date\n")
        return int(stale)
    else:
        document.write()
    return 0


def _simulate(told: argparse.Namespace) -> None:
    costs, mix, seconds = read_costs(), _mix(told.mix), told.minutes * 60
    need = needs(costs, told.per_minute, Assumptions(mix))
    crew = Crew(told.workers or need.colour_workers, told.splitters or need.film_workers)
    coming: Iterable[Arrival] = arrivals(told.per_minute, mix, seconds, told.seed)
    if told.trace:
        with open(told.trace, encoding="utf-8") as lines:  # noqa: PTH123 - as it was typed
            coming = [(float(at), name) for at, name in (line.split() for line in lines)]
    site = Cluster(told.store_cores, told.network * 1e6, told.messages, message_seconds(costs))
    deaths = Deaths(told.life * 60) if told.life else None
    found = run(costs.recipes, coming, crew, site, seed=told.seed, ignore_seconds=seconds / 10, deaths=deaths)
    _print(found, crew)


def _mix(text: str | None) -> Mix:
    if text is None:
        return USUAL_MIX
    return Mix({name: float(share) for name, share in (part.split("=") for part in text.split(","))})


def _print(found: Run, crew: Crew) -> None:
    seen, say = found.seen, sys.stdout.write
    say(f"jobs: {seen.asked} asked for, {seen.done} done, {seen.buried} buried, {seen.redelivered} orders came again\n")
    say(f"throughput: {60 * seen.done / max(found.seconds, 1e-9):.1f} a minute\n")
    for kind, seconds in sorted(seen.busy.items()):
        workers = crew.colour if kind.startswith("colorise") else crew.films
        say(f"busy with {kind}: {seconds / seen.ended_at / workers:.1%} of {workers} workers\n")
    for name, share in found.used.items():
        say(f"in use of {name}: {share:.1%}\n")
    for what, values in [*sorted(seen.waits.items()), *sorted(seen.stays.items())]:
        does = "waits" if what in seen.waits else "is there after"
        points = ", ".join(f"{percentile(values, share):.2f}" for share in (0.5, 0.95, 0.99))
        say(f"{what} {does}: mean {statistics.fmean(values):.2f} s; 50, 95, 99 %: {points} s\n")


if __name__ == "__main__":
    sys.exit(main())
