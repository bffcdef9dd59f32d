"""Where this person's models are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from functions.colorise.models.card import ModelCard
    from functions.colorise.models.library import Library
    from functions.colorise.models.onnx_file import Network


def models_folder() -> Path:
    """Folder of fetched and imported models: COLORISE_MODELS, or `models` in the person's data folder."""
    chosen = os.environ.get("COLORISE_MODELS")
    if chosen:
        return Path(chosen).expanduser()
    from functions.colorise.models.library import usual_folder  # noqa: PLC0415 - --help must not wait for it

    return usual_folder()


def open_library() -> Library:
    """Open this person's library; nothing is read yet."""
    from functions.colorise.models.library import Library  # noqa: PLC0415 - --help must not wait for it

    return Library(models_folder())


def open_model(model: str) -> tuple[ModelCard, bytes]:
    """Open what `--model` names: a model of this person's library, or the path of an .onnx file.

    Returns:
        The card, and the verified bytes of the ONNX file.

    Raises:
        Rejected: there is none, or it cannot be used; the message says what would help.
    """
    return open_library().open(model, load_network)


def load_network(weights: bytes, card: ModelCard) -> Network:
    """Load a network on the CPU, to try it."""
    from functions.colorise.session import NetworkSession  # noqa: PLC0415 - brings ONNX Runtime

    return NetworkSession(weights, card, gpus=())
