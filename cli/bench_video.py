"""What `colorise bench video` measures."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from cli.bench_calm import measure_calm
from cli.bench_clips import RATE, Script, Size, real_clips, write_clip
from cli.bench_memory import peak_memory_of_all
from cli.bench_table import Row, rows_against
from cli.bench_ways import NO_COLOR, OURS, WAYS, Cost, open_workers
from cli.library import open_model
from functions.colorise.coloriser import Coloriser
from functions.colorise.models.caffe.zhang_v2 import random_zhang_v2
from functions.colorise.models.shelf import SHELF
from functions.colorise.session import NetworkSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SHOTS: Final = 2
"""In a chunk: 4.8 s each, a usual length."""

RUN: Final = 2
"""Chunks that each process gets at a time: `colorise video` gives up to a dozen, where the film has them."""

UNIT: Final = "ms/frame"

ZHANG: Final = "2016 network alone on every frame ({frames} frames measured)"

ZHANG_FRAMES: Final = 2
"""That each process infers: the network takes a second for one."""

MADE_UP: Final = Script(Size(640, 360), shots=3, shot_frames=50, in_colour=True)
"""The clip made from numbers for the figures of calm."""


@dataclass(frozen=True, slots=True)
class FilmBench:
    """What to measure, and on what.

    Args:
        rounds: times that each way of colouring is measured.
        jobs: processes, each with one thread.
        model: what `--model` names.
        sizes: of the frames of the speed rows.
        chunk_frames: of those films.
        clips: for the figures of calm; empty takes those that are installed and one made from numbers.
        memory_size: of the frames of the memory rows.
        memory_minutes: how long those films are.
    """

    rounds: int
    jobs: int
    model: str
    sizes: Sequence[Size]
    chunk_frames: int
    clips: Sequence[Path]
    memory_size: Size
    memory_minutes: Sequence[float]


def measure_films(parts: Sequence[str], wanted: FilmBench) -> list[Row]:
    """Rows of the parts (speed, calm, memory), in the order in which they are printed.

    Raises:
        Unreadable: a clip cannot be read.
        Rejected: there is no such model.
        CalledProcessError: `colorise video` failed.
    """
    with tempfile.TemporaryDirectory(prefix="colorise-bench-") as folder:
        scratch = Path(folder)
        measured: dict[str, Callable[[], list[Row]]] = {
            "speed": lambda: _speed(scratch, wanted),
            "calm": lambda: _calm(scratch, wanted),
            "memory": lambda: _memory(scratch, wanted),
        }
        return [row for part, measure in measured.items() if part in parts for row in measure()]


def _speed(scratch: Path, wanted: FilmBench) -> list[Row]:
    zhang = scratch / "zhang.onnx"
    zhang.write_bytes(random_zhang_v2().onnx)
    alone = ZHANG.format(frames=wanted.jobs * ZHANG_FRAMES)
    rows: list[Row] = []
    with open_workers(*open_model(wanted.model), wanted.jobs) as workers:
        for size in wanted.sizes:
            # A run of takes for each process, and one take before and after them, for there is more to look at.
            script = Script(size, SHOTS, wanted.chunk_frames // SHOTS, takes=wanted.jobs * RUN + 2)
            clip = scratch / f"{size}.mp4"
            write_clip(script, clip)
            start, end = (takes * script.frames / RATE for takes in (1, wanted.jobs * RUN + 1))
            taken: dict[str, list[Cost]] = {name: [] for name in (*WAYS, alone)}
            for _ in range(wanted.rounds):
                for name in WAYS:
                    taken[name].append(workers.film(name, clip, start=start, end=end))
                taken[alone].append(workers.network(SHELF["zhang16"], zhang, ZHANG_FRAMES))
            clip.unlink()
            for group, kind in (
                (f"speed {size}, {wanted.jobs} processes", "wall"),
                (f"speed {size}, processor time", "processor"),
            ):
                values = {name: tuple(getattr(cost, kind) for cost in costs) for name, costs in taken.items()}
                rows += _speed_rows(group, values, alone)
    return rows


def _speed_rows(group: str, values: Mapping[str, tuple[float, ...]], alone: str) -> list[Row]:
    """A row a way beside no colour, then what each adds to that, then how much of what others add ours does."""
    base = values[NO_COLOR]
    added = {name: _less(taken, base) for name, taken in values.items() if name != NO_COLOR}
    added[alone] = values[alone]  # it neither decodes nor encodes
    rows = rows_against(group, {name: taken for name, taken in values.items() if name != alone}, NO_COLOR, UNIT)
    rows += [_row(group, f"added by {name}", taken, NO_COLOR, base) for name, taken in added.items()]
    others = [name for name in added if name != OURS]
    rows += [_row(group, f"added by {OURS}", added[OURS], f"added by {name}", added[name]) for name in others]
    return rows


def _less(values: tuple[float, ...], base: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(one - other for one, other in zip(values, base, strict=True))


def _row(group: str, name: str, values: tuple[float, ...], against: str, others: tuple[float, ...]) -> Row:
    ratio = median(one / other for one, other in zip(values, others, strict=True))
    return Row(group, name, median(values), UNIT, ratio, against, values)


def _calm(scratch: Path, wanted: FilmBench) -> list[Row]:
    clips = list(wanted.clips)
    if not clips:
        made_up = scratch / "made of numbers.mp4"
        write_clip(MADE_UP, made_up)
        clips = [*real_clips(), made_up]
    card, weights = open_model(wanted.model)
    coloriser = Coloriser(NetworkSession(weights, card, threads=1, gpus=()))
    return [row for clip in clips for row in measure_calm(clip, coloriser)]


def _memory(scratch: Path, wanted: FilmBench) -> list[Row]:
    """Peaks of films of several lengths, and their ratio to the shortest one's."""
    group, size = f"peak memory {wanted.memory_size}, {wanted.jobs} processes", wanted.memory_size
    rows: list[Row] = []
    for minutes in sorted(wanted.memory_minutes):
        frames = round(minutes * 60 * RATE)
        takes = max(1, round(frames / wanted.chunk_frames))
        script = Script(size, SHOTS, frames // takes // SHOTS, takes)
        clip, result = (scratch / f"{name}.mp4" for name in ("grey", "coloured"))
        write_clip(script, clip)
        words = ["video", str(clip), "-o", str(result), "--jobs", str(wanted.jobs), "--model", wanted.model, "-y"]
        peak = peak_memory_of_all(words, {"COLORISE_WORK": str(scratch / "work")}) / 1e6
        compared = (peak / rows[0].value, rows[0].name) if rows else ()
        rows.append(Row(group, f"film of {minutes:g} min", peak, "MB", *compared))
        clip.unlink()
        result.unlink()
    return rows
