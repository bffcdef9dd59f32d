"""What `colorise bench photo` measures."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from cli.bench_pictures import bilinear, coarse_chroma, scene, voronoi
from cli.bench_table import Row, interleaved, rows_against
from cli.library import open_model
from cli.peak_memory import peak_memory_of
from functions.color.color_space import lightness_of, luma_of
from functions.color.measures import bleeding
from functions.color.paint import paint
from functions.color.upsample import chroma_field
from functions.colorise.coloriser import Coloriser
from functions.colorise.models.caffe.zhang_v2 import random_zhang_v2
from functions.colorise.models.shelf import SHELF
from functions.colorise.photo import Wishes, colorise_photo
from functions.colorise.session import NetworkSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.colorise.models.caffe.zhang_v2 import Files

IMPORTS: Final = "import numpy, cv2, onnxruntime"
ZHANG: Final = "2016 network alone, onnxruntime, 224 px"
EDGE_SIDE: Final = 256
"""Network side of the bleeding rows."""


def measure_photos(parts: list[str], *, rounds: int, threads: int, model: str, opencv4: str | None) -> list[Row]:
    """Rows of the parts (cold, warm, memory, bleeding), in the order in which they are printed."""
    with tempfile.TemporaryDirectory(prefix="colorise-bench-") as folder:
        scratch = Path(folder)
        measured = {
            "cold": lambda: _cold(scratch, rounds, model),
            "warm": lambda: _warm(scratch, rounds, threads, model, opencv4),
            "memory": lambda: _memory(scratch, model),
            "bleeding": _bleeding,
        }
        return [row for part, measure in measured.items() if part in parts for row in measure()]


def _cold(scratch: Path, rounds: int, model: str) -> list[Row]:
    picture = scratch / "one.jpg"
    picture.write_bytes(_jpeg(1))
    command = [sys.executable, "-m", "cli"]

    def run(*words: str) -> Callable[[], object]:
        return lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own words

    works = {
        IMPORTS: run(sys.executable, "-c", IMPORTS),
        "colorise --help": run(*command, "--help"),
        "colorise photo one.jpg": run(*command, "photo", str(picture), "--model", model, "-y"),
    }
    return rows_against("cold start", interleaved(works, rounds), IMPORTS)


def _warm(scratch: Path, rounds: int, threads: int, model: str, opencv4: str | None) -> list[Row]:
    card, weights = open_model(model)
    session = NetworkSession(weights, card, threads=threads)
    coloriser = Coloriser(session)
    files = random_zhang_v2()
    zhang = NetworkSession(files.onnx, SHELF["zhang16"], threads=threads)
    generator = np.random.default_rng(0)
    ours, theirs = (generator.uniform(0, 100, (side, side)).astype(np.float32) for side in (256, 224))
    works: dict[str, Callable[[], object]] = {ZHANG: lambda: zhang.predict(theirs)}
    for megapixels in (1, 4, 12):
        data = _jpeg(megapixels)
        works[f"photo of {megapixels} Mpx, JPEG bytes to JPEG bytes"] = lambda data=data: colorise_photo(  # type: ignore[misc]
            data, coloriser, Wishes()
        )
    works[f"network {model} alone, 256 px"] = lambda: session.predict(ours)
    works["2016 network alone, onnxruntime, 256 px"] = lambda: zhang.predict(ours)
    rows = rows_against(f"warm, {threads} threads", interleaved(works, rounds), ZHANG)
    if opencv4:
        rows.append(_opencv4(files, scratch, rounds, threads, opencv4))
    return rows


def _opencv4(files: Files, scratch: Path, rounds: int, threads: int, python: str) -> Row:
    """Time OpenCV 4's own Caffe engine in its own process; it cannot be loaded beside OpenCV 5."""
    prototxt, caffemodel = scratch / "zhang.prototxt", scratch / "zhang.caffemodel"
    prototxt.write_bytes(files.prototxt)
    caffemodel.write_bytes(files.caffemodel)
    program = (
        "import sys, time, cv2, numpy\n"
        "cv2.setNumThreads(int(sys.argv[3]))\n"
        "net = cv2.dnn.readNetFromCaffe(sys.argv[1], sys.argv[2])\n"
        "for _ in range(int(sys.argv[4]) + 1):\n"
        "    started = time.perf_counter()\n"
        "    net.setInput(numpy.zeros((1, 1, 224, 224), numpy.float32)); net.forward()\n"
        "    print((time.perf_counter() - started) * 1e3)\n"
    )
    answer = subprocess.run(  # noqa: S603 - the operator names the interpreter
        [python, "-c", program, str(prototxt), str(caffemodel), str(threads), str(rounds)],
        check=True,
        capture_output=True,
        text=True,
    )
    values = tuple(float(line) for line in answer.stdout.split())[1:]
    return Row(
        f"warm, {threads} threads",
        "2016 network, OpenCV 4's Caffe engine",
        float(np.median(values)),
        "ms",
        values=values,
    )


def _memory(scratch: Path, model: str) -> list[Row]:
    rows = []
    for megapixels in (1, 12, 100):
        picture = scratch / f"{megapixels}.jpg"
        picture.write_bytes(_jpeg(megapixels))
        peak = peak_memory_of(["photo", str(picture), "--model", model, "--max-megapixels", "101", "-y"])
        rows.append(Row("peak memory", f"photo of {megapixels} Mpx", peak / 1e6, "MB"))
    return rows


def _bleeding() -> list[Row]:
    """Distance in ab from the true colours near edges, with a perfect network: the upsampling alone is judged."""
    ours, plain = [], []
    for seed in range(4):
        truth = voronoi(seed)
        luma = luma_of(truth)
        small = cv2.resize(luma, (EDGE_SIDE, EDGE_SIDE), interpolation=cv2.INTER_AREA)
        chroma = coarse_chroma(truth, EDGE_SIDE)
        ours.append(bleeding(paint(luma, chroma_field(chroma, lightness_of(small), small.astype(np.float32))), truth))
        plain.append(bleeding(bilinear(luma, chroma), truth))
    before, after = float(np.mean(plain)), float(np.mean(ours))
    return [
        Row("bleeding at edges", "bilinear", before, "ab"),
        Row("bleeding at edges", "ours", after, "ab", after / before, "bilinear"),
    ]


def _jpeg(megapixels: int) -> bytes:
    _, data = cv2.imencode(".jpg", scene(megapixels), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return data.tobytes()
