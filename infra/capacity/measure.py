"""Measures what the pipeline's parts cost on this machine, or how well the simulation foretells a real batch here.

Usage: python -m infra.capacity.measure [--only photos films stages queue] [--names photo-4 clip-640x360 …] [--times N]
       python -m infra.capacity.measure --validate [--photos N] [--films N] [--workers N]

Both write JSON beside this program: measured.json, from which docs/capacity.md takes its figures, and validated.json,
to which each real batch is added; delete that when the costs are measured anew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

HERE: Final = Path(__file__).parent

PARTS: Final = ("photos", "films", "stages", "index", "queue")

MEGAPIXELS: Final = (1, 4, 12)

PHOTOS: Final = {f"photo-{size}": size for size in MEGAPIXELS}

CLIPS: Final = {f"clip-{size}": (size, 15, 2) for size in ("640x360", "1280x720", "1920x1080")}
"""Name → size, seconds, and how often it is coloured."""

FILMS: Final = CLIPS | {"film-1280x720": ("1280x720", 30, 1)}
"""The last one has a chunk in its middle, with margins on both sides, as nearly all chunks of a long film have."""


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="measure these parts only")
    parser.add_argument("--times", type=int, default=12, help="that each photograph is coloured")
    parser.add_argument("--names", nargs="+", choices=[*PHOTOS, *FILMS], default=[*PHOTOS, *FILMS], help="of sources")
    parser.add_argument("--output", type=Path, default=HERE / "measured.json", help="what is not measured stays in it")
    parser.add_argument("--validate", action="store_true", help="compare a real batch with the simulation")
    parser.add_argument("--photos", type=int, default=120, help="of the batch")
    parser.add_argument("--films", type=int, default=2, help="of the batch")
    parser.add_argument("--workers", type=int, default=2, help="that colour the batch")
    words = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped then, too
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the workers have it; read when numpy is imported
    if words.validate:
        from infra.capacity.measuring.validation import validated  # noqa: PLC0415 - after the threads were counted

        report = validated(words.output, photos=words.photos, films=words.films, workers=words.workers)
        runs = HERE / "validated.json"
        _write(runs, [*(json.loads(runs.read_text()) if runs.exists() else []), report])
        for forecast in report["forecasts"]:
            sys.stdout.write(f"{forecast['name']}: {forecast['makespan']:.1f} s, ratio {forecast['ratio']:.2f}\n")
        return
    measured = json.loads(words.output.read_text()) if words.output.exists() else {}
    for part in words.only:
        sys.stderr.write(f"measuring {part}\n")
        before = measured.get(part, {}).get("measured", {})
        measured[part] = found = _stamped(lambda part=part: _measure(part, words))  # type: ignore[misc]
        found["measured"] = before | found["measured"]
        _write(words.output, measured)


def _measure(part: str, words: argparse.Namespace) -> dict[str, Any]:
    from infra.capacity.measuring.queue import measured_queue  # noqa: PLC0415 - after the threads were counted

    if part == "queue":
        memory = Path("/dev/shm")  # noqa: S108 - a disk that costs no time, where Linux has one
        return {"disk": measured_queue(), "memory": measured_queue(memory) if memory.is_dir() else None}
    with tempfile.TemporaryDirectory(prefix="colorise-capacity-") as folder:
        return asyncio.run(_with_up(part, words, Path(folder)))


async def _with_up(part: str, words: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from functions.queues.settings import open_queue  # noqa: PLC0415 - after the threads were counted
    from functions.stores.settings import open_store  # noqa: PLC0415 - as above
    from infra.capacity.measuring import orders, sources, stages  # noqa: PLC0415 - as above
    from infra.capacity.measuring.up import running_up  # noqa: PLC0415 - as above

    with running_up(1) as up:
        store = open_store(up.running.store)
        named = {"photos": [*PHOTOS], "films": [*FILMS], "index": [*FILMS], "stages": [*PHOTOS, *FILMS]}[part]
        wanted = [name for name in words.names if name in named]
        for name in wanted:
            if name in PHOTOS:
                store.write(f"inbox/{name}", sources.photograph(PHOTOS[name]), content_type="image/jpeg")
            else:
                size, seconds, _ = FILMS[name]
                film = sources.clip(folder / "clip.mp4", size, seconds)
                store.write(f"inbox/{name}", film, content_type="video/mp4")
        if part == "stages":
            handlers = stages.all_handlers(store)
            return {name: stages.job_costs(handlers, store, f"inbox/{name}", film=name in FILMS) for name in wanted}
        if part == "index":
            return {name: stages.index_cost(store, f"inbox/{name}") for name in wanted}
        queue = await open_queue(up.running.queue)
        found: dict[str, Any] = {"idle": await orders.measured_idle(up)}
        for name in wanted:
            source = store.find(f"inbox/{name}")
            found[name] = {"bytes": source.size if source else 0}
            if name in PHOTOS:
                samples = await orders.measured_photos(up, queue, f"inbox/{name}", name, words.times)
                found[name] |= {"orders": samples}
            else:
                again = range(FILMS[name][2])
                films = [await orders.measured_film(up, queue, f"inbox/{name}", name, number) for number in again]
                found[name] |= {"films": films}
        await queue.close()
        return found


def _stamped(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is measured, with when, where, and beside how much else."""
    from infra.capacity.measuring import machine  # noqa: PLC0415 - after the threads were counted

    began, load = datetime.now(UTC), machine.load()
    shares = machine.spin(1)
    found = measure()
    return {
        "began": began.isoformat(timespec="seconds"),
        "machine": machine.described(),
        "load_before": load,
        "load_after": machine.load(),
        "share_of_a_core": round(statistics.mean([*shares, *machine.spin(1)]), 3),
        "measured": found,
    }


def _write(at: Path, figures: dict[str, Any] | list[dict[str, Any]]) -> None:
    at.write_text(json.dumps(_rounded(figures), indent=1) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    """With six significant figures: more are noise, and make a file that nobody can read."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
