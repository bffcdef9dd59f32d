"""What `colorise doctor` looks at: each look is one function that gives findings."""

from __future__ import annotations

import json
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, Literal

import cv2
import numpy as np

from cli.bench_table import milliseconds
from cli.demo_needs import INSTALL, missing
from cli.library import open_library
from cli.up_address import default_data, find_running
from functions.color.upsample import chroma_field
from functions.colorise.coloriser import Coloriser
from functions.colorise.models.shelf import DEFAULT
from functions.colorise.photo import Wishes, colorise_photo
from functions.colorise.picture_file import KINDS, Metadata, Picture, read_picture, write_picture
from functions.colorise.session import NetworkSession, available_gpu_providers
from functions.environment import usable_cores
from functions.errors import Rejected
from functions.video.codecs import encoders_present, library_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from functions.colorise.models.card import ModelCard

PACKAGES: Final = ("colorisebot", "numpy", "opencv-python-headless", "onnxruntime", "pillow", "av")

FILM_SIZE: Final = (192, 352)
"""Pixels of the network for a film frame: its own shape, a third fewer than for a photograph."""

FILM_FRAMES: Final = 2 * 3600 * 24
"""Of a 2-hour film."""

State = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    topic: str
    name: str
    value: str
    state: State = "ok"
    advice: str = ""
    """What to do about it, where something is to be done."""


def examine(*, measure_speed: bool) -> list[Finding]:
    """Look at everything; nothing here raises, a failure is a finding."""
    findings = [*_software(), *_hardware(), *_models(), *_kinds_of_picture(), *_codecs(), *_servers()]
    if measure_speed and not any(finding.state == "bad" for finding in findings):
        findings += _speed()
    return findings


def print_findings(findings: list[Finding], *, as_json: bool) -> None:
    """Print a table for people, or one JSON object for programs."""
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415 - not needed for JSON, and slow to import
    from rich.table import Table  # noqa: PLC0415 - as above

    marks = {"ok": "[green]ok", "note": "[yellow]note", "bad": "[red]bad"}
    table = Table(box=None, show_header=False, pad_edge=False)
    last = ""
    for finding in findings:
        value = finding.value + (f" — {finding.advice}" if finding.advice else "")
        table.add_row(finding.topic if finding.topic != last else "", finding.name, value, marks[finding.state])
        last = finding.topic
    console = Console(soft_wrap=False)
    console.print(table)


def _software() -> Iterator[Finding]:
    new_enough = sys.version_info >= (3, 11)
    yield Finding(
        "software",
        "Python",
        f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "ok" if new_enough else "bad",
        "" if new_enough else "3.11 or newer is needed",
    )
    for package in PACKAGES:
        try:
            yield Finding("software", package, version(package))
        except PackageNotFoundError:
            yield Finding("software", package, "missing", "bad", "pip install colorisebot brings it")
    for library, number in library_versions().items():
        if library in ("libavcodec", "libavformat"):
            yield Finding("software", library, number)


def _hardware() -> Iterator[Finding]:
    yield Finding("hardware", "cores", str(usable_cores()))
    features = [name.strip("*?") for name in cv2.getCPUFeaturesLine().split() if not name.endswith("?")]
    yield Finding("hardware", "instructions", " ".join(features))
    card, weights = _default_model()
    gpus = available_gpu_providers()
    if card is None or weights is None:
        return
    for provider in gpus:
        try:
            session = NetworkSession(weights, card, gpus=[provider], require_gpu=True)
            session.predict(np.zeros((64, 64), np.float32))
        except Rejected as error:
            yield Finding("hardware", provider, error.reason, "note", "the CPU is used instead")
        else:
            yield Finding("hardware", provider, "runs")
    if not gpus:
        yield Finding("hardware", "GPU", "no provider in this ONNX Runtime; the CPU is used")


def _models() -> Iterator[Finding]:
    library = open_library()
    for card in library.cards():
        try:
            library.weights(card)
        except (Rejected, OSError) as error:
            yield Finding("models", card.name, str(error), "bad")
        else:
            yield Finding("models", card.name, f"verified, {card.weights.bytes / 1e6:.1f} MB")


def _kinds_of_picture() -> Iterator[Finding]:
    """Write a small picture of each kind and read it back: what counts is what works."""
    tiny = Picture(np.full((8, 8), 128, np.uint8), None, "png", Metadata())
    for kind in KINDS:
        try:
            read_picture(write_picture(tiny, kind=kind))
        except Rejected as error:
            yield Finding("pictures", kind, error.reason, "note")
        else:
            yield Finding("pictures", kind, "reads and writes")


def _codecs() -> Iterator[Finding]:
    for name, present in encoders_present().items():
        yield Finding("film", name, "can be written" if present else "cannot be written", "ok" if present else "note")


def _servers() -> Iterator[Finding]:
    for name, question in (("nats-server", "--version"), ("weed", "version")):
        path = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
        if path is None:
            yield Finding("servers", name, "not here; only needed to serve a queue", "ok")
            continue
        answer = subprocess.run([path, question], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603 - a fixed word
        lines = (answer.stdout + answer.stderr).strip().splitlines()
        if answer.returncode == 0 and lines:
            yield Finding("servers", name, lines[0])
        else:
            yield Finding("servers", name, f"{path} does not run", "bad", "install it again")
    running = find_running(None)
    said = str(default_data()) + ("" if running is None else f", in use by process {running.supervisor.pid}")
    yield Finding("servers", "data folder", said)
    lacking = missing()
    said = f"needs more packages: {', '.join(lacking)}" if lacking else "can be served: `colorise demo`"
    yield Finding("servers", "stand", said, "note" if lacking else "ok", INSTALL if lacking else "")


def _speed() -> Iterator[Finding]:
    card, weights = _default_model()
    if card is None or weights is None:
        return
    cores = usable_cores()
    coloriser = Coloriser(NetworkSession(weights, card, threads=cores))
    generator = np.random.default_rng(0)
    blurred = cv2.GaussianBlur(generator.integers(0, 256, (1000, 1000)).astype(np.uint8), (0, 0), 5)
    _, jpeg = cv2.imencode(".jpg", cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX))
    data = jpeg.tobytes()
    photo = _median_seconds(lambda: colorise_photo(data, coloriser, Wishes()), 7)
    yield Finding("speed", "a photograph", f"{photo * 1e3:.0f} ms for 1 megapixel, warm ({1 / photo:.0f} a second)")
    single = NetworkSession(weights, card, threads=1)
    lightness = generator.uniform(0, 100, FILM_SIZE).astype(np.float32)
    frame = _median_seconds(lambda: chroma_field(single.predict(lightness), lightness, lightness), 15)
    hours = FILM_FRAMES * frame / cores / 3600
    yield Finding(
        "speed",
        "a 2-hour film",
        f"takes about {hours:.1f} h of colouring if every frame is inferred, on {cores} cores; decoding and encoding "
        "come on top",
    )


def _default_model() -> tuple[ModelCard, bytes] | tuple[None, None]:
    try:
        library = open_library()
        card = library.find(DEFAULT)
        return card, library.weights(card)
    except (Rejected, OSError):
        return None, None  # `_models` reports it


def _median_seconds(work: Callable[[], object], times: int) -> float:
    work()
    return statistics.median(milliseconds(work) for _ in range(times)) / 1e3
