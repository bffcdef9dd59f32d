"""Train the colouriser: `python -m training.train --help`.

The same program on a CPU (processes of one thread that average their gradients) and on a GPU (bfloat16, photographs and
their ageing in its memory). It may be stopped at any moment and goes on where it was: what a step sees follows from the
step's number alone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

import torch
from pydantic_settings import BaseSettings, CliApp, SettingsConfigDict
from torch import distributed
from torch.multiprocessing.spawn import spawn

from training import checkpoint as checkpoints
from training.bins import smoothed_prior
from training.checkpoint import Checkpoint
from training.dataset import Batch, Cropping, batch_of, numbers_of, remembered
from training.losses import Decoding, Weights, mixture, terms, total
from training.network import Colouriser, Shape
from training.progress_sheet import write_sheet
from training.schedule import Averaged, rate_at
from training.soft_bins import SoftBins
from training.statistics import measure_statistics

VALIDATION_PHOTOS: Final = 48


class Config(BaseSettings):
    """Train the colouriser; the same command again goes on with a run that was stopped."""

    model_config = SettingsConfigDict(
        frozen=True, use_attribute_docstrings=True, cli_kebab_case=True, cli_prog_name="python -m training.train"
    )

    out: Path
    """Folder of the run: checkpoint, log, sheets."""
    photos: Path
    """Folder of photographs, or of tar files of them."""
    start: str = "training/checkpoints/small.pt"
    """Checkpoint to start from; `imagenet` starts with the encoder alone."""
    encoder: str = "lite0"
    """With `--start imagenet`: lite0, lite1 or lite2."""
    cache: Path = Path("training/runs/photos")
    """Folder for the decoded photographs; runs share it."""
    device: str = "auto"
    """cpu, cuda, or what there is."""
    processes: int = 2
    """On a CPU, each of one thread."""
    steps: int = 1000
    batch: int = 8
    """Crops a step and process."""
    cropping: Cropping = Cropping()
    weights: Weights = Weights()
    decoding: Decoding = Decoding()
    vivid: float = 40.0
    """ab; so strong a colour weighs twice as much as grey in the regressions."""
    rate: float = 1e-3
    """Learning rate at its peak."""
    encoder_rate: float = 0.25
    """Of the rate, for the encoder."""
    warm_up: int = 60
    """Steps."""
    weight_decay: float = 1e-2
    clip: float = 10.0
    """Largest norm of the gradient."""
    direct_only: bool = False
    """Teach the direct head alone, on features that stay as they are: three times as fast."""
    frozen_blocks: int = 3
    """Of the encoder, from its beginning; they see edges and spots, which photographs teach as well as anything."""
    averaging: float = 0.999
    """Of the moving average of the weights, which is what a run yields."""
    statistics_batches: int = 30
    """Of 16 crops, on which normalisation's statistics are measured for the averaged weights."""
    seed: int = 1
    save_every: int = 50
    """Steps."""
    sheet_every: int = 250
    """Steps between contact sheets and validation."""

    def cli_cmd(self) -> None:
        """Start the processes."""
        if self.resolved_device() == "cuda" or self.processes == 1:
            run(0, 1, self)
        else:
            remembered(self.photos, "training", self.cache)  # once, before all of them want it
            remembered(self.photos, "validation", self.cache)
            spawn(run, (self.processes, self), self.processes)

    def resolved_device(self) -> str:
        """`cpu` or `cuda`."""
        if self.device != "auto":
            return self.device
        return "cuda" if torch.cuda.is_available() else "cpu"


def run(rank: int, ranks: int, config: Config) -> None:
    """Train in one of several processes."""
    device = torch.device(config.resolved_device())
    if device.type == "cpu":
        torch.set_num_threads(1)
    if ranks > 1:
        config.out.mkdir(parents=True, exist_ok=True)
        rendezvous = config.out.resolve() / f"rendezvous-{os.getppid()}"
        distributed.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=ranks)
    try:
        Run(rank, ranks, config, device).train()
    finally:
        if ranks > 1:
            distributed.destroy_process_group()


