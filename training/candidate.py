"""A network on trial: an ONNX file under a name, and how it is to be used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.colorise.models.onnx_file import open_file
from functions.colorise.session import NetworkSession
from functions.errors import Rejected
from training.truth import SIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.color.color_space import Chroma, Lightness
    from functions.colorise.models.card import ModelCard

THREADS: Final = 2
"""Cores a network computes on: fixed, because figures change in their last digits with it."""

GRAMMAR: Final = "NAME=FILE.onnx[:side=PIXELS][:saturation=FACTOR][:flip]"

_WORDS: Final = re.compile(
    r"(?P<name>[^=]+)=(?P<file>.+?)(?P<options>(?::side=[1-9]\d{0,3}|:saturation=\d+(?:\.\d+)?|:flip)*)"
)


class Usage(Rejected):
    """The command's words make no sense."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="usage")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What to judge, as the command line says it."""

    name: str
    file: Path
    side: int | None = None
    """Pixels; None is the card's, or 256 for a file without a card."""
    saturation: float = 1.0
    """What chroma is multiplied by; 1 is what the network meant."""
    flip: bool = False
    """Whether the answer is the mean of those to the picture and to its mirror image."""


def candidate_of(words: str) -> Candidate:
    """Read `GRAMMAR`.

    Raises:
        Usage: the words are none of it.
    """
    found = _WORDS.fullmatch(words)
    if not found:
        msg = f"--model {words}: expected {GRAMMAR}"
        raise Usage(msg)
    options = dict(option.partition("=")[::2] for option in found["options"].split(":")[1:])
    return Candidate(
        name=found["name"],
        file=Path(found["file"]),
        side=int(options["side"]) if "side" in options else None,
        saturation=float(options.get("saturation", 1)),
        flip="flip" in options,
    )


def candidates_of(words: list[str]) -> list[Candidate]:
    """Read each; names must differ.

    Raises:
        Usage: some words are not of `GRAMMAR`, or two have one name.
    """
    candidates = [candidate_of(each) for each in words]
    names = [candidate.name for candidate in candidates]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"--model {twice}=...: two models have this name; give each its own"
        raise Usage(msg)
    return candidates


class Contender:
    """A candidate with its network, which it may share with others.

    Raises:
        Rejected: the network does not take the candidate's side.
    """

    def __init__(self, candidate: Candidate, session: NetworkSession) -> None:
        card = session.card
        self.candidate = candidate
        self.session = session
        self.side = candidate.side or card.side
        if self.side % card.multiple or (card.square and self.side != card.side):
            sides = f"side {card.side} only" if card.square else f"multiples of {card.multiple} as side"
            msg = f"model {candidate.name}: {candidate.file} takes {sides}, not {self.side}"
            raise Rejected(msg, code="bad-side")

    @property
    def question(self) -> tuple[Path, int, bool]:
        """What the answer depends on; saturation only scales it."""
        return self.candidate.file, self.side, self.candidate.flip

    def chroma(self, lightness: Lightness) -> Chroma:
        """Predict for a square of 256 pixels, (256, 256) → (256, 256, 2), at the candidate's side, before saturation.

        Raises:
            ModelUnusable: the network failed.
        """
        seen = lightness
        if self.side != SIDE:
            way = cv2.INTER_AREA if self.side < SIDE else cv2.INTER_LINEAR
            seen = cv2.resize(lightness, (self.side, self.side), interpolation=way)
        chroma = self._answer(seen)
        if self.candidate.flip:
            mirrored = self._answer(np.ascontiguousarray(seen[:, ::-1]))[:, ::-1]
            chroma = (chroma + mirrored) * np.float32(0.5)
        return chroma

    def _answer(self, seen: Lightness) -> Chroma:
        answer: Chroma = cv2.resize(self.session.predict(seen), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        return answer


def contenders_of(candidates: Sequence[Candidate]) -> list[Contender]:
    """Load the candidates' networks, each file once.

    Raises:
        Rejected: a file is no network for this, or does not take a candidate's side.
        OSError: one cannot be read.
    """
    sessions: dict[Path, NetworkSession] = {}
    for file in dict.fromkeys(candidate.file for candidate in candidates):
        card, weights = open_file(file, load_network)
        sessions[file] = load_network(weights, card)
    return [Contender(candidate, sessions[candidate.file]) for candidate in candidates]


def load_network(weights: bytes, card: ModelCard) -> NetworkSession:
    """Load a network on the CPU."""
    return NetworkSession(weights, card, threads=THREADS, gpus=())
