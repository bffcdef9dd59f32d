"""The network that a program colours with, and which orders are for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from functions.colorise.coloriser import Coloriser
from functions.colorise.models.shelf import SHELF
from functions.colorise.picture_file import Provenance
from functions.colorise.session import NetworkSession
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.colorise.models.card import ModelCard
    from functions.jobs import Network

ELSEWHERE_SECONDS: Final = 15.0
"""Until an order for another network is tried again: whoever has it may be busy, or may have to be started."""

WARM_PIXELS: Final = 256
"""Of a side of the picture that is coloured to warm up."""


class Engine:
    """A loaded network. It may be shared by threads.

    Args:
        weights: the bytes of the ONNX file, already verified.
        card: what they are.
        threads: cores that a call uses; films need 1, for only then are their bytes the same on every machine.
        side: that the network sees where an order names none; None takes the card's.
        gpus: accelerators' providers to try, as `NetworkSession` takes them; films need (), which keeps to the CPU.

    Raises:
        ModelUnusable: the bytes are no network that runs here.
    """

    def __init__(
        self,
        weights: bytes,
        card: ModelCard,
        *,
        threads: int = 1,
        side: int | None = None,
        gpus: Sequence[str] | None = (),
    ) -> None:
        self._session = NetworkSession(weights, card, threads=threads, gpus=gpus)
        self._card = card
        self._side = side
        self.provenance = Provenance(model=card.name, model_sha256=card.weights.sha256)

    def coloriser(self, wanted: Network | None) -> Coloriser:
        """Colour with the network as an order wants it; None takes what there is.

        Raises:
            Postponed: it wants another network, which another worker may have.
            Rejected: it wants one that nobody knows ("no-such-model").
        """
        if wanted is None:
            return Coloriser(self._session, side=self._side)
        ours = self._card.weights.sha256
        if wanted.sha256 is None and wanted.name != self._card.name:
            if wanted.name not in SHELF:
                known = ", ".join(dict.fromkeys([self._card.name, *SHELF]))
                msg = f"there is no network named {wanted.name} (known: {known})"
                raise Rejected(msg, code="no-such-model")
            msg = f"the order is for the network {wanted.name}, and this worker has {self._card.name}"
            raise Postponed(msg, after_seconds=ELSEWHERE_SECONDS)
        if wanted.sha256 not in (None, ours):
            msg = f"the order is for {wanted.name} with the sha256 {wanted.sha256}, and this worker has {ours}"
            raise Postponed(msg, after_seconds=ELSEWHERE_SECONDS)
        return Coloriser(self._session, side=wanted.side or self._side)

    def identity(self, wanted: Network) -> str:
        """Equal where the colours are: the network, and the size it sees pictures at."""
        return f"{self._card.weights.sha256}/{wanted.side or self._side or self._card.side}"

    def warm(self) -> None:
        """Colour a picture for nobody: the first one is slow, and would be somebody's.

        Raises:
            ModelUnusable: the network fails.
        """
        coloriser = Coloriser(self._session, side=self._side)
        luma = np.tile(np.arange(WARM_PIXELS, dtype=np.uint8), (WARM_PIXELS, 1))
        coloriser.paint(luma, coloriser.chroma(luma))
