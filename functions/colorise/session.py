"""The one door to ONNX Runtime: a network, loaded once, that turns lightness into chroma."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import numpy as np

# From 1.29 on it writes an identifier into the user's home and tells Microsoft of each network that is loaded, unless
# this is set before it is imported: https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from functions.color.color_space import Chroma, Lightness
    from functions.colorise.models.card import ModelCard

GPU_PROVIDERS: Final = (
    "TensorrtExecutionProvider",
    "CUDAExecutionProvider",
    "MIGraphXExecutionProvider",
    "ROCMExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
)
"""Accelerators in the order we would rather have them; a plain install brings none of them on Linux."""


class ModelUnusable(Rejected):
    """The file is no network that this engine can run."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="bad-model")


class NoGpu(Rejected):
    """A GPU was demanded, and no provider for one runs here."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="no-gpu")


class NetworkSession:
    """A loaded network. It may be shared by threads; each call computes on `threads` cores.

    Args:
        weights: the bytes of the ONNX file, already verified: what was hashed is what is loaded.
        card: what the bytes are.
        threads: cores a call uses; 0 leaves it to ONNX Runtime. Results are bit-identical for one number only.
        gpus: accelerators' providers to try; None is all that are installed, and () keeps to the CPU.
        require_gpu: refuse to run on the CPU.

    Raises:
        ModelUnusable: the bytes are no ONNX network, or not one of this card's shape.
        NoGpu: `require_gpu`, and no accelerator's provider came up.
    """

    def __init__(
        self,
        weights: bytes,
        card: ModelCard,
        *,
        threads: int = 0,
        gpus: Sequence[str] | None = None,
        require_gpu: bool = False,
    ) -> None:
        self.card = card
        self._bins = np.asarray(card.bins, np.float32)
        wanted = available_gpu_providers() if gpus is None else gpus
        if require_gpu and not wanted:
            here = ", ".join(onnxruntime.get_available_providers())
            msg = f"no GPU provider in this ONNX Runtime (only {here}): install onnxruntime-gpu, or do not demand a GPU"
            raise NoGpu(msg)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1  # the network is one chain: a second pool would only idle
        options.enable_mem_pattern = False  # 8 MB a session, which only inputs of one size for ever would use
        options.log_severity_level = 4  # errors are raised; the runtime's own lines would break one-line messages
        try:
            self._session = onnxruntime.InferenceSession(weights, options, providers=[*wanted, "CPUExecutionProvider"])
        except Exception as error:  # the runtime's errors share no base class but this
            msg = f"model {card.name}: ONNX Runtime cannot load {card.weights.name}: {_first_line(error)}"
            raise ModelUnusable(msg) from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] not in (1, None):  # noqa: PLR2004 - N, C, H, W
            msg = f"model {card.name}: expected one lightness input (N, 1, H, W) and one output, found " + ", ".join(
                f"{port.name} {port.shape}" for port in (*inputs, *outputs)
            )
            raise ModelUnusable(msg)
        self._input = inputs[0].name
        if require_gpu and self.provider == "CPUExecutionProvider":
            msg = f"{wanted[0]} is installed but did not start (its driver or libraries are missing)"
            raise NoGpu(msg)

    @property
    def provider(self) -> str:
        """The provider that runs the network, such as `CPUExecutionProvider`."""
        return str(self._session.get_providers()[0])

    def predict(self, lightness: Lightness) -> Chroma:
        """Chroma for one picture or for a batch of equally large ones.

        Args:
            lightness: (H, W) or (N, H, W), L* 0 to 100; H and W multiples of the card's `multiple`.

        Returns:
            (H / stride, W / stride, 2) or with N before it; float32 a*, b*.

        Raises:
            ModelUnusable: the network failed on this input, or answered with something else than chroma.
        """
        batch = lightness[None] if lightness.ndim == 2 else lightness  # noqa: PLR2004 - one picture
        card = self.card
        fed = (batch - np.float32(card.lightness_offset)) * np.float32(card.lightness_scale)
        try:
            (answer,) = self._session.run(None, {self._input: fed[:, None].astype(np.float32, copy=False)})
        except Exception as error:  # the runtime's errors share no base class but this
            msg = f"model {card.name} failed on {batch.shape[2]}x{batch.shape[1]} pixels: {_first_line(error)}"
            raise ModelUnusable(msg) from error
        chroma = self._decode(np.asarray(answer, np.float32))
        wanted = (batch.shape[1] // card.stride, batch.shape[2] // card.stride)
        if chroma.shape[1:3] != wanted:
            found = chroma.shape[1:3]
            msg = f"model {card.name}: expected chroma of {wanted}, found {found}: its card has the wrong stride"
            raise ModelUnusable(msg)
        return chroma if lightness.ndim == 3 else chroma[0]  # noqa: PLR2004 - a batch

    def _decode(self, answer: npt.NDArray[np.float32]) -> Chroma:
        """(N, C, h, w) as the network gives it → (N, h, w, 2)."""
        expected = 2 if self.card.output == "ab" else len(self._bins)
        if answer.ndim != 4 or answer.shape[1] != expected:  # noqa: PLR2004 - N, C, h, w
            msg = f"model {self.card.name}: expected {expected} output channels, found shape {answer.shape}"
            raise ModelUnusable(msg)
        if not np.isfinite(answer).all():
            msg = f"model {self.card.name}: the network's answer is not finite; its weights are damaged"
            raise ModelUnusable(msg)
        if self.card.output == "ab":
            chroma: Chroma = np.ascontiguousarray(answer.transpose(0, 2, 3, 1), np.float32)
            return chroma * np.float32(self.card.output_scale) if self.card.output_scale != 1.0 else chroma
        scores = answer.transpose(0, 2, 3, 1) / np.float32(self.card.temperature)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mean: Chroma = weights @ self._bins
        return mean


def available_gpu_providers() -> tuple[str, ...]:
    """Accelerators' providers that this ONNX Runtime was built with, best first; they may still fail to start."""
    here = set(onnxruntime.get_available_providers())
    return tuple(name for name in GPU_PROVIDERS if name in here)


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300]
