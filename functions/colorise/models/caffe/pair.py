"""A model that comes as Caffe's two files, and its bins' centres as a third."""

from __future__ import annotations

import dataclasses
import io
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from functions.colorise.models import pinned
from functions.colorise.models.onnx_file import survey
from functions.errors import Rejected, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.colorise.models.card import ModelCard
    from functions.colorise.models.onnx_file import LoadNetwork

Points: TypeAlias = npt.NDArray[np.float32]
"""(N, 2), a* and b* of each bin's centre."""

POINTS: Final = 4096
"""A 10-grid over all of Lab's a* and b* has 676; the paper's gamut 313."""


class CaffeConverter(Protocol):
    """What writes an ONNX file from Caffe's: `functions.colorise.models.caffe.convert`."""

    def __call__(
        self, prototxt: bytes, caffemodel: bytes, *, points: Points | None = None, output: str | None = None
    ) -> bytes:
        """Convert; raises Unreadable where the files are none of Caffe's or hold an unknown layer."""


def read_points(data: bytes, *, where: str) -> Points:
    """Read bins' centres from the bytes of an .npy file; nothing in it is executed.

    Args:
        data: the file.
        where: its name, for the message.

    Raises:
        Unreadable: it is no .npy file, or not of shape (N, 2), or not of finite numbers.
    """
    try:
        array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, MemoryError) as error:
        msg = f"{where} is no .npy file of numbers: {' '.join(str(error).split())}"
        raise Unreadable(msg, code="bad-points") from error
    if array.shape[1:] != (2,) or not 1 < len(array) <= POINTS or array.dtype.kind not in "iuf":
        msg = f"{where}: expected (N, 2) numbers, a* and b* of each bin's centre; found {array.shape} of {array.dtype}"
        raise Unreadable(msg, code="bad-points")
    points: Points = array.astype(np.float32)
    if not np.isfinite(points).all():
        msg = f"{where}: some of its numbers are not finite"
        raise Unreadable(msg, code="bad-points")
    return points


def build(  # noqa: PLR0913 - three files, and what works on them
    card: ModelCard,
    convert: CaffeConverter,
    load: LoadNetwork,
    *,
    prototxt: bytes,
    caffemodel: bytes,
    points: Points | None = None,
    blob: str | None = None,
) -> tuple[ModelCard, bytes]:
    """Convert a Caffe network, and try the result on a grey ramp.

    Args:
        card: its scales and output kind; "bins" are not decoded inside the network but by the session.
        convert: the converter.
        load: loads the result for its trial.
        prototxt: the network's layers, as text.
        caffemodel: its weights.
        points: (N, 2) bins' centres, for a network that decodes them itself and lacks them.
        blob: the blob that is the answer, where the network has several ends.

    Returns:
        The card with the ONNX file's size and hash, and its shapes as they were found; and the ONNX file.

    Raises:
        Unreadable: the files are none of Caffe's, or hold a layer the converter does not know.
        Rejected: the network fails on a grey ramp, or answers with something that is no chroma.
    """
    inside = None if card.output == "bins" else points
    weights = convert(prototxt, caffemodel, points=inside, output=blob)
    pinned_card = dataclasses.replace(card, weights=pinned.pin(f"{card.name}.onnx", weights))
    return survey(weights, pinned_card, load), weights


def build_from_files(
    card: ModelCard, files: Mapping[str, bytes], convert: CaffeConverter, load: LoadNetwork
) -> tuple[ModelCard, bytes]:
    """Build a model from the files its card names, told apart by their suffixes.

    Args:
        card: with `built_from`: one .prototxt, one .caffemodel, and perhaps one .npy.
        files: each file's bytes by its name.
        convert: the converter.
        load: loads the result for its trial.

    Raises:
        Rejected: the card does not name a .prototxt and a .caffemodel, or as `build` does.
    """
    by_suffix = {file.name.rpartition(".")[2]: file.name for file in card.built_from}
    if not {"prototxt", "caffemodel"} <= by_suffix.keys():
        msg = f"the card of {card.name} names no .prototxt and .caffemodel to build it from"
        raise Rejected(msg, code="bad-card")
    points = None
    if "npy" in by_suffix:
        points = read_points(files[by_suffix["npy"]], where=by_suffix["npy"])
    return build(
        card,
        convert,
        load,
        prototxt=files[by_suffix["prototxt"]],
        caffemodel=files[by_suffix["caffemodel"]],
        points=points,
    )
