"""Judge networks on colour photographs whose colour was taken away: one table, and the curves behind it.

Usage: python -m training.evaluate --photos FOLDER --model NAME=FILE.onnx --out DIR (see --help)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - Typer reads the annotations when the program runs
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from functions.errors import Rejected
from functions.whole_file import write_whole
from training.candidate import GRAMMAR, candidates_of, contenders_of
from training.curves import check_matplotlib, draw_curves
from training.measures import Measures
from training.program import run
from training.questions import Part, photographs, truths  # Typer reads the annotations when the program runs
from training.speed import times, zhang_network
from training.table import Row, markdown, print_table, typed
from training.truth import SIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.color.color_space import Chroma
    from training.candidate import Contender
    from training.measures import Figures
    from training.photos import Photo

GREY, TRUTH = "grey", "truth"


def evaluate(  # noqa: PLR0913 - a command has as many parameters as it has options
    *,
    photos: Annotated[
        str, typer.Option(metavar="FOLDER", help="Colour photographs, as files or in .tar files; or the word scikit.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="For metrics.json, table.md and curves.png.")],
    model: Annotated[
        list[str] | None, typer.Option(metavar=GRAMMAR, help="A network; may be given again, and one file twice.")
    ] = None,
    split: Annotated[Part, typer.Option(help="Which part of the folder; scikit has no parts.")] = "validation",
    speed: Annotated[
        bool, typer.Option("--speed/--no-speed", help="Time each network beside the 2016 network.")
    ] = True,
    curves: Annotated[bool, typer.Option("--curves/--no-curves", help="Draw curves.png.")] = True,
) -> None:
    """Judge networks on photographs' centre squares at 256 pixels, beside grey and the truth.

    A side that is not 256 is what the network sees; its answer is judged at 256 all the same. Photographs in black
    and white are left out.
    """
    cv2.setNumThreads(1)
    candidates = candidates_of(model or [])
    if {GREY, TRUTH} & {candidate.name for candidate in candidates}:
        msg = f"--model: {GREY} and {TRUTH} are rows of their own; give the model another name"
        raise Rejected(msg, code="usage")
    if curves:
        check_matplotlib()
    chosen = photographs(photos, split)
    contenders = contenders_of(candidates)
    figures = judged(chosen, contenders)
    speeds: dict[Path, tuple[float, float]] = {}
    if speed:
        able = {
            one.candidate.file: one.session for one in contenders if not one.session.card.square or one.side == SIDE
        }
        speeds = times(able, zhang_network()) if able else {}
    rows = [
        Row(GREY, figures[GREY]),
        *(_row(contender, figures[contender.candidate.name], speeds) for contender in contenders),
        Row(TRUTH, figures[TRUTH]),
    ]
    title = f"{rows[0].figures.photos} photographs"
    record = {
        "photographs": photos,
        "split": split,
        "judged": rows[0].figures.photos,
        "left_out": len(chosen) - rows[0].figures.photos,
        "rows": [typed(row) for row in rows],
    }
    write_whole(out / "metrics.json", json.dumps(record, indent=1, ensure_ascii=False).encode() + b"\n")
    write_whole(out / "table.md", markdown(rows, title).encode())
    if curves:
        draw_curves({row.name: row.figures for row in rows if row.name != TRUTH}, out / "curves.png")
    print_table(rows, title)


def judged(photos: Sequence[Photo], contenders: Sequence[Contender]) -> dict[str, Figures]:
    """Show every photograph to every network: figures by name, with those of grey and of the truth.

    Saturation multiplies a* and b* here; the product multiplies Cb and Cr, which is the same but for the slight bend
    of hues between the two.

    Raises:
        Rejected: a photograph cannot be read, or a network fails, or all photographs are in black and white.
    """
    measures = {name: Measures() for name in (GREY, *(each.candidate.name for each in contenders), TRUTH)}
    terminal = Console(stderr=True)
    answered = 0
    for truth in track(
        truths(photos), "Judging", len(photos), console=terminal, transient=True, disable=not terminal.is_terminal
    ):
        if truth is None:
            continue
        answered += 1
        measures[GREY].add(truth, np.zeros_like(truth.chroma))
        measures[TRUTH].add(truth, truth.chroma)
        answers: dict[tuple[Path, int, bool], Chroma] = {}
        for contender in contenders:
            if contender.question not in answers:
                answers[contender.question] = contender.chroma(truth.lightness)
            chroma = answers[contender.question] * np.float32(contender.candidate.saturation)
            measures[contender.candidate.name].add(truth, chroma)
    if not answered:
        msg = f"all of these {len(photos)} photographs are in black and white: give some in colour"
        raise Rejected(msg, code="no-photographs")
    return {name: each.figures() for name, each in measures.items()}


def _row(contender: Contender, figures: Figures, speeds: dict[Path, tuple[float, float]]) -> Row:
    candidate = contender.candidate
    milliseconds, ratio = speeds.get(candidate.file, (None, None))
    return Row(
        name=candidate.name,
        figures=figures,
        side=contender.side,
        saturation=candidate.saturation,
        flip=candidate.flip,
        file=candidate.file.name,
        megabytes=contender.session.card.weights.bytes / 1e6,
        milliseconds=milliseconds,
        speed_ratio=ratio,
    )


if __name__ == "__main__":
    sys.exit(run(evaluate, "evaluate"))
