import json
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch: pip install torch")
pytest.importorskip("pydantic_settings", reason="training's programs need pydantic-settings")

import torch

from training import checkpoint as checkpoints
from training.checkpoint import Checkpoint
from training.network import Colouriser, Shape


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(5)
    for number in range(60):
        small = generator.integers(0, 256, (5, 6, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"photo-{number}.png"), cv2.resize(small, (80, 64), interpolation=cv2.INTER_CUBIC))
    return folder


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("start") / "start.pt"
    weights = Colouriser(Shape()).state_dict()
    checkpoints.save(path, Checkpoint(Shape(), weights, torch.full((261,), 1 / 261), ({"run": "start"},)))
    return path


def command(photos: Path, start: Path, out: Path, *more: str) -> list[str]:
    places = ["--photos", str(photos), "--start", str(start), "--out", str(out), "--cache", str(out.parent / "cache")]
    size = [
        "--cropping.side",
        "64",
        "--batch",
        "2",
        "--processes",
        "1",
        "--device",
        "cpu",
        "--save-every",
        "1",
        "--statistics-batches",
        "1",
    ]
    return [sys.executable, "-W", "ignore", "-m", "training.train", *places, *size, "--sheet-every", "1000", *more]


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    weights = checkpoints.load(path).weights
    return {name: weight.float() for name, weight in weights.items() if weight.is_floating_point()}


def test_a_run_that_was_stopped_goes_on_and_ends_with_the_same_weights(
    photos: Path, start: Path, tmp_path: Path
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    subprocess.run(command(photos, start, whole, "--steps", "5"), check=True, capture_output=True)
    first = subprocess.Popen(command(photos, start, stopped, "--steps", "5"), stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    for line in first.stderr:
        if '"step": 2' in line:
            first.send_signal(signal.SIGTERM)
            break
    rest = first.stderr.read()
    first.wait()

    assert "the same command goes on" in rest
    assert not (stopped / "average.pt").exists()
    subprocess.run(command(photos, start, stopped, "--steps", "5"), check=True, capture_output=True)
    ours, theirs = weights_of(stopped / "average.pt"), weights_of(whole / "average.pt")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_log_is_json_and_the_history_says_what_was_done(photos: Path, start: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    more = ("--steps", "2", "--sheet-every", "2", "--weights.direct", "0.5", "--seed", "7")
    subprocess.run(command(photos, start, out, *more), check=True, capture_output=True)

    entries = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    history = checkpoints.load(out / "average.pt").history
    assert [entry["samples"] for entry in entries] == [2, 4, 4]
    assert "validation" in entries[-1]
    assert [run["run"] for run in history] == ["start", "run"]
    assert history[1]["config"]["weights"]["direct"] == 0.5
    assert history[1]["config"]["seed"] == 7
    assert cv2.imread(str(out / "sheet-000002.png")) is not None


def test_two_processes_learn_as_one_with_twice_the_batch(start: Path, tmp_path: Path) -> None:
    symmetric = tmp_path / "photos"
    symmetric.mkdir()
    for number in range(60):
        half = np.random.default_rng(number).integers(0, 256, (64, 32, 3), dtype=np.uint8)
        cv2.imwrite(str(symmetric / f"photo-{number}.png"), np.concatenate([half, half[:, ::-1]], 1))
    # Whole pictures that are their own mirror images: what a process draws at random makes no difference.
    plain = ("--cropping.aged-share", "0", "--cropping.smallest", "1", "--cropping.sharpened-share", "0")
    only = ("--steps", "1", "--direct-only", "true", "--weights.direct", "1", "--warm-up", "1", *plain)
    one = command(symmetric, start, tmp_path / "one", *only, "--batch", "4")
    two = command(symmetric, start, tmp_path / "two", *only, "--batch", "2", "--processes", "2")

    for asked in (one, two):
        subprocess.run(asked, check=True, capture_output=True)

    before = weights_of(start)["direct.mix.weight"]
    steps = [weights_of(tmp_path / name / "average.pt")["direct.mix.weight"] - before for name in ("one", "two")]
    learnt = steps[0].abs() > 1e-4
    assert learnt.float().mean() > 0.5
    assert (steps[0].sign() == steps[1].sign())[learnt].float().mean() > 0.95


def test_teaching_the_direct_head_alone_changes_nothing_else(photos: Path, start: Path, tmp_path: Path) -> None:
    out = tmp_path / "head"
    more = ("--steps", "2", "--direct-only", "true", "--weights.direct", "1", "--warm-up", "1", "--rate", "0.1")
    subprocess.run(command(photos, start, out, *more), check=True, capture_output=True)

    before, after = weights_of(start), weights_of(out / "average.pt")
    changed = {name for name in after if not torch.allclose(after[name], before[name], atol=2e-3, rtol=2e-3)}
    assert changed
    assert all(name.startswith("direct.") for name in changed)