class Run:
    """One process of a training run."""

    def __init__(self, rank: int, ranks: int, config: Config, device: torch.device) -> None:
        self.rank, self.ranks, self.config, self.device = rank, ranks, config, device
        self.out = config.out
        self.memory = remembered(config.photos, "training", config.cache).to(device)
        self.validation = remembered(config.photos, "validation", config.cache).to(device)
        started = self._started()
        self.origin = started
        self.network = started.network(frozen_blocks=config.frozen_blocks).to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.bins = SoftBins(started.prior).to(device)
        if config.direct_only:
            self.network.requires_grad_(requires_grad=False)
            self.network.direct.requires_grad_(requires_grad=True)
        encoder, rest = self.network.trainable()
        self.parameters = [*encoder, *rest]
        groups = [
            {"params": weights, "scale": scale}
            for weights, scale in ((encoder, config.encoder_rate), (rest, 1.0))
            if weights
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=config.rate, weight_decay=config.weight_decay)
        self.average = Averaged(self.network, config.averaging)
        self.step = 0
        self.stopping = False
        self._resume()

    def train(self) -> None:
        """Take the steps that are left, then write the averaged weights."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        self._learn()
        sums: dict[str, float] = {}
        since, counted = time.monotonic(), 0
        while self.step < self.config.steps:
            found = self._take_step()
            if found is None:
                self._save()
                if self.rank == 0:
                    sys.stderr.write(f"stopped after step {self.step}; the same command goes on from there\n")
                return
            sums = {name: sums.get(name, 0.0) + value for name, value in found.items()}
            counted += 1
            if self.step % self.config.save_every == 0 or self.step == self.config.steps:
                seconds = time.monotonic() - since
                means = {name: round(value / counted, 4) for name, value in sums.items()}
                self._log({"rate": round(self.config.batch * self.ranks * counted / seconds, 1), **means})
                self._save()
                sums, counted, since = {}, 0, time.monotonic()
            if self.step % self.config.sheet_every == 0:
                self._validate()
                since = time.monotonic()
        self._finish()

    def _take_step(self) -> dict[str, float] | None:
        """Learn from one batch; None where some process was asked to stop."""
        config = self.config
        rate = rate_at(self.step, config.steps, config.rate, config.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        batch = self._batch()
        quarter = self.step % 4
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            with torch.set_grad_enabled(not config.direct_only):
                features = self.network.features(batch.lightness.contiguous(memory_format=torch.channels_last))
            answers = self.network.answers(features, quarter)
        answers = type(answers)(*(answer.float() for answer in answers))
        found = terms(answers, batch, self.bins, config.decoding, vivid=config.vivid, quarter=quarter)
        loss = total(found, config.weights)
        self.optimiser.zero_grad(set_to_none=False)
        loss.backward()  # type: ignore[no-untyped-call]
        norm, stop = self._share_gradients()
        if stop:
            return None
        self.step += 1
        if norm == norm and norm != float("inf"):  # noqa: PLR0124 - a gradient that is no number teaches nothing
            self.optimiser.step()
            self.average.update(self.network, self.step)
        return {name: term.item() for name, term in found.items()} | {"gradient": norm}

    def _batch(self) -> Batch:
        config = self.config
        turn = self.step * self.ranks + self.rank
        numbers = numbers_of(turn, batch=config.batch, photos=len(self.memory), seed=config.seed)
        seed = config.seed * 1_000_000_007 + turn
        return batch_of(self.memory, numbers, config.cropping, torch.Generator(self.device).manual_seed(seed))

    def _share_gradients(self) -> tuple[float, bool]:
        """Average the processes' gradients, clipped; their norm before that, and whether one is to stop."""
        gradients = [weight.grad if weight.grad is not None else torch.zeros_like(weight) for weight in self.parameters]
        flat = torch.cat(
            [*(grad.reshape(-1) for grad in gradients), torch.tensor([float(self.stopping)]).to(gradients[0])]
        )
        if self.ranks > 1:
            distributed.all_reduce(flat)
            flat /= self.ranks
        stop = bool(flat[-1] > 0)
        flat = flat[:-1]
        norm = float(flat.norm())
        flat *= min(1.0, self.config.clip / (norm + 1e-6))
        offset = 0
        for weight in self.parameters:
            weight.grad = flat[offset : offset + weight.numel()].view_as(weight)
            offset += weight.numel()
        return norm, stop

    def _started(self) -> Checkpoint:
        if self.config.start != "imagenet":
            return checkpoints.load(Path(self.config.start))
        counts = torch.zeros(Shape().bins)
        bins = SoftBins(torch.full_like(counts, 1 / len(counts)))
        plain = Cropping(side=64, smallest=1.0, aged_share=0.0)
        for first in range(0, min(len(self.memory), 4096), 64):
            numbers = list(range(first, min(first + 64, len(self.memory))))
            batch = batch_of(self.memory, numbers, plain, torch.Generator(self.device).manual_seed(0))
            nearest = bins.encode(batch.ab.cpu())[0][:, 0]
            counts += torch.bincount(nearest.reshape(-1), minlength=len(counts))
        torch.manual_seed(self.config.seed)
        return checkpoints.from_imagenet(
            Shape(encoder=self.config.encoder), torch.from_numpy(smoothed_prior(counts.long().numpy()))
        )

    def _resume(self) -> None:
        path = self.out / "state.pt"
        if path.exists():
            state = checkpoints.read(path)
            self.network.load_state_dict(state["network"])
            self.average.load(state["average"], self.device)
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = state["step"]

    def _save(self) -> None:
        if self.rank == 0:
            self.out.mkdir(parents=True, exist_ok=True)
            state: dict[str, Any] = {
                "network": self.network.state_dict(),
                "average": self.average.weights,
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
            }
            checkpoints.write(self.out / "state.pt", state)

    def _log(self, entry: dict[str, object]) -> None:
        if self.rank == 0:
            samples = self.step * self.config.batch * self.ranks
            line = json.dumps({"step": self.step, "samples": samples, **entry})
            self.out.mkdir(parents=True, exist_ok=True)
            with (self.out / "log.jsonl").open("a") as log:
                log.write(line + "\n")
            sys.stderr.write(line + "\n")

    def _validate(self) -> None:
        """Measure the terms on validation crops, and draw some of them."""
        if self.rank:
            return
        self.network.eval()
        plain = Cropping(side=self.config.cropping.side, smallest=1.0, aged_share=0.0)
        sums: dict[str, float] = {}
        numbers = list(range(min(VALIDATION_PHOTOS, len(self.validation))))
        batches = [numbers[first : first + 8] for first in range(0, len(numbers), 8)]
        with torch.no_grad():
            for part in batches:
                batch = batch_of(self.validation, part, plain, torch.Generator(self.device).manual_seed(0))
                answers = self.network(batch.lightness)
                found = terms(answers, batch, self.bins, self.config.decoding, vivid=self.config.vivid)
                sums = {name: sums.get(name, 0.0) + float(value) for name, value in found.items()}
                if part is batches[0]:
                    shown = [mixture(answers, self.bins, self.config.decoding), answers.direct, batch.ab]
                    write_sheet(self.out / f"sheet-{self.step:06d}.png", batch.lightness, shown)
        self._log({"validation": {name: round(value / len(batches), 4) for name, value in sums.items()}})
        self._learn()

    def _learn(self) -> None:
        """Let normalisation follow the batches, unless the features are to stay as they are."""
        self.network.train(mode=not self.config.direct_only)

    def _finish(self) -> None:
        """Write the averaged weights, their statistics measured anew."""
        self._save()
        if self.rank:
            return
        network = Colouriser(self.origin.shape)
        network.load_state_dict(self.average.weights)
        network.to(self.device)
        if not self.config.direct_only:
            measure_statistics(network, self.memory, self.config.cropping, batches=self.config.statistics_batches)
        done = {
            "run": self.out.name,
            "samples": self.step * self.config.batch * self.ranks,
            "config": self.config.model_dump(mode="json", exclude={"out", "photos", "cache"}),
        }
        history = (*self.origin.history, done)
        checkpoints.save(
            self.out / "average.pt",
            Checkpoint(network.shape, network.state_dict(), self.bins.prior, history),
            half=True,
        )

    def _stop(self, *_: object) -> None:
        self.stopping = True


if __name__ == "__main__":
    CliApp.run(Config)
