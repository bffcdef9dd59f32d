"""An ONNX file of somebody else's: what it is, found out by running it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import numpy as np

from functions.colorise.models import pinned
from functions.colorise.models.card import ModelCard
from functions.colorise.models.card_file import read_card
from functions.colorise.models.onnx_shape import declared_size
from functions.errors import Rejected

if TYPE_CHECKING:
    from pathlib import Path

    from functions.color.color_space import Chroma, Lightness

LARGEST_CHROMA: Final = 150.0
"""sRGB reaches 110 in a* and b*; what answers more to a grey ramp was fed, or is read, in another scale."""

MULTIPLES: Final = (1, 2, 4, 8, 16, 32, 64, 128)
"""What a network may ask of height and width: a power of two for each halving inside."""

STRIDES: Final = (4, 1, 2, 8, 16, 32)
"""How much smaller than its input a network's answer may be."""

TRIAL_PIXELS: Final = 64
"""Trial pictures are at least this large: a smaller one may vanish in a network's last halving."""


class Network(Protocol):
    """A loaded network, such as `functions.colorise.session.NetworkSession`."""

    def predict(self, lightness: Lightness) -> Chroma:
        """(H, W) → (h, w, 2); raises Rejected where the network fails."""


LoadNetwork: TypeAlias = Callable[[bytes, ModelCard], Network]
"""Loads an ONNX file as its card says; raises Rejected where it is no network that runs here."""


class NoChroma(Rejected):
    """The network runs, and what it answers is no chroma."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="bad-model")


def open_file(path: Path, load: LoadNetwork) -> tuple[ModelCard, bytes]:
    """Open a local ONNX file as a model.

    `FILE.json` beside `FILE.onnx` is its card where there is one; it may leave size and hash open (0 and "").
    Else the card is drawn up by trial runs, which cost a few times what a picture costs.

    Args:
        path: an ONNX file with one lightness input (N, 1, H, W), and a* and b* as output.
        load: loads it for the trial runs.

    Returns:
        The card, and the bytes for `NetworkSession`.

    Raises:
        Rejected: there is no such file, it is not the one its card describes, its card is damaged, or it is no
            network of this kind.
        OSError: it cannot be read.
    """
    weights, beside = read(path)
    if beside is not None:
        return dataclasses.replace(beside, weights=pinned.pin(path.name, weights)), weights
    card = ModelCard(
        name=path.stem,
        summary=f"the file {path.name}",
        weights=pinned.pin(path.name, weights),
        licence="not stated",
        source=f"the file {path.name}",
    )
    return survey(weights, card, load), weights


def read(path: Path) -> tuple[bytes, ModelCard | None]:
    """Read a local ONNX file, and the card beside it where there is one.

    Raises:
        Rejected: there is no such file, or it is not the one that the card beside it describes.
        OSError: it cannot be read.
    """
    if not path.is_file():
        msg = f"{path}: no such file"
        raise Rejected(msg, code="no-such-model")
    weights = path.read_bytes()
    beside = path.with_suffix(".json")
    if not beside.is_file():
        return weights, None
    card = read_card(beside)
    if card.weights.bytes or card.weights.sha256:
        pinned.check(weights, card.weights, where=str(path))
    return weights, card


def survey(weights: bytes, card: ModelCard, load: LoadNetwork) -> ModelCard:
    """Run a network on grey ramps, and write down what it takes and gives.

    Args:
        weights: the ONNX file.
        card: its scales and output kind, taken as given; its side is tried first.
        load: loads the file.

    Returns:
        The card with `side`, `square`, `multiple` and `stride` as they were found.

    Raises:
        NoChroma: it answers with something that is no chroma.
        Rejected: it does not load, or it fails.
    """
    height, width = declared_size(weights)
    fixed = height or width
    if height and width and height != width:
        msg = f"model {card.name} takes {width}x{height} pixels only: a fixed size must be square"
        raise NoChroma(msg)
    side = fixed or card.side
    stride, network, chroma = _first_answer(weights, dataclasses.replace(card, side=side), load)
    largest = float(np.abs(chroma).max())
    if largest > LARGEST_CHROMA:
        msg = (
            f"model {card.name} answers a grey ramp with {largest:.0f} as a* or b*, "
            f"beyond {LARGEST_CHROMA:.0f}: are the lightness scale and the output kind right?"
        )
        raise NoChroma(msg)
    multiple = None if fixed else _multiple(network, stride)
    if multiple is None or side % multiple:
        return dataclasses.replace(card, side=side, square=True, multiple=side, stride=stride)
    return dataclasses.replace(card, side=side, square=False, multiple=multiple, stride=stride)


def _first_answer(weights: bytes, card: ModelCard, load: LoadNetwork) -> tuple[int, Network, Chroma]:
    """Find the stride at which the network's answer has the size it should have; the card's own is tried first.

    A network checks its answers against its card, so it is loaded anew for each stride; most have the common one.
    """
    side = card.side
    refusals: list[Rejected] = []
    for stride in dict.fromkeys((card.stride, *STRIDES)):
        if side % stride:
            continue
        network = load(weights, dataclasses.replace(card, stride=stride))
        try:
            return stride, network, network.predict(grey_ramp(side, side))
        except Rejected as error:
            refusals.append(error)
        if len({str(error) for error in refusals}) < len(refusals):
            raise refusals[0]  # whatever the stride: the fault is another
    msg = f"model {card.name} answers {side}x{side} pixels with chroma that is not a whole number of times smaller"
    raise NoChroma(msg) from (refusals[0] if refusals else None)


def grey_ramp(height: int, width: int) -> Lightness:
    """(height, width), L* from black on the left to white on the right."""
    ramp: Lightness = np.tile(np.linspace(0, 100, width, dtype=np.float32), (height, 1))
    return ramp


def _multiple(network: Network, stride: int) -> int | None:
    """Find the smallest multiple that works at two shapes; None where the network takes its own side only."""
    for multiple in MULTIPLES:
        if multiple % stride and stride % multiple:
            continue
        odd = -(-TRIAL_PIXELS // multiple) | 1  # an odd number of times: nothing larger divides it
        sizes = ((odd * multiple, (odd + 2) * multiple), ((odd + 4) * multiple, odd * multiple))
        if all(_answers(network, height, width, stride) for height, width in sizes):
            return multiple
    return None


def _answers(network: Network, height: int, width: int, stride: int) -> bool:
    try:
        chroma = network.predict(grey_ramp(height, width))
    except Rejected:
        return False
    return (chroma.shape[0] * stride, chroma.shape[1] * stride) == (height, width)
