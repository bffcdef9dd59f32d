"""New models for the library: fetched by their card, or imported from a person's own files."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from functions.colorise.models import onnx_file, pinned, sources
from functions.colorise.models.caffe import pair as caffe_pair
from functions.colorise.models.card import ModelCard
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from functions.colorise.models.caffe.pair import CaffeConverter
    from functions.colorise.models.card import ModelFile
    from functions.colorise.models.library import Library
    from functions.colorise.models.onnx_file import LoadNetwork


@dataclass(frozen=True, slots=True)
class Description:
    """What a person says of their model; None leaves it to the file's own card, or to the default."""

    side: int | None = None
    lightness_offset: float | None = None
    lightness_scale: float | None = None
    output: Literal["ab", "bins"] | None = None
    bins: tuple[tuple[float, float], ...] | None = None
    output_scale: float | None = None
    temperature: float | None = None
    licence: str | None = None

    def of(self, card: ModelCard) -> ModelCard:
        """Write what was said over a card."""
        said = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return dataclasses.replace(card, **{name: value for name, value in said.items() if value is not None})


def fetch_model(  # noqa: PLR0913 - what a fetch needs comes from five places
    library: Library,
    card: ModelCard,
    *,
    convert: CaffeConverter,
    load: LoadNetwork,
    fetch: Callable[[ModelFile, Path], None],
    brought: Path | None = None,
    keep: bool = False,
) -> ModelCard:
    """Get a model's files, convert them where its ONNX file is not offered anywhere, and keep it.

    Args:
        library: where it goes. Files on their way lie in the model's folder there, and outlive a failure.
        card: what to get.
        convert: for models that come as Caffe's files.
        load: loads what was converted for its trial.
        fetch: brings one file to a path, or raises Postponed.
        brought: a folder in which a person has put some of the files.
        keep: leave the files it was converted from beside the model.

    Returns:
        The card as it is kept.

    Raises:
        FilesMissing: some files could not be had; it says which ones to bring by hand.
        Rejected: the files are others than were pinned, or make no model.
    """
    place = library.place(card.name)
    files = sources.gather(card, place, brought=brought, fetch=fetch)
    if card.built_from:
        made, weights = caffe_pair.build_from_files(card, files, convert, load)
    else:
        made, weights = card, files[card.weights.name]
    library.add(made, weights)
    if not keep:
        sources.discard(made, place)
    return made


def import_onnx(library: Library, name: str, path: Path, said: Description, load: LoadNetwork) -> ModelCard:
    """Keep a copy of a local ONNX file under a name, after trying it on a grey ramp.

    `FILE.json` beside it is its card where there is one; what was said goes before that.

    Raises:
        Rejected: the name is taken, or the file is no network of this kind.
        OSError: a file cannot be read or written.
    """
    _free(library, name)
    weights, beside = onnx_file.read(path)
    card = said.of(beside or _blank(name, path))
    card = dataclasses.replace(card, name=name, weights=pinned.pin(f"{name}.onnx", weights))
    card = _as_said(onnx_file.survey(weights, card, load), said)
    library.add(card, weights)
    return card


def import_caffe(  # noqa: PLR0913 - see caffe_pair.build
    library: Library,
    name: str,
    said: Description,
    convert: CaffeConverter,
    load: LoadNetwork,
    *,
    prototxt: Path,
    caffemodel: Path,
    points: caffe_pair.Points | None = None,
    blob: str | None = None,
) -> ModelCard:
    """Convert a local Caffe network, try it on a grey ramp, and keep it under a name.

    Raises:
        Rejected: the name is taken, or the files make no network of this kind.
        OSError: a file cannot be read or written.
    """
    _free(library, name)
    layers, blobs = prototxt.read_bytes(), caffemodel.read_bytes()
    card = dataclasses.replace(
        said.of(_blank(name, caffemodel)),
        built_from=(pinned.pin(prototxt.name, layers), pinned.pin(caffemodel.name, blobs)),
    )
    card, weights = caffe_pair.build(card, convert, load, prototxt=layers, caffemodel=blobs, points=points, blob=blob)
    card = _as_said(card, said)
    library.add(card, weights)
    return card


def check_not_ours(library: Library, name: str) -> None:
    """Keep others' models from passing for the program's own.

    Raises:
        Rejected: with code `name-taken`.
    """
    if library.is_built_in(name) or name in library.offered():
        msg = f"{name} is the name of one of the program's own models: choose another"
        raise Rejected(msg, code="name-taken")


def _blank(name: str, path: Path) -> ModelCard:
    return ModelCard(
        name=name,
        summary=f"imported from {path.name}",
        weights=pinned.pin(f"{name}.onnx", b""),
        licence="not stated",
        source=f"the local file {path.name}",
    )


def _free(library: Library, name: str) -> None:
    library.place(name)  # refuses what is no name
    check_not_ours(library, name)
    if name in library.names():
        msg = f"a model {name} is here already: choose another name, or `colorise models remove {name}` first"
        raise Rejected(msg, code="name-taken")


def _as_said(card: ModelCard, said: Description) -> ModelCard:
    if said.side is not None and card.side != said.side:
        msg = f"the file takes {card.side}x{card.side} pixels only, not {said.side}x{said.side}"
        raise Rejected(msg, code="bad-side")
    return card
