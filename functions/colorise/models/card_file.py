"""A model's card as a JSON file, checked once, when it is read."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import TYPE_CHECKING, Final

from functions.colorise.models.card import ModelCard
from functions.errors import Rejected

if TYPE_CHECKING:
    from pathlib import Path

CARD_FILE: Final = "card.json"
"""The card's name in its model's folder."""

CARD_BYTES: Final = 1024 * 1024
"""A card of 313 bins has 20 kB; what is larger than this is something else."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
"""One folder on every file system: no separators, nothing hidden, no two names that differ in case only."""


class BadCard(Rejected):
    """The file is no model's card."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="bad-card")


def check_name(name: str) -> None:
    """Refuse a name that cannot be a folder everywhere.

    Raises:
        Rejected: with code `bad-name`.
    """
    if not _NAME.fullmatch(name):
        msg = (
            f"{name!r} is no name for a model: use up to 64 lower-case letters, digits, '.', '_' and '-', "
            "with a letter or a digit first and last"
        )
        raise Rejected(msg, code="bad-name")


def card_to_json(card: ModelCard) -> bytes:
    """Write a card as `card_from_json` reads it."""
    return json.dumps(dataclasses.asdict(card), indent=2, ensure_ascii=False).encode() + b"\n"


def card_from_json(data: bytes, *, where: str) -> ModelCard:
    """Parse a card.

    Args:
        data: JSON with the fields of `ModelCard`; unknown fields, such as a later version's, are ignored.
        where: the path it came from, for the message.

    Raises:
        BadCard: it is no JSON, lacks a field, or has a value that no model can have.
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - costs 300 ms; the built-in model has no file

    try:
        card = TypeAdapter(ModelCard).validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        msg = f"{where} is no model's card: {field + ': ' if field else ''}{first['msg']}"
        raise BadCard(msg) from error
    wrong = _impossible(card)
    if wrong:
        msg = f"{where} is no usable card: {wrong}"
        raise BadCard(msg)
    return card


def read_card(path: Path) -> ModelCard:
    """Read a card from a file.

    Raises:
        BadCard: the file is no card.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    if size > CARD_BYTES:
        msg = f"{path} is no model's card: it has {size} bytes"
        raise BadCard(msg)
    return card_from_json(path.read_bytes(), where=str(path))


def _impossible(card: ModelCard) -> str:
    """What no model can have: a sentence, or nothing when all is well."""
    scale, offset = card.lightness_scale, card.lightness_offset
    files = (card.weights, *card.built_from)
    faults = {
        "its name is no model's name": not _NAME.fullmatch(card.name),
        "a file's name is no plain file name": not all(_is_plain_file_name(file.name) for file in files),
        "a file's size is negative": any(file.bytes < 0 for file in files),
        "side, multiple and stride are at least 1": min(card.side, card.multiple, card.stride) < 1,
        "temperature is greater than 0": not 0 < card.temperature < math.inf,
        "lightness_offset is a finite number": not math.isfinite(offset),
        "lightness_scale is a finite number, and not 0": not math.isfinite(scale) or scale == 0,
        'output is "bins", and there are no bins': card.output == "bins" and not card.bins,
    }
    return next((sentence for sentence, holds in faults.items() if holds), "")


def _is_plain_file_name(name: str) -> bool:
    return bool(name) and name != CARD_FILE and not name.startswith(".") and not set(name) & set('/\\:\0\n"')
